/** Sends one request to a provider and reads an answer that is not streamed. */
import { limits } from '@muster/contract/limits'
import { invariant } from '../../../platform/errors.ts'
import { parseExactJson } from '../../../platform/json/exact-json.ts'
import type { Bounded } from '../../../platform/threads/bounded.ts'
import type { ProviderAnswer, ProviderHttp } from '../adapters/provider-http.ts'
import { serializeRequest } from '../adapters/request-function.ts'
import { type AdapterCall, ProviderFailure, type Refusal, type WireAdapter, type WireAnswer } from '../gateway.types.ts'
import type { ProviderCompatibility } from '../providers/provider-compatibility.ts'
import { checkedEmbeddings } from '../rules/embeddings.ts'
import { outcomeOfStatus, retryAfterMs } from '../rules/failures.ts'
import type { Attempt, AttemptTarget } from './attempt.ts'
import type { RequestTimeouts } from './request-timeouts.ts'

export interface ProviderRequestContext {
  readonly http: ProviderHttp
  readonly bounded: Bounded
  readonly adapter: WireAdapter
  readonly attempt: Attempt
  /** That of the attempt, with what the provider was found not to support by then. */
  readonly adapterCall: AdapterCall
  readonly attemptTarget: AttemptTarget
  readonly timeouts: RequestTimeouts
  readonly compatibility: ProviderCompatibility
}

/** Throws `ProviderFailure`. */
export async function askWhole(requestContext: ProviderRequestContext): Promise<WireAnswer> {
  const { adapter, adapterCall, timeouts } = requestContext
  const body = await readJson((await sendRequest(requestContext)).body)
  timeouts.noteFirstContent()
  const answer = adapter.answer(adapterCall, body)
  return adapterCall.wire === 'embeddings' ? { ...answer, body: checkedEmbeddings(adapterCall.body, answer) } : answer
}

/** Tells the provider to stop when the client goes, where the alias says so. */
export function stopWithClient({
  attemptTarget,
  timeouts,
}: Pick<ProviderRequestContext, 'attemptTarget' | 'timeouts'>): Disposable {
  const { call, definition } = attemptTarget.context
  const leave = (): void => {
    if (definition.on_client_gone === 'cancel') timeouts.stop('client_gone', 'The client disconnected.')
  }
  if (call.signal.aborted) leave()
  call.signal.addEventListener('abort', leave, { once: true })
  return { [Symbol.dispose]: () => call.signal.removeEventListener('abort', leave) }
}

/** Sends the request and returns the answer; throws where the provider refused. */
export async function sendRequest(requestContext: ProviderRequestContext): Promise<ProviderAnswer> {
  const { http, bounded, adapter, adapterCall, attemptTarget, timeouts, compatibility } = requestContext
  const { provider } = attemptTarget
  const { base_url, kind, key } = provider
  invariant(kind !== 'offline', 'the offline provider is not asked over HTTP')
  const request = await serializeRequest(bounded, { kind, adapterCall, key }, timeouts.signal)
  const { connect_ms } = attemptTarget.context.definition.timeouts
  const answer = await http.send({ base_url, request, signal: timeouts.signal, connect_ms })
  if (answer.status === 200) return answer
  throw await refusalOf(adapter, answer, (refusal) => {
    const unsupported = adapter.unsupported?.(adapterCall, refusal)
    if (unsupported === undefined || adapterCall.unsupported?.has(unsupported)) return false
    compatibility.learn(provider, unsupported)
    return true
  })
}

/** What a provider's refusal says. */
export async function refusalOf(
  adapter: WireAdapter,
  { status, headers, body }: ProviderAnswer,
  learns: (refusal: Refusal) => boolean = () => false,
): Promise<ProviderFailure> {
  // The status says enough where the text cannot be read.
  const text = await readText(body).catch(() => '')
  const after = headers['retry-after']
  return new ProviderFailure(
    outcomeOfStatus(status),
    adapter.problem(parseJson(text)) ?? `The provider returned status ${status}.`,
    {
      http_status: status,
      learned: learns({ status, text }),
      retry_after_ms: retryAfterMs(Array.isArray(after) ? after[0] : after, Date.now()),
    },
  )
}

export async function readJson(body: AsyncIterable<Uint8Array>): Promise<unknown> {
  const value = parseJson(await readText(body))
  if (value === undefined) throw new ProviderFailure('malformed', 'The provider’s response is not JSON.')
  return value
}

async function readText(body: AsyncIterable<Uint8Array>): Promise<string> {
  const pieces: Uint8Array[] = []
  let bytes = 0
  for await (const piece of body) {
    pieces.push(piece)
    bytes += piece.length
    if (bytes > limits.model_answer_bytes_max)
      throw new ProviderFailure(
        'malformed',
        `The provider’s response is larger than ${limits.model_answer_bytes_max} bytes.`,
      )
  }
  return Buffer.concat(pieces).toString('utf8')
}

/** Undefined for what is no JSON; the caller says what that means. */
function parseJson(text: string): unknown {
  try {
    return parseExactJson(text)
  } catch {
    return undefined
  }
}
