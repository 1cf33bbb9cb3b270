/** Translates and serializes requests to providers as a bounded function: large ones in a thread. */
import type { ProviderKind } from '@muster/contract/gateway/providers'
import { exactJsonText } from '../../../platform/json/exact-json.ts'
import type { Bounded } from '../../../platform/threads/bounded.ts'
import { boundedFunction } from '../../../platform/threads/bounded-function.ts'
import { type AdapterCall, ProviderFailure, type SerializedRequest } from '../gateway.types.ts'
import { list, object } from '../rules/usage.ts'
import { adapterOf } from './registry.ts'

export interface RequestInput {
  readonly kind: ProviderKind
  readonly adapterCall: AdapterCall
  readonly key: string | undefined
}

type RequestOutput =
  | { readonly request: SerializedRequest }
  | {
      readonly refused: {
        readonly outcome: ProviderFailure['outcome']
        readonly message: string
        readonly http_status: number | undefined
      }
    }

const ms_per_character = 0.000_02
const ms_per_value = 0.001
/** The arguments of calls are JSON in texts, which other wires have as values. */
const argument_ms_per_character = 0.000_2

export const providerRequest = boundedFunction({
  name: 'gateway.request',
  subject: 'Writing the request for the provider',
  remedy: 'Send a shorter conversation.',
  time_ms: 10_000,
  estimateMs({ adapterCall, kind }: RequestInput): number {
    const { characters, values } = adapterCall.size
    const written_ms = characters * ms_per_character + values * ms_per_value
    const isPassed = kind === 'openai' && adapterCall.wire === 'chat'
    return written_ms + (isPassed ? 0 : argumentCharacters(adapterCall) * argument_ms_per_character)
  },
  run({ kind, adapterCall, key }): RequestOutput {
    try {
      const { body, ...request } = adapterOf(kind).request(adapterCall, key)
      return { request: { ...request, ...(body && { body: new TextEncoder().encode(exactJsonText(body)) }) } }
    } catch (error) {
      if (!(error instanceof ProviderFailure)) throw error
      const { outcome, message, http_status } = error
      return { refused: { outcome, message, http_status } }
    }
  },
  outputBytes: (output) => ('request' in output && output.request.body ? [output.request.body.buffer] : []),
})

/** @throws ProviderFailure where the provider's wire cannot express the request */
export async function serializeRequest(
  bounded: Pick<Bounded, 'run'>,
  input: RequestInput,
  signal: AbortSignal,
): Promise<SerializedRequest> {
  const output = await bounded.run(providerRequest, input, signal).catch((error: unknown) => {
    signal.throwIfAborted()
    throw error
  })
  if ('request' in output) return output.request
  const { outcome, message, http_status } = output.refused
  throw new ProviderFailure(outcome, message, http_status === undefined ? {} : { http_status })
}

/** Of a chat’s messages and of a response’s items; messages of Anthropic’s wire have values. */
function argumentCharacters({ body }: AdapterCall): number {
  const calls = [
    ...list(body.messages).flatMap((message) => [object(message).function_call, ...list(object(message).tool_calls)]),
    ...list(body.input),
  ]
  return calls.reduce<number>((sum, call) => {
    const { arguments: text, input, function: called } = object(call)
    return sum + [text, input, object(called).arguments].reduce<number>((all, one) => all + lengthOf(one), 0)
  }, 0)
}

const lengthOf = (value: unknown): number => (typeof value === 'string' ? value.length : 0)
