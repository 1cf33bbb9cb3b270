/** Sends requests to providers over HTTP, only to tested addresses, over connections that are kept (`ProviderHttp`). */
import { Readable } from 'node:stream'
import { Agent, type Dispatcher } from 'undici'
import { createAddressGuard } from '../../../platform/adapters/addresses.ts'
import { ProviderFailure, type SerializedRequest } from '../gateway.types.ts'

export interface ProviderAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly body: AsyncIterable<Uint8Array>
}

export interface SendOptions {
  readonly base_url: string
  readonly request: SerializedRequest
  readonly signal: AbortSignal
  readonly connect_ms: number
}

export interface ProviderHttp extends AsyncDisposable {
  /**
   * Gives the answer as soon as its headers are there. Throws `ProviderFailure`: `unreachable` and `connect_timeout` before
   * anything was sent, `broken` behind that; or the signal's reason.
   */
  send(options: SendOptions): Promise<ProviderAnswer>
}

export interface ProviderHttpOptions {
  /** Private addresses at which providers may be. */
  readonly allow: readonly string[]
  readonly resolve?: (hostname: string) => Promise<readonly string[]>
}

const agents_max = 100
const piece_bytes = 256 * 1024
/** Shorter than servers usually wait, so that a request rarely meets a connection that is being closed. */
const keep_alive_ms = 4_000

export function createProviderHttp(options: ProviderHttpOptions): ProviderHttp {
  const guard = createAddressGuard(options)
  const agents = new Map<string, Agent>()

  /** One for each tested address, so that connections are kept and the DNS cannot turn them elsewhere. */
  async function agentFor(url: URL, connect_ms: number): Promise<Agent> {
    const guardResult = await guard(url.hostname).catch((error: Error) => {
      throw new ProviderFailure('unreachable', `${url.hostname} could not be resolved: ${error.message}`)
    })
    if ('refused' in guardResult) {
      const to = guardResult.refused ?? 'no address'
      throw new ProviderFailure(
        'unreachable',
        `${url.hostname} resolves to ${to}, which is not allowed. To allow it, set MUSTER_MODEL_ADDRESSES.`,
      )
    }
    const { address, family } = guardResult.to
    const key = `${url.origin} ${address} ${connect_ms}`
    const existingAgent = agents.get(key)
    if (existingAgent) return existingAgent
    const agent = new Agent({
      headersTimeout: 0,
      bodyTimeout: 0,
      keepAliveTimeout: keep_alive_ms,
      connect: {
        timeout: connect_ms,
        lookup: (_hostname, { all }, callback) => {
          if (all) callback(null, [{ address, family }])
          else callback(null, address, family)
        },
      },
    })
    agents.set(key, agent)
    const [oldest] = agents
    if (agents.size > agents_max && oldest) {
      agents.delete(oldest[0])
      void oldest[1].close()
    }
    return agent
  }

  return {
    async send({ base_url, request, signal, connect_ms }) {
      const url = new URL(base_url.replace(/\/+$/, '') + request.path)
      const agent = await agentFor(url, connect_ms)
      signal.throwIfAborted()
      const requestOptions = { ...requestFor(url, request), signal }
      const { statusCode, headers, body } = await agent.request(requestOptions).catch((error: unknown) => {
        throw failureOf(error, { signal, host: url.host })
      })
      return { status: statusCode, headers, body: pieces(body, { signal, host: url.host }) }
    },
    async [Symbol.asyncDispose]() {
      await Promise.all([...agents.values()].map((agent) => agent.destroy()))
    },
  }
}

function requestFor(url: URL, { method, headers, body }: SerializedRequest): Dispatcher.RequestOptions {
  const content = body && { 'content-type': 'application/json', 'content-length': String(body.length) }
  return {
    origin: url.origin,
    path: `${url.pathname}${url.search}`,
    method,
    headers: { accept: 'application/json, text/event-stream', 'user-agent': 'muster', ...content, ...headers },
    body: body ? contentOf(body) : null,
  }
}

/** A large body is encrypted and handed over in pieces, since each is done without a break. */
function contentOf(body: Uint8Array): Uint8Array | Readable {
  return body.length <= piece_bytes ? body : Readable.from(piecesOf(body))
}

function* piecesOf(body: Uint8Array): Generator<Uint8Array> {
  for (let at = 0; at < body.length; at += piece_bytes) yield body.subarray(at, at + piece_bytes)
}

async function* pieces(
  body: Dispatcher.ResponseData['body'],
  from: { readonly signal: AbortSignal; readonly host: string },
): AsyncGenerator<Uint8Array> {
  // Destroying the body raises an error that nobody listens to any more.
  body.on('error', () => {})
  try {
    for await (const piece of body) yield piece
  } catch (error) {
    throw failureOf(error, from)
  }
}

/** Errors before a connection stood, so that nothing was sent. After any other error the provider may have worked. */
const before_sending = new Set([
  'ECONNREFUSED',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EADDRNOTAVAIL',
  'ETIMEDOUT',
  'ERR_SSL_WRONG_VERSION_NUMBER',
  'ERR_TLS_CERT_ALTNAME_INVALID',
  'CERT_HAS_EXPIRED',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
])

function failureOf(error: unknown, { signal, host }: { readonly signal: AbortSignal; readonly host: string }): unknown {
  if (signal.aborted) return signal.reason
  if (error instanceof ProviderFailure) return error
  const message = error instanceof Error ? error.message : String(error)
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  if (code === 'UND_ERR_CONNECT_TIMEOUT')
    return new ProviderFailure('connect_timeout', `Connecting to ${host} timed out.`)
  const outcome = before_sending.has(code) ? 'unreachable' : 'broken'
  return new ProviderFailure(outcome, `${host}: ${message}`)
}
