/** An answer that comes as one piece. */
import { limits } from '@muster/contract/limits'
import type { Bounded } from '../../../platform/threads/bounded.ts'
import type { ProviderAnswer, ProviderHttp } from '../adapters/provider-http.ts'
import { writtenRequest } from '../adapters/request-function.ts'
import { type Answered, ProviderFailure, type WireAdapter } from '../gateway.types.ts'
import { outcomeOfStatus, retryAfterMs } from '../rules/failures.ts'
import type { Attempt, Leg } from './attempt.ts'
import type { RequestClock } from './clock.ts'
import type { Quirks } from './quirks.ts'

export interface Asking {
  readonly http: ProviderHttp
  readonly bounded: Bounded
  readonly adapter: WireAdapter
  readonly attempt: Attempt
  readonly leg: Leg
  readonly clock: RequestClock
  readonly quirks: Quirks
}

/** Throws `ProviderFailure`. */
export async function askWhole(asking: Asking): Promise<Answered> {
  const { adapter, attempt, clock } = asking
  const answer = await sendRequest(asking)
  const body = await readJson(answer.body)
  clock.begun()
  return adapter.answer(attempt.asked, body)
}

/** Tells the provider to stop when the client goes, where the alias says so. */
export function stopWithClient({ leg, clock }: Pick<Asking, 'leg' | 'clock'>): Disposable {
  const { call, definition } = leg.context
  const leave = (): void => {
    if (definition.on_client_gone === 'cancel') clock.stop('client_gone', 'The client has gone.')
  }
  if (call.signal.aborted) leave()
  call.signal.addEventListener('abort', leave, { once: true })
  return { [Symbol.dispose]: () => call.signal.removeEventListener('abort', leave) }
}

/** Sends the request and gives its answer where that is none of refusal. */
export async function sendRequest(asking: Asking): Promise<ProviderAnswer> {
  const { http, bounded, adapter, attempt, leg, clock, quirks } = asking
  const { provider } = leg
  const { base_url, kind, key } = provider
  const asked = { ...attempt.asked, quirks: quirks.of(provider) }
  if (kind === 'offline') throw new Error('invariant broken: the offline provider is not asked over HTTP')
  const request = await writtenRequest(bounded, { kind, asked, key }, clock.signal)
  const { connect_ms } = leg.context.definition.timeouts
  const answer = await http.send({ base_url, request, signal: clock.signal, connect_ms })
  if (answer.status === 200) return answer
  throw await refusalOf(adapter, answer, (text) => {
    const quirk = adapter.quirk?.(asked, text)
    if (quirk === undefined || asked.quirks.has(quirk)) return false
    quirks.learn(provider, quirk)
    return true
  })
}

/** What a provider's refusal says. */
export async function refusalOf(
  adapter: WireAdapter,
  { status, headers, body }: ProviderAnswer,
  learns: (text: string) => boolean = () => false,
): Promise<ProviderFailure> {
  const text = await readText(body).catch(() => '')
  const after = headers['retry-after']
  return new ProviderFailure(
    outcomeOfStatus(status),
    adapter.problem(parsed(text)) ?? `The provider answered ${status}.`,
    {
      http_status: status,
      learned: (status === 400 || status === 422) && learns(text),
      retry_after_ms: retryAfterMs(Array.isArray(after) ? after[0] : after, Date.now()),
    },
  )
}

export async function readJson(body: AsyncIterable<Uint8Array>): Promise<unknown> {
  const value = parsed(await readText(body))
  if (value === undefined) throw new ProviderFailure('malformed', 'The provider’s answer is no JSON.')
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
        `The provider’s answer is larger than ${limits.model_answer_bytes_max} bytes.`,
      )
  }
  return Buffer.concat(pieces).toString('utf8')
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
