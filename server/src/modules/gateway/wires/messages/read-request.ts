/** Reads a request of Anthropic's messages. */
import type { Json, JsonObject } from '@muster/contract/values'
import { isObject, list, object } from '../../rules/usage.ts'
import { type CallIds, createCallIds } from '../call-ids.ts'
import type { Conversation, Part, TextPart, Tool, ToolChoice, Turn } from '../conversation.ts'
import { joinedText, maybe, numberIn, refusedAt, textIn } from '../fields.ts'
import { readBlocks } from './read-blocks.ts'

export function readMessagesRequest(body: JsonObject): Conversation {
  const calls = createCallIds()
  const system = [...systemParts(body.system, 'system')]
  const turns: Turn[] = []
  for (const [at, item] of list(body.messages).entries()) {
    const { role, content } = object(item)
    const place = `messages[${at}]`
    if (role === 'system') system.push(...systemParts(content, `${place}.content`))
    else turns.push(turnOf(role === 'assistant' ? 'assistant' : 'user', content, { place, calls }))
  }
  const { user_id } = object(body.metadata)
  return {
    system,
    turns,
    tools: list(body.tools).map((tool, at) => toolOf(object(tool), `tools[${at}]`)),
    ...choiceFields(object(body.tool_choice)),
    ...maybe('output_tokens_max', numberIn(body.max_tokens)),
    stop: list(body.stop_sequences).flatMap((one) => textIn(one) ?? []),
    sampling: {
      ...maybe('temperature', numberIn(body.temperature)),
      ...maybe('top_p', numberIn(body.top_p)),
      ...maybe('top_k', numberIn(body.top_k)),
    },
    ...formatFields(body),
    ...reasoningFields(body),
    ...maybe('user', textIn(user_id)),
    special: specialOf(body),
  }
}

function systemParts(content: Json | undefined, place: string): readonly TextPart[] {
  if (typeof content === 'string') return content === '' ? [] : [{ type: 'text', text: content, place }]
  return list(content).flatMap((block, at) => {
    const { type = 'text', text: given } = object(block)
    if (type !== 'text')
      throw refusedAt(`${place}[${at}]`, `${String(type)} cannot be part of a system message for this model.`)
    const text = joinedText(given)
    return text === '' ? [] : [{ type: 'text', text, place: `${place}[${at}]` } as const]
  })
}

function turnOf(
  role: Turn['role'],
  content: Json | undefined,
  { place, calls }: { readonly place: string; readonly calls: CallIds },
): Turn {
  const parts: readonly Part[] = readBlocks(content, `${place}.content`, calls)
  return { role, parts, place }
}

function toolOf(tool: JsonObject, place: string): Tool {
  const { type = 'custom', name, description, input_schema, strict } = tool
  if (type !== 'custom') return { type: 'foreign', kind: String(type), own: { wire: 'messages', fields: tool }, place }
  return {
    type: 'function',
    name: textIn(name) ?? '',
    ...maybe('description', textIn(description)),
    ...(isObject(input_schema) && { parameters: input_schema }),
    ...(typeof strict === 'boolean' && { strict }),
    place,
  }
}

function choiceFields({ type, name, disable_parallel_tool_use }: JsonObject) {
  const choices: Readonly<Record<string, ToolChoice>> = {
    auto: { type: 'auto' },
    any: { type: 'required' },
    none: { type: 'none' },
    tool: { type: 'one', name: textIn(name) ?? '' },
  }
  const choice = choices[String(type)]
  if (type !== undefined && !choice) throw refusedAt('tool_choice', `this model does not support ${String(type)}.`)
  return {
    ...maybe('tool_choice', choice),
    ...(disable_parallel_tool_use === true && { parallel_calls: false }),
  }
}

function formatFields(body: JsonObject): Pick<Conversation, 'response_format'> {
  const format = object(body.output_config).format ?? body.output_format
  const { type, schema } = object(format)
  if (type === 'json_schema' && isObject(schema)) return { response_format: { type: 'schema', schema } }
  if (!isObject(format)) return {}
  throw refusedAt('output_config.format', 'this model supports a json_schema with its schema only.')
}

function reasoningFields(body: JsonObject): Pick<Conversation, 'reasoning'> {
  const { type, budget_tokens } = object(body.thinking)
  const reasoning = {
    ...maybe('effort', textIn(object(body.output_config).effort)),
    ...maybe('budget_tokens', numberIn(budget_tokens)),
    ...(typeof type === 'string' && { is_on: type !== 'disabled' }),
  }
  return Object.keys(reasoning).length > 0 ? { reasoning } : {}
}

/** What Anthropic's servers do beside the model. */
function specialOf({ mcp_servers, container }: JsonObject): JsonObject {
  return {
    ...(list(mcp_servers).length > 0 && { mcp_servers: list(mcp_servers) }),
    ...(container !== undefined && container !== null && { container }),
  }
}
