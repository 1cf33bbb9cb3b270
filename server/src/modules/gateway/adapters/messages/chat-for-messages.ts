/**
 * Translates a request of Anthropic's wire into OpenAI's. A field without an equivalent is left out, or refused where
 * leaving it out would change the meaning.
 */
import type { Json, JsonObject } from '@muster/contract/values'
import { list, object } from '../../rules/usage.ts'
import { plainText, refusedFailure } from '../chat/chat-content.ts'

export function chatBody(body: JsonObject): JsonObject {
  const { model = '', max_tokens, stream, temperature, top_p, stop_sequences, metadata } = body
  const { user_id } = object(metadata)
  return {
    model,
    messages: [...systemOf(body), ...list(body.messages).map(object).flatMap(messagesOf)],
    ...(max_tokens !== undefined && { max_tokens }),
    ...(stream === true && { stream, stream_options: { include_usage: true } }),
    ...(temperature !== undefined && { temperature }),
    ...(top_p !== undefined && { top_p }),
    ...(list(stop_sequences).length > 0 && { stop: list(stop_sequences) }),
    ...(typeof user_id === 'string' && { user: user_id }),
    ...toolsOf(body),
    ...outputOf(body),
  }
}

function systemOf({ system }: JsonObject): readonly JsonObject[] {
  const content =
    typeof system === 'string'
      ? system
      : list(system)
          .map((block) => object(block).text)
          .join('\n\n')
  return content === '' ? [] : [{ role: 'system', content }]
}

/** Tool results are messages of their own in OpenAI's wire, before what the user says in the same turn. */
function messagesOf({ role, content }: JsonObject): readonly JsonObject[] {
  if (typeof content === 'string') return [{ role: role ?? 'user', content }]
  const blocks = list(content).map(object)
  if (role === 'assistant') return [assistantOf(blocks)]
  const results = blocks.filter(({ type }) => type === 'tool_result')
  const toolMessages = results.map(({ tool_use_id = '', content: result }) => ({
    role: 'tool',
    tool_call_id: tool_use_id,
    content: plainText(result),
  }))
  const resultImages = results.flatMap((result) =>
    list(result.content)
      .map(object)
      .filter(({ type }) => type === 'image'),
  )
  const userContent = [...resultImages, ...blocks.filter(({ type }) => type !== 'tool_result')].map(partOf)
  return userContent.length > 0 ? [...toolMessages, { role: 'user', content: userContent }] : toolMessages
}

/** Thoughts are not sent back: only the provider that signed them can read them. */
function assistantOf(blocks: readonly JsonObject[]): JsonObject {
  const text = blocks.flatMap((block) => (block.type === 'text' ? [String(block.text ?? '')] : []))
  const tool_calls = blocks
    .filter(({ type }) => type === 'tool_use')
    .map(({ id = '', name = '', input = {}, extra_content }) => ({
      id,
      type: 'function',
      function: { name, arguments: JSON.stringify(input) },
      ...(extra_content !== undefined && { extra_content }),
    }))
  const content = text.length > 0 ? text.join('') : null
  return { role: 'assistant', content, ...(tool_calls.length > 0 && { tool_calls }) }
}

function partOf({ type, text, source }: JsonObject): JsonObject {
  if (type === 'text') return { type, text: text ?? '' }
  const { type: kind, media_type, data, url } = object(source)
  if (type === 'image' && kind === 'url') return { type: 'image_url', image_url: { url: url ?? '' } }
  if (type === 'image' && kind === 'base64')
    return { type: 'image_url', image_url: { url: `data:${String(media_type)};base64,${String(data)}` } }
  throw refusedFailure(`messages: this model does not support content of type ${String(type)}.`)
}

function toolsOf(body: JsonObject): JsonObject {
  const tools = list(body.tools)
    .map(object)
    .map(({ type = 'custom', name = '', description, input_schema, strict }) => {
      if (type !== 'custom') throw refusedFailure(`tools: this model does not support ${String(type)}.`)
      const descriptionFields = {
        ...(description !== undefined && { description }),
        ...(strict !== undefined && { strict }),
      }
      return {
        type: 'function',
        function: { name, ...descriptionFields, parameters: input_schema ?? { type: 'object' } },
      }
    })
  if (tools.length === 0) return {}
  const { type, name, disable_parallel_tool_use } = object(body.tool_choice)
  const choices: Readonly<Record<string, Json>> = {
    auto: 'auto',
    any: 'required',
    none: 'none',
    tool: { type: 'function', function: { name: name ?? '' } },
  }
  const tool_choice = choices[String(type)]
  return {
    tools,
    ...(tool_choice !== undefined && { tool_choice }),
    ...(disable_parallel_tool_use === true && { parallel_tool_calls: false }),
  }
}

const efforts: Readonly<Record<string, string>> = {
  low: 'low',
  medium: 'medium',
  high: 'high',
  xhigh: 'high',
  max: 'high',
}

function outputOf({ output_config }: JsonObject): JsonObject {
  const { format, effort } = object(output_config)
  const { type, schema } = object(format)
  const reasoning_effort = efforts[String(effort)]
  return {
    ...(type === 'json_schema' &&
      schema !== undefined && {
        response_format: { type: 'json_schema', json_schema: { name: 'output', schema, strict: true } },
      }),
    ...(reasoning_effort !== undefined && { reasoning_effort }),
  }
}
