/** Reads a request of OpenAI's chat completions. */
import type { Json, JsonObject } from '@muster/contract/values'
import { isObject, list, object } from '../../rules/usage.ts'
import { callArguments } from '../call-arguments.ts'
import { type CallIds, createCallIds } from '../call-ids.ts'
import type { Conversation, Part, TextPart, ThinkingPart, ToolCallPart, Turn } from '../conversation.ts'
import { joinedText, maybe, numberIn, refusedAt, textIn } from '../fields.ts'
import { resultContent, systemTexts } from '../parts.ts'
import { ownThinking, readSignature } from './own-marks.ts'
import { readChatContent } from './read-content.ts'
import { readChatTools } from './read-tools.ts'

export function readChatRequest(body: JsonObject): Conversation {
  const calls = createCallIds()
  const system: TextPart[] = []
  const turns: Turn[] = []
  for (const [at, item] of list(body.messages).entries()) {
    const message = object(item)
    const place = `messages[${at}]`
    if (message.role === 'system' || message.role === 'developer') system.push(...systemParts(message.content, place))
    else turns.push(turnOf(message, place, calls))
  }
  const output_tokens_max = numberIn(body.max_completion_tokens) ?? numberIn(body.max_tokens)
  return {
    system,
    turns,
    ...readChatTools(body),
    ...maybe('output_tokens_max', output_tokens_max),
    stop: typeof body.stop === 'string' ? [body.stop] : list(body.stop).flatMap((one) => textIn(one) ?? []),
    sampling: samplingOf(body),
    ...formatOf(body),
    ...reasoningOf(body),
    ...maybe('user', textIn(body.user)),
    ...(typeof body.n === 'number' && body.n > 1 && { choices: body.n }),
    special: specialOf(body),
  }
}

function systemParts(content: Json | undefined, place: string): readonly TextPart[] {
  const texts = systemTexts(readChatContent(content, `${place}.content`))
  const text = texts.map((part) => part.text).join('\n')
  return text === '' ? [] : [{ type: 'text', text, place: `${place}.content` }]
}

function turnOf(message: JsonObject, place: string, calls: CallIds): Turn {
  const { role, content } = message
  const name = maybe('name', textIn(message.name))
  if (role === 'tool' || role === 'function') {
    const answered = calls.result(textIn(message.tool_call_id), textIn(message.name))
    const parts = resultContent(readChatContent(content, `${place}.content`))
    return { role: 'user', parts: [{ type: 'tool_result', ...answered, parts, is_error: false, place }], place }
  }
  if (role !== 'assistant') return { role: 'user', parts: readChatContent(content, `${place}.content`), ...name, place }
  if (typeof message.audio === 'object' && message.audio !== null)
    throw refusedAt(`${place}.audio`, 'this model does not support the sound of an earlier answer.')
  return { role: 'assistant', parts: readAssistant(message, place, calls), ...name, place }
}

/** The parts of an assistant's message, in history and in answers: thoughts, words, a refusal, calls. */
export function readAssistant(message: JsonObject, place: string, calls: CallIds): readonly Part[] {
  const thoughts = ownThinking(message) ?? thoughtsIn(message, place)
  const refusal = textIn(message.refusal)
  return [
    ...thoughts,
    ...readChatContent(message.content, `${place}.content`),
    ...(refusal ? [{ type: 'refusal', text: refusal, place: `${place}.refusal` } as const] : []),
    ...readCalls(message, place, calls),
  ]
}

/** Servers of this wire have several names for thoughts. */
export function thoughtText(fields: JsonObject): string {
  const { reasoning_content, reasoning, reasoning_details } = fields
  const text = joinedText(reasoning_content) || joinedText(reasoning)
  if (text !== '') return text
  return list(reasoning_details)
    .map(object)
    .map((detail) => textIn(detail.text) ?? textIn(detail.summary) ?? '')
    .join('')
}

