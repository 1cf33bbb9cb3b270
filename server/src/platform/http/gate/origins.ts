import type { IncomingMessage } from 'node:http'
import { TLSSocket } from 'node:tls'
import { MusterError } from '../../errors.ts'

/** The server's address as the client sees it. */
export interface Destination {
  /** Scheme, host and port, as browsers write an origin; undefined where the request names no host. */
  readonly origin: string | undefined
  /** Whether it came by TLS: our own, or that of the proxy in front. */
  readonly is_secure: boolean
}

/** Behind our proxy its last hop decides: anybody can write the values before that. */
export function destinationOf(
  { headers, socket }: Pick<IncomingMessage, 'headers' | 'socket'>,
  behind_proxy: boolean,
): Destination {
  const forwarded = (name: string): string | undefined => (behind_proxy ? lastOf(headers[name]) : undefined)
  const is_secure = socket instanceof TLSSocket || forwarded('x-forwarded-proto')?.toLowerCase() === 'https'
  const host = forwarded('x-forwarded-host') ?? headers.host
  const url = `${is_secure ? 'https' : 'http'}://${host}`
  const isHost = host !== undefined && /^[^/?#@\\]+$/.test(host) && URL.canParse(url)
  return { origin: isHost ? new URL(url).origin : undefined, is_secure }
}

/**
 * Refuses requests that another site may have made a browser send. `required`: also those without an Origin header,
 * since browsers send it with every change.
 */
export function refuseForeignOrigin(
  origin: string | undefined,
  { own, required }: { readonly own: string | undefined; readonly required: boolean },
): void {
  if (origin === undefined ? !required : origin === own) return
  const shownOrigin = origin?.slice(0, origin_characters_max)
  const cause = shownOrigin === undefined ? 'has no Origin header' : `comes from the origin ${shownOrigin}`
  throw new MusterError('forbidden', `The request ${cause}, not from ${own ?? 'a page of this server'}.`, {
    origin: shownOrigin ?? null,
    remedy:
      'Open the page at the server’s own address. Behind a proxy, forward X-Forwarded-Proto and X-Forwarded-Host (or keep Host) and set MUSTER_BEHIND_PROXY=1. Programs send their key as Authorization: Bearer KEY.',
  })
}

const origin_characters_max = 200

function lastOf(header: string | readonly string[] | undefined): string | undefined {
  return (
    String(header ?? '')
      .split(',')
      .at(-1)
      ?.trim() || undefined
  )
}
