/**
 * What Muster wrote into a conversation of this wire when another kind of provider answered: thoughts without a signature,
 * signatures of Gemini's calls, ids with other characters. Anthropic's servers refuse each of them.
 */
import type { Json, JsonObject } from '@muster/contract/values'
import { list, object } from '../../rules/usage.ts'
import { createMessageIds, isMessageId, type MessageIds } from './message-ids.ts'

/** A conversation for Anthropic's servers; the same one where there is nothing to change. */
export function withoutForeignMarks(body: JsonObject): JsonObject {
  const messages = list(body.messages)
  if (!needsChange(messages)) return body
  const ids = createMessageIds()
  return { ...body, messages: messages.flatMap((message) => cleanMessage(object(message), ids)) }
}

function needsChange(messages: readonly Json[]): boolean {
  const ids = new Set<unknown>()
  return messages.some((message) => list(object(message).content).some((block) => isForeign(object(block), ids)))
}

function isForeign(block: JsonObject, ids: Set<unknown>): boolean {
  if (block.type === 'thinking') return isUnsigned(block)
  if (block.type !== 'tool_use') return false
  const isRepeated = ids.has(block.id)
  ids.add(block.id)
  return isRepeated || 'extra_content' in block || !isMessageId(block.id)
}

const isUnsigned = ({ signature }: JsonObject): boolean =>
  signature === undefined || signature === null || signature === ''

/** A message of which nothing is left goes too: Anthropic joins the neighbours itself. */
function cleanMessage(message: JsonObject, ids: MessageIds): readonly JsonObject[] {
  if (!Array.isArray(message.content)) return [message]
  const content = message.content.flatMap((block) => cleanBlock(block, ids))
  return content.length > 0 ? [{ ...message, content }] : []
}

function cleanBlock(item: Json, ids: MessageIds): readonly Json[] {
  const block = object(item)
  if (block.type === 'thinking') return isUnsigned(block) ? [] : [item]
  if (block.type === 'tool_result') return [{ ...block, tool_use_id: ids.result(String(block.tool_use_id ?? '')) }]
  if (block.type !== 'tool_use') return [item]
  const { extra_content: _mark, ...call } = block
  return [{ ...call, id: ids.call(String(block.id ?? '')) }]
}
