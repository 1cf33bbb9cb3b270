/**
 * GET for addresses from plans and documents (invariant 32): http and https only, and never to an address that only
 * this machine or its network can reach. The name is resolved here, each of its addresses is tested, and the connection
 * goes to the tested address, so that a second answer of the DNS changes nothing; each redirect is a new request.
 */
import { cutText } from '@muster/contract/texts/graphemes'
import { Agent, type Dispatcher, request } from 'undici'
import { type Address, createAddressGuard } from '../../../platform/adapters/addresses.ts'
import { CapabilityError, type FetchAnswer, type FetchRequest, type GuardedFetch } from '../tools.port.ts'

const redirects_max = 5
const user_agent = 'muster'

export interface GuardedFetchOptions {
  /** Private addresses that are allowed all the same, as CIDR ranges or single addresses. */
  readonly allow?: readonly string[]
  readonly bytes_max?: number
  readonly timeout_ms?: number
  /** All addresses of a name; tests give their own. */
  readonly resolve?: (hostname: string) => Promise<readonly string[]>
}

export function createGuardedFetch(options: GuardedFetchOptions = {}): GuardedFetch {
  const { bytes_max = 1024 * 1024, timeout_ms = 15_000 } = options
  const guard = createAddressGuard(options)
  const pin = async (url: URL): Promise<Address> => {
    const addressOrRefusal = await guard(url.hostname)
    if ('to' in addressOrRefusal) return addressOrRefusal.to
    const to = addressOrRefusal.refused ?? 'no address'
    throw new CapabilityError('forbidden', `${url.hostname} resolves to ${to}, which is not allowed`)
  }
  return async (fetchRequest) => {
    const limit_ms = Math.min(fetchRequest.timeout_ms ?? timeout_ms, timeout_ms)
    const timeout = AbortSignal.timeout(limit_ms)
    const signal = AbortSignal.any([fetchRequest.signal, timeout])
    try {
      return await follow(
        { ...fetchRequest, signal, bytes_max: Math.min(fetchRequest.bytes_max ?? bytes_max, bytes_max) },
        pin,
      )
    } catch (error) {
      throw translateError(error, { fetchRequest, timeout, limit_ms })
    }
  }
}

async function follow(
  fetchRequest: FetchRequest & { readonly bytes_max: number },
  pin: (url: URL) => Promise<Address>,
): Promise<FetchAnswer> {
  let url = parseUrl(fetchRequest.url)
  for (let redirects = 0; redirects <= redirects_max; redirects++) {
    const address = await pin(url)
    fetchRequest.signal.throwIfAborted()
    const agent = createPinnedAgent(address)
    try {
      const answer = await ask(url, agent, fetchRequest)
      if ('bytes' in answer) return answer
      url = parseUrl(answer.location, url)
    } finally {
      await agent.destroy()
    }
  }
  throw new CapabilityError('forbidden', `${fetchRequest.url} redirects more than ${redirects_max} times`)
}

/** One request: its answer, or the address of its redirect. */
async function ask(
  url: URL,
  dispatcher: Dispatcher,
  { signal, bytes_max }: { readonly signal: AbortSignal; readonly bytes_max: number },
): Promise<FetchAnswer | { readonly location: string }> {
  const headers = { 'user-agent': user_agent, accept: 'text/*, application/json;q=0.9, */*;q=0.1' }
  const { statusCode: status, headers: answerHeaders, body } = await request(url, { dispatcher, signal, headers })
  if (status >= 300 && status <= 399 && typeof answerHeaders.location === 'string') {
    body.on('error', () => {}).destroy()
    return { location: answerHeaders.location }
  }
  const [type = '', ...parameters] = String(answerHeaders['content-type'] ?? '').split(';')
  const charset = /(?:^|;)\s*charset\s*=\s*"?([^";\s]+)/i.exec(parameters.join(';'))?.[1]
  return {
    url: url.href,
    status,
    media_type: type.trim().toLowerCase(),
    ...(charset === undefined ? {} : { charset }),
    ...(await readBody(body, bytes_max)),
  }
}

/** A connection to this address and no other; certificates are still tested against the name. */
function createPinnedAgent({ address, family }: Address): Agent {
  return new Agent({
    connect: {
      lookup: (_hostname, { all }, callback) => {
        if (all) callback(null, [{ address, family }])
        else callback(null, address, family)
      },
    },
  })
}

async function readBody(
  body: AsyncIterable<Uint8Array>,
  bytes_max: number,
): Promise<Pick<FetchAnswer, 'bytes' | 'truncated'>> {
  const parts: Uint8Array[] = []
  let size = 0
  for await (const part of body) {
    parts.push(part)
    size += part.length
    if (size > bytes_max) break
  }
  return { bytes: Buffer.concat(parts).subarray(0, bytes_max), truncated: size > bytes_max }
}

function parseUrl(text: string, base?: URL): URL {
  const url = URL.canParse(text, base?.href) ? new URL(text, base) : null
  if (!url) throw new CapabilityError('invalid', `${cutText(text, 200)} is not a URL`)
  if (url.protocol !== 'http:' && url.protocol !== 'https:')
    throw new CapabilityError('forbidden', `only http and https are allowed, not ${url.protocol}`)
  if (url.username !== '' || url.password !== '')
    throw new CapabilityError('forbidden', 'a URL cannot contain credentials')
  return url
}

function translateError(
  error: unknown,
  { fetchRequest, timeout, limit_ms }: { fetchRequest: FetchRequest; timeout: AbortSignal; limit_ms: number },
): CapabilityError {
  if (error instanceof CapabilityError) return error
  if (fetchRequest.signal.aborted) return new CapabilityError('cancelled', 'the run was stopped')
  if (timeout.aborted)
    return new CapabilityError('timeout', `${fetchRequest.url} did not respond within ${limit_ms} ms`, true)
  const reason = error instanceof Error ? error.message : String(error)
  return new CapabilityError('unavailable', `${fetchRequest.url} could not be fetched: ${reason}`, true)
}
