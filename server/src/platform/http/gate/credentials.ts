import type { IncomingHttpHeaders } from 'node:http'
import { limits } from '@muster/contract/limits'

/** A key, and how it came: a browser sends cookies by itself, so a cookie does not prove who wants the request. */
export interface Credential {
  readonly key: string
  readonly by: 'header' | 'cookie'
}

const cookie_name = 'muster_key'

/** `Authorization: Bearer KEY`, `X-API-Key: KEY`, or the session's cookie, in this order. */
export function credentialOf(headers: IncomingHttpHeaders): Credential | undefined {
  const bearer = /^bearer +(\S+)$/i.exec(headers.authorization?.trim() ?? '')?.[1]
  if (bearer !== undefined) return { key: bearer, by: 'header' }
  const key = headers['x-api-key']
  if (typeof key === 'string' && key !== '') return { key, by: 'header' }
  const cookieKey = cookieOf(headers.cookie)
  return cookieKey === undefined ? undefined : { key: cookieKey, by: 'cookie' }
}

/**
 * The cookie that keeps a key in the browser: no script can read it, no other site's request carries it, and where
 * there is TLS it is sent over TLS only (RFC 6265bis §4.1).
 */
export function sessionCookie(key: string, { is_secure }: { readonly is_secure: boolean }): string {
  return cookie(key, limits.session_ms / 1000, is_secure)
}

/** The cookie that removes it. */
export function clearedCookie({ is_secure }: { readonly is_secure: boolean }): string {
  return cookie('', 0, is_secure)
}

function cookie(value: string, age_s: number, is_secure: boolean): string {
  const attributes = ['Path=/', `Max-Age=${age_s}`, 'HttpOnly', 'SameSite=Strict', ...(is_secure ? ['Secure'] : [])]
  return [`${cookie_name}=${value}`, ...attributes].join('; ')
}

/** The first cookie of that name; an empty one counts as none. */
function cookieOf(header: string | undefined): string | undefined {
  for (const pair of (header ?? '').split(';')) {
    const at = pair.indexOf('=')
    if (at > 0 && pair.slice(0, at).trim() === cookie_name) return pair.slice(at + 1).trim() || undefined
  }
  return undefined
}
