/** Reads an answer of Anthropic's messages, whole and as a stream. */

import type { Json, JsonObject } from '@muster/contract/values'
import { exactJsonText } from '../../../../platform/json/exact-json.ts'
import { ProviderFailure } from '../../gateway.types.ts'
import { isObject, list, object, usageOfAnthropic } from '../../rules/usage.ts'
import { createStreamErrors, errorIn } from '../answer-errors.ts'
import type { AnswerStreamReader } from '../answer-wires.ts'
import { callArguments } from '../call-arguments.ts'
import { answerCallIds } from '../chat/read-answer.ts'
import type { Answer, AnswerEvent, AnswerPart, FinishReason, PartStart } from '../conversation.ts'
import { parsedEvent } from '../events/parsed-event.ts'
import { maybe, textIn } from '../fields.ts'

/** @throws ProviderFailure for what is no answer */
export function readMessagesAnswer(body: JsonObject): Answer {
  const error = errorIn(body)
  if (error) throw error
  if (!Array.isArray(body.content)) throw new ProviderFailure('malformed', 'The provider’s response has no content.')
  const ids = answerCallIds()
  return {
    id: textIn(body.id) ?? '',
    model: textIn(body.model) ?? '',
    parts: list(body.content).flatMap((block): AnswerPart[] => partOf(object(block), ids)),
    ...finishFields(body),
    ...maybe('usage', usageOfAnthropic(body.usage)),
  }
}

function partOf(block: JsonObject, ids: ReturnType<typeof answerCallIds>): AnswerPart[] {
  const start = startOf(block, ids)
  if (!start) return []
  if (start.type === 'tool_call') return [{ ...start, ...callArguments(block.input) }]
  if (start.type === 'thinking') {
    const signature = textIn(block.signature) || undefined
    return [{ ...start, text: textIn(block.thinking) ?? '', ...maybe('signature', signature) }]
  }
  const citations = list(block.citations)
  const own = citations.length > 0 ? { own: { wire: 'messages', fields: { citations } } as const } : {}
  return [{ type: 'text', text: textIn(block.text) ?? '', ...own }]
}

/** What Anthropic's own servers did beside the model is no part of an answer in other wires. */
function startOf(block: JsonObject, ids: ReturnType<typeof answerCallIds>): PartStart | undefined {
  const { type } = block
  if (type === 'text') return { type }
  if (type === 'thinking') return { type, made_by: 'messages' }
  if (type === 'redacted_thinking') return { type: 'thinking', made_by: 'messages', redacted: textIn(block.data) ?? '' }
  if (type !== 'tool_use') return undefined
  const name = textIn(block.name) ?? ''
  return { type: 'tool_call', id: ids.call(textIn(block.id), name), name }
}

const reasons: Readonly<Record<string, FinishReason>> = {
  max_tokens: 'length',
  model_context_window_exceeded: 'length',
  tool_use: 'tool_calls',
  refusal: 'refusal',
  pause_turn: 'pause',
}

function finishFields({ stop_reason, stop_sequence }: JsonObject): Pick<Answer, 'finish' | 'stop_sequence'> {
  return { finish: reasons[String(stop_reason)] ?? 'stop', ...maybe('stop_sequence', textIn(stop_sequence)) }
}

export function messagesStreamReader(): AnswerStreamReader {
  const ids = answerCallIds()
  const parts = createPartNumbers()
  const errors = createStreamErrors()
  let reportedUsage: JsonObject = {}
  let isDone = false
  let hasStopped = false
  let hasBegun = false
  let end: Pick<Answer, 'finish' | 'stop_sequence'> = { finish: 'stop' }

  function read(event: JsonObject): readonly AnswerEvent[] {
    if (event.type === 'message_start') {
      const { id, model } = object(event.message)
      return [{ type: 'start', id: textIn(id) ?? '', model: textIn(model) ?? '' }]
    }
    if (event.type === 'content_block_start') {
      const block = object(event.content_block)
      const part = startOf(block, ids)
      if (!part) return []
      hasBegun = true
      const index = parts.begin(event.index)
      return [{ type: 'part_start', index, part }, ...openingText(index, block)]
    }
    if (event.type === 'content_block_delta') return deltaEvents(parts.numberOf(event.index), object(event.delta))
    if (event.type === 'content_block_stop') return parts.end(event.index)
    if (event.type === 'message_delta' && typeof object(event.delta).stop_reason === 'string')
      end = finishFields(object(event.delta))
    return []
  }

  return {
    isDone: () => isDone,
    isComplete: () => hasStopped,
    usage: () => usageOfAnthropic(reportedUsage),
    read(event) {
      const value = parsedEvent(event)
      const error = errors.errorIn(event, value, hasBegun)
      if (error) throw error
      // Both events report all tokens so far; the later one wins where it has a number.
      const told = { ...known(object(object(value.message).usage)), ...known(object(value.usage)) }
      reportedUsage = { ...reportedUsage, ...told }
      isDone ||= value.type === 'message_stop'
      hasStopped ||= isDone || typeof object(value.delta).stop_reason === 'string'
      const usage = Object.keys(told).length > 0 ? usageOfAnthropic(reportedUsage) : undefined
      return [...read(value), ...(usage ? [{ type: 'usage', usage } as const] : [])]
    },
    close: () => [...parts.endAll(), { type: 'finish', ...end }],
  }
}

const known = (fields: JsonObject): JsonObject =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== null))

/** The numbers of blocks that are parts: others are left out. */
function createPartNumbers() {
  const numbers = new Map<unknown, number>()
  const open = new Set<number>()
  let count = 0
  return {
    begin(index: Json | undefined): number {
      const number = count++
      numbers.set(index, number)
      open.add(number)
      return number
    },
    numberOf: (index: Json | undefined) => numbers.get(index),
    end(index: Json | undefined): readonly AnswerEvent[] {
      const number = numbers.get(index)
      return number !== undefined && open.delete(number) ? [{ type: 'part_end', index: number }] : []
    },
    endAll(): readonly AnswerEvent[] {
      const events = [...open].map((index) => ({ type: 'part_end', index }) as const)
      open.clear()
      return events
    },
  }
}

/** Some servers send what a block begins with, or the whole of it, with its start. */
function openingText(index: number, block: JsonObject): readonly AnswerEvent[] {
  const input = isObject(block.input) && Object.keys(block.input).length > 0 ? exactJsonText(block.input) : undefined
  const text = textIn(block.text) ?? textIn(block.thinking) ?? input
  const signature = textIn(block.signature)
  return [
    ...(text ? [{ type: 'delta', index, text } as const] : []),
    ...(signature ? [{ type: 'signature', index, signature } as const] : []),
  ]
}

function deltaEvents(index: number | undefined, delta: JsonObject): readonly AnswerEvent[] {
  if (index === undefined) return []
  if (delta.type === 'signature_delta') return [{ type: 'signature', index, signature: textIn(delta.signature) ?? '' }]
  if (delta.type === 'citations_delta')
    return [{ type: 'citation', index, citation: delta.citation ?? null, wire: 'messages' }]
  const text = textIn(delta.text) ?? textIn(delta.thinking) ?? textIn(delta.partial_json) ?? ''
  return text === '' ? [] : [{ type: 'delta', index, text }]
}
