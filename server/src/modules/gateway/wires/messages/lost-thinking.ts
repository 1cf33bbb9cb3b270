/**
 * Anthropic's servers refuse to think on in a turn that began without signed thoughts, which is so where a provider of
 * another kind began it: such a request goes without `thinking`, until its turn is over.
 */
import type { JsonObject } from '@muster/contract/values'
import { list, object } from '../../rules/usage.ts'

/** The same request where there is nothing to change. */
export function withoutLostThinking(body: JsonObject): JsonObject {
  if (object(body.thinking).type !== 'enabled' || !continuesUnsigned(list(body.messages).map(object))) return body
  const { thinking: _lost, ...rest } = body
  return rest
}

/** A turn of the model goes over its calls and their results, back to the user's own words. */
function continuesUnsigned(messages: readonly JsonObject[]): boolean {
  if (!hasBlock(messages.at(-1), ['tool_result'])) return false
  const begin = messages.findLastIndex((message) => message.role === 'user' && !hasBlock(message, ['tool_result']))
  const turn = messages.slice(begin + 1).filter(({ role }) => role === 'assistant')
  return !turn.some((message) => hasBlock(message, ['thinking', 'redacted_thinking']))
}

function hasBlock(message: JsonObject | undefined, types: readonly string[]): boolean {
  return list(message?.content).some((block) => types.includes(String(object(block).type)))
}
