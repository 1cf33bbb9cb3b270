/** Translates a chat's answer of OpenAI's wire, whole or streamed, into Anthropic's. */
import type { Json, JsonObject } from '@muster/contract/values'
import type { Usage } from '../../gateway.types.ts'
import { list, no_usage, object } from '../../rules/usage.ts'
import { parsedArguments } from '../chat/chat-content.ts'
import { eventsIn, eventText } from '../streams/wire-events.ts'

const reasons: Readonly<Record<string, string>> = {
  length: 'max_tokens',
  tool_calls: 'tool_use',
  function_call: 'tool_use',
  content_filter: 'refusal',
}
const reasonOf = (finish_reason: Json | undefined): string => reasons[String(finish_reason)] ?? 'end_turn'

export function messageAnswer(body: JsonObject, usage: Usage | undefined): JsonObject {
  const { message, finish_reason } = object(list(body.choices)[0])
  const { content, refusal, reasoning_content, reasoning, tool_calls } = object(message)
  const thinking = textOf(reasoning_content ?? reasoning)
  const text = textOf(content) || textOf(refusal)
  const calls = list(tool_calls).map((call) => {
    const { name = '', arguments: input } = object(object(call).function)
    return { ...toolUse(object(call), name), input: parsedArguments(input) }
  })
  const blocks = [
    ...(thinking === '' ? [] : [{ type: 'thinking', thinking, signature: '' }]),
    ...(text === '' ? [] : [{ type: 'text', text }]),
    ...calls,
  ]
  const end = { stop_reason: reasonOf(finish_reason), stop_sequence: null }
  return { ...headOf(body), content: blocks, ...end, usage: anthropicUsage(usage ?? no_usage) }
}

const textOf = (value: Json | undefined): string => (typeof value === 'string' ? value : '')

const headOf = ({ id, model }: JsonObject) => ({
  id: id ?? '',
  type: 'message',
  role: 'assistant',
  model: model ?? '',
})

/** The provider's signature of a call is kept beside it and comes back with the conversation. */
function toolUse({ id, extra_content }: JsonObject, name: Json) {
  return { type: 'tool_use', id: id ?? '', name, ...(extra_content !== undefined && { extra_content }) }
}

function anthropicUsage({ uncached, cache_read, cache_write, output, reasoning }: Usage) {
  return {
    input_tokens: uncached,
    cache_read_input_tokens: cache_read,
    cache_creation_input_tokens: cache_write,
    output_tokens: output + reasoning,
  }
}

export interface MessageEvents {
  /** Chunks of a chat, as events. */
  pass(out: string): string
  /** The events that close the message. */
  end(usage: Usage | undefined): string
}

export function createMessageEvents(): MessageEvents {
  const out: string[] = []
  let hasBegun = false
  let stop_reason = 'end_turn'
  const write: Write = (type, fields = {}) => void out.push(eventText({ event: type, value: { type, ...fields } }))
  const blocks = createBlocks(write)
  const drainOutput = (): string => out.splice(0).join('')

  function begin(chunk: JsonObject): void {
    if (hasBegun) return
    hasBegun = true
    const end = { stop_reason: null, stop_sequence: null }
    write('message_start', { message: { ...headOf(chunk), content: [], ...end, usage: anthropicUsage(no_usage) } })
  }

  function pass(chunk: JsonObject): void {
    begin(chunk)
    const { delta, finish_reason } = object(list(chunk.choices)[0])
    const { content, refusal, reasoning_content, reasoning, tool_calls } = object(delta)
    blocks.say('thinking', textOf(reasoning_content ?? reasoning))
    blocks.say('text', textOf(content))
    blocks.say('text', textOf(refusal))
    for (const piece of list(tool_calls)) blocks.call(object(piece))
    if (typeof finish_reason === 'string') stop_reason = reasonOf(finish_reason)
  }

  return {
    pass(text) {
      for (const { value } of eventsIn(text)) if (value) pass(value)
      return drainOutput()
    },
    end(usage) {
      begin({})
      blocks.close()
      const delta = { stop_reason, stop_sequence: null }
      write('message_delta', { delta, usage: anthropicUsage(usage ?? no_usage) })
      write('message_stop')
      return drainOutput()
    },
  }
}

type Write = (type: string, fields?: JsonObject) => void

/** A block of words is closed when another one begins; calls stay open until the end, since their pieces may come mixed. */
function createBlocks(write: Write) {
  const openBlocks = new Set<number>()
  const calls = new Map<Json, number>()
  let count = 0
  let wordBlock: { readonly index: number; readonly type: string } | undefined

  function start(content_block: JsonObject): number {
    const index = count++
    openBlocks.add(index)
    write('content_block_start', { index, content_block })
    return index
  }

  function stop(index: number): void {
    if (openBlocks.delete(index)) write('content_block_stop', { index })
  }

  return {
    say(type: 'text' | 'thinking', text: string): void {
      if (text === '') return
      if (wordBlock?.type !== type) {
        if (wordBlock) stop(wordBlock.index)
        const empty = type === 'text' ? { type, text: '' } : { type, thinking: '', signature: '' }
        wordBlock = { type, index: start(empty) }
      }
      write('content_block_delta', { index: wordBlock.index, delta: { type: `${type}_delta`, [type]: text } })
    },
    call(piece: JsonObject): void {
      const { index: number = 0, function: toolFunction } = piece
      const { name = '', arguments: partial_json } = object(toolFunction)
      if (wordBlock) stop(wordBlock.index)
      wordBlock = undefined
      const index = calls.get(number) ?? start({ ...toolUse(piece, name), input: {} })
      calls.set(number, index)
      if (typeof partial_json === 'string' && partial_json !== '')
        write('content_block_delta', { index, delta: { type: 'input_json_delta', partial_json } })
    },
    close(): void {
      for (const index of [...openBlocks]) stop(index)
    },
  }
}
