/**
 * Writes a request of Anthropic's messages. Its servers refuse empty texts and messages, ids with other characters, ids
 * that come twice, and calls without tools; none of that leaves here. What this wire has no equivalent for is refused with
 * its place; hints such as `seed` are left out.
 */
import type { JsonObject } from '@muster/contract/values'
import type { Conversation, Part, Tool, ToolChoice, Turn } from '../conversation.ts'
import { present, refusedAt } from '../fields.ts'
import { allowedTools, refuseSpecial, toolsWithHistory } from '../request-rules.ts'
import { joinNeighbours } from '../turns.ts'
import { createMessageIds, type MessageIds } from './message-ids.ts'
import { writeBlock } from './write-blocks.ts'

export interface MessagesRequestOptions {
  readonly model: string
  readonly stream: boolean
  readonly output_tokens_max: number
}

export function writeMessagesRequest(conversation: Conversation, options: MessagesRequestOptions): JsonObject {
  refuseSpecial(conversation, ['mcp_servers', 'container'])
  const { system, stop, sampling, user } = conversation
  const { temperature, top_p, top_k } = sampling
  const messages = writeTurns(conversation.turns)
  if (messages.length === 0) throw refusedAt('messages', 'this model needs a message of the user that is not empty.')
  const systemText = system.map(({ text }) => text).join('\n\n')
  return {
    model: options.model,
    max_tokens: conversation.output_tokens_max ?? options.output_tokens_max,
    messages,
    ...(options.stream && { stream: true }),
    ...(systemText.trim() !== '' && { system: systemText }),
    ...(stop.length > 0 && { stop_sequences: stop.filter((one) => one.trim() !== '') }),
    ...present({ temperature: temperature && Math.min(1, temperature), top_p, top_k }),
    ...(user !== undefined && { metadata: { user_id: user } }),
    ...toolFields(conversation),
    ...outputConfig(conversation),
    ...thinkingField(conversation),
    ...conversation.special,
  }
}

function writeTurns(turns: readonly Turn[]): readonly JsonObject[] {
  const ids = createMessageIds()
  const written = turns.map((turn) => ({ ...turn, parts: turn.parts.filter((part) => isSaid(part)) }))
  const nameless = written.filter(({ parts }) => parts.length > 0).map(({ name: _name, ...turn }) => turn)
  return withoutLastSpace(joinNeighbours(nameless)).map((turn) => ({
    role: turn.role,
    content: turnBlocks(turn, ids),
  }))
}

/** The beginning of an answer must not end in white space. */
function withoutLastSpace(turns: readonly Turn[]): readonly Turn[] {
  const last = turns.at(-1)
  const part = last?.parts.at(-1)
  if (last?.role !== 'assistant' || part?.type !== 'text') return turns
  return [
    ...turns.slice(0, -1),
    { ...last, parts: [...last.parts.slice(0, -1), { ...part, text: part.text.trimEnd() }] },
  ]
}

/** Empty texts are nothing, and thoughts go back to who signed them alone. */
function isSaid(part: Part): boolean {
  if (part.type === 'text' || part.type === 'refusal') return part.text.trim() !== ''
  if (part.type !== 'thinking') return true
  return part.made_by === 'messages' && (part.signature !== undefined || part.redacted !== undefined)
}

/** Results stand before all else in their turn. */
function turnBlocks({ role, parts }: Turn, ids: MessageIds): readonly JsonObject[] {
  const isResult = ({ type }: Part): boolean => type === 'tool_result'
  const inOrder = role === 'user' ? [...parts.filter(isResult), ...parts.filter((part) => !isResult(part))] : parts
  return inOrder.map((part) => writeBlock(part, role, ids))
}

function toolFields(conversation: Conversation): JsonObject {
  const { tool_choice = { type: 'auto' }, parallel_calls } = conversation
  // This wire has no subset of tools that may be called: the others are left out.
  const tools = allowedTools(toolsWithHistory(conversation), tool_choice)
  if (tools.length === 0) return {}
  const choice = conversation.tools.length === 0 ? { type: 'none' } : choiceField(tool_choice)
  const single = parallel_calls === false && choice.type !== 'none' && { disable_parallel_tool_use: true }
  return { tools: tools.map(toolField), tool_choice: { ...choice, ...single } }
}

function choiceField(choice: ToolChoice): JsonObject {
  if (choice.type === 'one') return { type: 'tool', name: choice.name }
  if (choice.type === 'required' || (choice.type === 'allowed' && choice.is_required)) return { type: 'any' }
  return { type: choice.type === 'none' ? 'none' : 'auto' }
}

function toolField(tool: Tool): JsonObject {
  if (tool.type === 'foreign') {
    if (tool.own.wire === 'messages') return tool.own.fields
    throw refusedAt(tool.place, `this model does not support ${tool.kind}.`)
  }
  const { name, description, strict, parameters = {} } = tool
  return { name, ...present({ description, strict }), input_schema: { type: 'object', properties: {}, ...parameters } }
}

const efforts: Readonly<Record<string, string>> = {
  minimal: 'low',
  low: 'low',
  medium: 'medium',
  high: 'high',
  xhigh: 'xhigh',
  max: 'max',
}

function outputConfig({ response_format, reasoning }: Conversation): JsonObject {
  if (response_format?.type === 'json')
    throw refusedAt('response_format', 'this model supports json_schema, not json_object.')
  const effort = efforts[String(reasoning?.effort)]
  const config = {
    ...(response_format && { format: { type: 'json_schema', schema: response_format.schema } }),
    ...present({ effort }),
  }
  return Object.keys(config).length > 0 ? { output_config: config } : {}
}

/** A budget is meant for this wire alone; servers of others are asked for an effort. */
function thinkingField({ reasoning }: Conversation): JsonObject {
  if (reasoning?.budget_tokens === undefined) return {}
  return { thinking: { type: 'enabled', budget_tokens: reasoning.budget_tokens } }
}
