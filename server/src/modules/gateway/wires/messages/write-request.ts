/**
 * Writes a request of Anthropic's messages. Its servers refuse empty texts and messages, ids with other characters, ids
 * that come twice, and calls without tools; none of that leaves here. What this wire has no equivalent for is refused with
 * its place; hints such as `seed` are left out.
 */
import type { JsonObject } from '@muster/contract/values'
import { object } from '../../rules/usage.ts'
import type { Conversation, Part, Tool, ToolChoice, Turn } from '../conversation.ts'
import { present, refusedAt } from '../fields.ts'
import { allowedTools, refuseSpecial, toolsWithHistory } from '../request-rules.ts'
import { joinNeighbours, withNamesInText } from '../turns.ts'
import { createMessageIds, type MessageIds } from './message-ids.ts'
import { writeBlock } from './write-blocks.ts'

export interface MessagesRequestOptions {
  readonly model: string
  readonly stream: boolean
  readonly output_tokens_max: number
}

export function writeMessagesRequest(conversation: Conversation, options: MessagesRequestOptions): JsonObject {
  refuseSpecial(conversation, ['mcp_servers', 'container'])
  const { system, stop, user } = conversation
  const messages = writeTurns(conversation.turns)
  if (messages.length === 0) throw refusedAt('messages', 'this model needs a message of the user that is not empty.')
  const max_tokens = conversation.output_tokens_max ?? options.output_tokens_max
  const toolOptions = toolFields(conversation)
  const thinking = thinkingField(conversation, { max_tokens, tool_choice: object(toolOptions.tool_choice) })
  const systemText = system.map(({ text }) => text).join('\n\n')
  return {
    model: options.model,
    max_tokens,
    messages,
    ...(options.stream && { stream: true }),
    ...(systemText.trim() !== '' && { system: systemText }),
    ...(stop.length > 0 && { stop_sequences: stop.filter((one) => one.trim() !== '') }),
    ...samplingFields(conversation, 'thinking' in thinking),
    ...(user !== undefined && { metadata: { user_id: user } }),
    ...toolOptions,
    ...outputConfig(conversation),
    ...thinking,
    ...conversation.special,
  }
}

function writeTurns(turns: readonly Turn[]): readonly JsonObject[] {
  const ids = createMessageIds()
  const written = turns.map((turn) => ({ ...turn, parts: turn.parts.filter((part) => isSaid(part)) }))
  const named = withNamesInText(written.filter(({ parts }) => parts.length > 0))
  return withoutLastSpace(joinNeighbours(named)).map((turn) => ({
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

/** The least that Anthropic's servers take, and what of all tokens an answer is left where the budget has no room. */
const budget_tokens_min = 1_024
const budget_share_max = 0.8

/**
 * A budget is meant for this wire alone; servers of others are asked for an effort. It has to be less than all tokens.
 * Thoughts are a hint: where a call is forced, or the answer already begins, Anthropic's servers refuse them.
 */
function thinkingField(
  { reasoning, turns }: Conversation,
  { max_tokens, tool_choice }: { readonly max_tokens: number; readonly tool_choice: JsonObject },
): JsonObject {
  const wanted = reasoning?.is_on === false ? 0 : (reasoning?.budget_tokens ?? 0)
  const isForced = tool_choice.type === 'any' || tool_choice.type === 'tool'
  if (wanted <= 0 || isForced || turns.at(-1)?.role === 'assistant') return {}
  const least = Math.max(budget_tokens_min, wanted)
  const budget_tokens = least < max_tokens ? least : Math.floor(max_tokens * budget_share_max)
  return budget_tokens < budget_tokens_min ? {} : { thinking: { type: 'enabled', budget_tokens } }
}

/** Beside thoughts only a `top_p` near 1 is taken. */
const thinking_top_p_min = 0.95

function samplingFields({ sampling }: Conversation, is_thinking: boolean): JsonObject {
  const { temperature, top_p, top_k } = sampling
  if (is_thinking) return present({ top_p: top_p !== undefined && top_p >= thinking_top_p_min ? top_p : undefined })
  return present({ temperature: temperature && Math.min(1, temperature), top_p, top_k })
}
