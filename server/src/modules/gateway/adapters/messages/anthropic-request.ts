/**
 * Translates a chat of OpenAI's wire into a request to Anthropic. A field that Anthropic has no equivalent for is left
 * out, or refused where leaving it out would change the meaning.
 */
import type { Json, JsonObject } from '@muster/contract/values'
import type { AdapterCall } from '../../gateway.types.ts'
import { list, object } from '../../rules/usage.ts'
import { chatPart, parsedArguments, plainText, refusedFailure } from '../chat/chat-content.ts'

export function messagesBody({ body, model, stream, output_tokens_max }: AdapterCall): JsonObject {
  if (typeof body.n === 'number' && body.n > 1) throw refusedFailure('n: this model returns one choice only.')
  const { system, messages } = conversation(list(body.messages))
  const max = [body.max_completion_tokens, body.max_tokens].find((one) => typeof one === 'number')
  const stops = typeof body.stop === 'string' ? [body.stop] : list(body.stop)
  return {
    model,
    max_tokens: max ?? output_tokens_max,
    messages,
    ...(stream && { stream }),
    ...(system !== '' && { system }),
    ...(stops.length > 0 && { stop_sequences: stops }),
    ...(typeof body.temperature === 'number' && { temperature: Math.min(1, body.temperature) }),
    ...(typeof body.top_p === 'number' && { top_p: body.top_p }),
    ...(typeof body.user === 'string' && { metadata: { user_id: body.user } }),
    ...toolsOf(body),
    ...outputConfig(body),
  }
}

function toolsOf(body: JsonObject): JsonObject {
  const tools = list(body.tools).map((tool) => {
    const { name, description, parameters, strict } = object(object(tool).function)
    if (typeof name !== 'string') throw refusedFailure('tools: this model supports functions only.')
    return {
      name,
      ...(typeof description === 'string' && { description }),
      ...(typeof strict === 'boolean' && { strict }),
      input_schema: parameters ?? { type: 'object', properties: {} },
    }
  })
  if (tools.length === 0) return {}
  const choice = choiceOf(body.tool_choice)
  const single = body.parallel_tool_calls === false && choice.type !== 'none' && { disable_parallel_tool_use: true }
  return { tools, tool_choice: { ...choice, ...single } }
}

function choiceOf(choice: Json | undefined): { readonly type: string; readonly name?: Json } {
  if (choice === 'none') return { type: 'none' }
  if (choice === 'required') return { type: 'any' }
  const { name } = object(object(choice).function)
  return name === undefined ? { type: 'auto' } : { type: 'tool', name }
}

const efforts: Readonly<Record<string, string>> = {
  minimal: 'low',
  low: 'low',
  medium: 'medium',
  high: 'high',
  xhigh: 'xhigh',
}

function outputConfig(body: JsonObject): JsonObject {
  const { type, json_schema } = object(body.response_format)
  const { schema } = object(json_schema)
  const effort = efforts[String(body.reasoning_effort)]
  if (type === 'json_object') throw refusedFailure('response_format: this model supports json_schema, not json_object.')
  const config = {
    ...(type === 'json_schema' && schema !== undefined && { format: { type: 'json_schema', schema } }),
    ...(effort !== undefined && { effort }),
  }
  return Object.keys(config).length > 0 ? { output_config: config } : {}
}

interface Turn {
  readonly role: 'user' | 'assistant'
  readonly content: Json[]
}

/** The system prompt apart, and turns that alternate: Anthropic has tool results in turns of the user. */
function conversation(messages: readonly Json[]): { readonly system: string; readonly messages: readonly Json[] } {
  const system: string[] = []
  const turns: Turn[] = []
  for (const message of messages.map(object)) {
    if (message.role === 'system' || message.role === 'developer') {
      system.push(plainText(message.content))
      continue
    }
    const role = message.role === 'assistant' ? 'assistant' : 'user'
    const last = turns.at(-1)
    const content = blocksOf(message)
    if (last?.role === role) for (const one of content) last.content.push(one)
    else turns.push({ role, content: [...content] })
  }
  return { system: system.join('\n\n'), messages: turns.map(({ role, content }) => ({ role, content })) }
}

function blocksOf(message: JsonObject): readonly Json[] {
  if (message.role === 'tool')
    return [{ type: 'tool_result', tool_use_id: message.tool_call_id ?? '', content: plainText(message.content) }]
  const content = typeof message.content === 'string' ? textBlocks(message.content) : list(message.content).map(blockOf)
  const calls = list(message.tool_calls).map((call) => {
    const { name, arguments: text } = object(object(call).function)
    return { type: 'tool_use', id: object(call).id ?? '', name: name ?? '', input: parsedArguments(text) }
  })
  return [...content, ...calls]
}

const textBlocks = (text: string): readonly Json[] => (text === '' ? [] : [{ type: 'text', text }])

function blockOf(part: Json): Json {
  const contentPart = chatPart(part)
  if ('text' in contentPart) return { type: 'text', text: contentPart.text }
  if ('url' in contentPart) return { type: 'image', source: { type: 'url', url: contentPart.url } }
  return { type: 'image', source: { type: 'base64', media_type: contentPart.media_type, data: contentPart.data } }
}
