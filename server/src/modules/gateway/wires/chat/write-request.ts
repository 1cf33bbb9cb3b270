/**
 * Writes a request of OpenAI's chat completions. What this wire has no equivalent for is refused with its place; hints
 * such as `top_k` are left out.
 */
import type { Json, JsonObject } from '@muster/contract/values'
import type {
  Conversation,
  Part,
  ThinkingPart,
  Tool,
  ToolCallPart,
  ToolChoice,
  ToolResultPart,
  Turn,
} from '../conversation.ts'
import { present, refusedAt } from '../fields.ts'
import { describedText, isContentPart } from '../parts.ts'
import { refuseSpecial } from '../request-rules.ts'
import { joinNeighbours } from '../turns.ts'
import { type ChatIds, createChatIds } from './chat-ids.ts'
import { signatureMark } from './own-marks.ts'
import { writeChatPart } from './write-content.ts'

export interface ChatRequestOptions {
  readonly model: string
  readonly stream: boolean
  /** The field of the most output tokens: servers differ. */
  readonly max_field: 'max_tokens' | 'max_completion_tokens'
  readonly asks_usage: boolean
  /** Some servers refuse the field of thoughts. */
  readonly without_reasoning?: boolean
}

export function writeChatRequest(conversation: Conversation, options: ChatRequestOptions): JsonObject {
  refuseSpecial(conversation, ['n', 'logprobs', 'logit_bias', 'modalities', 'audio', 'web_search_options'])
  const { system, turns, stop, sampling, output_tokens_max, user, special } = conversation
  const { temperature, top_p, seed, presence_penalty, frequency_penalty } = sampling
  const { model, stream, max_field, asks_usage, without_reasoning = false } = options
  const writer = { ids: createChatIds(), without_reasoning }
  const systemText = system.map(({ text }) => text).join('\n\n')
  return {
    model,
    messages: [
      ...(systemText === '' ? [] : [{ role: 'system', content: systemText }]),
      ...joinNeighbours(turns).flatMap((turn) => messagesOf(turn, writer)),
    ],
    ...present({ [max_field]: output_tokens_max }),
    ...(stream && { stream }),
    ...(stream && asks_usage && { stream_options: { include_usage: true } }),
    ...present({ temperature, top_p, seed, presence_penalty, frequency_penalty, user }),
    ...(stop.length > 0 && { stop }),
    ...(conversation.choices !== undefined && { n: conversation.choices }),
    ...toolFields(conversation),
    ...formatFields(conversation),
    ...reasoningFields(conversation),
    ...special,
  }
}

interface MessageWriter {
  readonly ids: ChatIds
  readonly without_reasoning: boolean
}

function messagesOf(turn: Turn, writer: MessageWriter): readonly JsonObject[] {
  if (turn.role === 'assistant') return [assistantMessage(turn, writer)]
  const results = turn.parts.flatMap((part) =>
    part.type === 'tool_result' ? [{ ...part, call_id: writer.ids.result(part.call_id) }] : [],
  )
  const said = turn.parts.filter((part) => part.type !== 'tool_result')
  const media = results.flatMap((result) => resultMedia(result, results.length > 1))
  const content = [...media, ...said.map(userPart)]
  const named = present({ name: turn.name })
  if (results.length > 0 && content.length === 0) return results.map(toolMessage)
  return [...results.map(toolMessage), { role: 'user', content: compact(content), ...named }]
}

/** A single text as such: some servers of this wire take no lists. */
function compact(content: readonly JsonObject[]): Json {
  const [first, second] = content
  if (first === undefined) return ''
  return second === undefined && first.type === 'text' ? (first.text ?? '') : content
}

/** Messages of tools hold text alone in this wire. */
function toolMessage({ call_id, parts, is_error }: ToolResultPart): JsonObject {
  const texts = parts.flatMap((part) => describedText(part) ?? [])
  const text = texts.join('\n\n')
  return { role: 'tool', tool_call_id: call_id, content: is_error ? `Error: ${text}` : text }
}

