/** What of a request in Anthropic's wire is given to the model: its texts, and its media in tokens. */
import type { Json, JsonObject } from '@muster/contract/values'
import { exactJsonText } from '../../../platform/json/exact-json.ts'
import { mediaIn } from './media.ts'
import { list, object } from './usage.ts'

/** The marks around a message and around a tool. */
const tokens_per_message = 3
const tokens_per_tool = 8

export interface MessageContent {
  readonly texts: readonly string[]
  /** Of media, and of the marks between the texts. */
  readonly tokens: number
}

export function messageContent({ system, messages, tools }: JsonObject): MessageContent {
  const texts: string[] = []
  let tokens = 0
  const stack: Json[] = present([system, ...list(messages).map((message) => object(message).content)])
  for (let block = stack.pop(); block !== undefined; block = stack.pop()) {
    if (typeof block === 'string') texts.push(block)
    else if (Array.isArray(block)) for (const one of block) stack.push(one)
    else {
      const fields = object(block)
      tokens += mediaIn(fields)?.tokens ?? 0
      for (const inner of present(wordsOf(fields))) stack.push(inner)
    }
  }
  for (const tool of list(tools).map(object)) {
    const { name, description, input_schema } = tool
    tokens += tokens_per_tool
    for (const text of [name, description, input_schema]) if (text !== undefined) texts.push(asText(text))
  }
  return { texts, tokens: tokens + list(messages).length * tokens_per_message }
}

/** The values of a block that the model reads. */
function wordsOf({ type, text, thinking, name, input, content, title, context, source }: JsonObject) {
  if (type === 'text') return [text]
  if (type === 'thinking') return [thinking]
  if (type === 'tool_use' || type === 'server_tool_use') return [name, asText(input ?? {})]
  const { type: kind, data, content: parts } = object(source)
  const written = kind === 'text' ? data : kind === 'content' ? parts : undefined
  return [title, context, written, content]
}

const present = (values: readonly (Json | undefined)[]): Json[] => values.filter((value) => value !== undefined)

const asText = (value: Json): string => (typeof value === 'string' ? value : exactJsonText(value))
