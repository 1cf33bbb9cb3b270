/** Counts the tokens of a request in Anthropic's wire without asking a provider: an estimate, and free of charge. */
import type { JsonObject } from '@muster/contract/values'
import type { Bounded } from '../../../platform/threads/bounded.ts'
import { boundedFunction } from '../../../platform/threads/bounded-function.ts'
import type { CallAdmission } from '../calls/call-admission.ts'
import type { Resolver } from '../calls/resolver.ts'
import type { ModelCall } from '../gateway.port.ts'
import { messageContent } from '../rules/message-tokens.ts'
import { countTokens } from './tokenizer.ts'

export const tokenCount = boundedFunction({
  name: 'gateway.token-count',
  subject: 'Counting the tokens',
  remedy: 'Send a shorter conversation.',
  time_ms: 10_000,
  // The tables of the tokenizer are loaded in threads only.
  estimateMs: () => Number.POSITIVE_INFINITY,
  run(body: JsonObject): number {
    const { texts, tokens } = messageContent(body)
    return texts.reduce((sum, text) => sum + countTokens(text), tokens)
  },
})

export interface TokenCountDependencies {
  readonly bounded: Pick<Bounded, 'run'>
  readonly resolver: Pick<Resolver, 'resolve'>
  readonly admission: Pick<CallAdmission, 'admit'>
}

/** Throws `not_found` for an unknown model, and `stopped` under an emergency stop, as a call would. */
export type CountTokens = (call: ModelCall) => Promise<number>

export function createTokenCount({ bounded, resolver, admission }: TokenCountDependencies): CountTokens {
  return async (call) => {
    const { scopes } = await resolver.resolve(call)
    await admission.admit(scopes)
    return bounded.run(tokenCount, call.body, call.signal)
  }
}