/** Other media of a result follow in a message of the user, which says whose they are where that is not plain. */
function resultMedia({ call_id, name, parts }: ToolResultPart, is_one_of_several: boolean): readonly JsonObject[] {
  const media = parts.filter((part) => describedText(part) === undefined)
  if (media.length === 0) return []
  const label = `From the result of ${name === undefined ? '' : `${name}, `}call ${call_id}:`
  return [...(is_one_of_several ? [{ type: 'text', text: label }] : []), ...media.map(writeChatPart)]
}

function userPart(part: Part): JsonObject {
  if (isContentPart(part)) return writeChatPart(part)
  throw refusedAt(part.place, `${part.type} cannot be part of a message of the user.`)
}

/** Thoughts go back only to a server of this wire, since only who made them can use them. */
function assistantMessage({ parts, name }: Turn, { ids, without_reasoning }: MessageWriter): JsonObject {
  const calls: ToolCallPart[] = []
  const thoughts: ThinkingPart[] = []
  const texts: string[] = []
  let refusal = ''
  for (const part of parts) {
    if (part.type === 'text') texts.push(part.text)
    else if (part.type === 'tool_call') calls.push(part)
    else if (part.type === 'refusal') refusal += part.text
    else if (part.type === 'thinking') thoughts.push(part)
    else throw refusedAt(part.place, `this model does not support a ${part.type} in a message of the assistant.`)
  }
  const reasoning = thoughts.flatMap(({ made_by, text }) => (made_by === 'chat' ? [text] : [])).join('')
  const text = texts.join('')
  return {
    role: 'assistant',
    content: text === '' && (calls.length > 0 || refusal !== '') ? null : text,
    ...present({ name }),
    ...(refusal !== '' && { refusal }),
    ...(reasoning !== '' && !without_reasoning && { reasoning_content: reasoning }),
    ...(calls.length > 0 && { tool_calls: calls.map((call) => toolCall({ ...call, id: ids.call(call.id) })) }),
  }
}

function toolCall({ id, name, arguments: text, signature, is_custom }: ToolCallPart): JsonObject {
  if (is_custom) return { id, type: 'custom', custom: { name, input: text } }
  const mark = signature?.made_by === 'chat' ? { extra_content: signatureMark(signature) } : {}
  return { id, type: 'function', function: { name, arguments: text }, ...mark }
}

function toolFields({ tools, tool_choice, parallel_calls }: Conversation): JsonObject {
  if (tools.length === 0) return {}
  return {
    tools: tools.map(toolField),
    ...present({ tool_choice: tool_choice && choiceField(tool_choice) }),
    ...(parallel_calls === false && { parallel_tool_calls: false }),
  }
}

function toolField(tool: Tool): JsonObject {
  if (tool.type === 'foreign') {
    if (tool.own.wire === 'chat') return tool.own.fields
    throw refusedAt(tool.place, `this model does not support ${tool.kind}.`)
  }
  const { name, description, strict, parameters = { type: 'object', properties: {} } } = tool
  return { type: 'function', function: { name, ...present({ description, strict }), parameters } }
}

function choiceField(choice: ToolChoice): Json {
  if (choice.type === 'one') return { type: 'function', function: { name: choice.name } }
  if (choice.type !== 'allowed') return choice.type
  const tools = choice.names.map((name) => ({ type: 'function', function: { name } }))
  return { type: 'allowed_tools', allowed_tools: { mode: choice.is_required ? 'required' : 'auto', tools } }
}

function formatFields({ response_format: format }: Conversation): JsonObject {
  if (!format) return {}
  if (format.type === 'json') return { response_format: { type: 'json_object' } }
  const { name = 'output', schema, strict = true, description } = format
  return {
    response_format: { type: 'json_schema', json_schema: { name, ...present({ description }), schema, strict } },
  }
}

const efforts: Readonly<Record<string, string>> = { max: 'high', xhigh: 'high' }

function reasoningFields({ reasoning }: Conversation): JsonObject {
  const { effort } = reasoning ?? {}
  return effort === undefined ? {} : { reasoning_effort: efforts[effort] ?? effort }
}