function thoughtsIn(message: JsonObject, place: string): readonly ThinkingPart[] {
  const text = thoughtText(message)
  return text === '' ? [] : [{ type: 'thinking', text, made_by: 'chat', place }]
}

function readCalls(message: JsonObject, place: string, calls: CallIds): readonly ToolCallPart[] {
  const modern = list(message.tool_calls).map((item, at) => readCall(object(item), `${place}.tool_calls[${at}]`, calls))
  const { name, arguments: text } = object(message.function_call)
  if (modern.length > 0 || typeof name !== 'string') return modern
  const id = calls.call(undefined, name)
  return [{ type: 'tool_call', id, name, ...callArguments(text), ...placeOf(`${place}.function_call`) }]
}

function readCall(call: JsonObject, place: string, calls: CallIds): ToolCallPart {
  const custom = object(call.custom)
  if (typeof custom.name === 'string') {
    const id = calls.call(textIn(call.id), custom.name)
    const input = textIn(custom.input) ?? ''
    return { type: 'tool_call', id, name: custom.name, arguments: input, is_custom: true, place }
  }
  // Some servers have name and arguments beside the id.
  const fields = { ...call, ...object(call.function) }
  const name = textIn(fields.name) ?? ''
  const id = calls.call(textIn(call.id), name)
  const signature = readSignature(call)
  const places = placeOf(place, isObject(call.function) ? `${place}.function.arguments` : undefined)
  return {
    type: 'tool_call',
    id,
    name,
    ...callArguments(fields.arguments),
    ...maybe('signature', signature),
    ...places,
  }
}

const placeOf = (place: string, arguments_place = `${place}.arguments`) => ({ place, arguments_place })

function samplingOf(body: JsonObject): Conversation['sampling'] {
  return {
    ...maybe('temperature', numberIn(body.temperature)),
    ...maybe('top_p', numberIn(body.top_p)),
    ...maybe('top_k', numberIn(body.top_k)),
    ...maybe('seed', numberIn(body.seed)),
    ...maybe('presence_penalty', numberIn(body.presence_penalty)),
    ...maybe('frequency_penalty', numberIn(body.frequency_penalty)),
  }
}

function formatOf(body: JsonObject): Pick<Conversation, 'response_format'> {
  const { type, json_schema } = object(body.response_format)
  const { schema, name, description, strict } = object(json_schema)
  if (type === 'json_object' || (type === 'json_schema' && schema === undefined))
    return { response_format: { type: 'json' } }
  if (type === undefined || type === null || type === 'text') return {}
  if (type !== 'json_schema') throw refusedAt('response_format', `this model does not support ${String(type)}.`)
  return {
    response_format: {
      type: 'schema',
      schema: object(schema),
      ...maybe('name', textIn(name)),
      ...maybe('description', textIn(description)),
      ...(typeof strict === 'boolean' && { strict }),
    },
  }
}

function reasoningOf(body: JsonObject): Pick<Conversation, 'reasoning'> {
  const { effort, max_tokens } = object(body.reasoning)
  const reasoning = {
    ...maybe('effort', textIn(body.reasoning_effort) ?? textIn(effort)),
    ...maybe('budget_tokens', numberIn(max_tokens)),
  }
  return Object.keys(reasoning).length > 0 ? { reasoning } : {}
}

/** What only this wire has and an answer would lack. */
function specialOf(body: JsonObject): JsonObject {
  const { logprobs, logit_bias, modalities, audio, web_search_options } = body
  return {
    ...(logprobs === true && { logprobs }),
    ...(Object.keys(object(logit_bias)).length > 0 && { logit_bias: object(logit_bias) }),
    ...(list(modalities).some((one) => one !== 'text') && { modalities: list(modalities) }),
    ...(audio !== undefined && audio !== null && { audio }),
    ...(web_search_options !== undefined && web_search_options !== null && { web_search_options }),
  }
}
