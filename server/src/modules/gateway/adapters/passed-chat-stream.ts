/** Reads a stream of OpenAI's wire that goes to a client of the same wire, as it came. */

import type { JsonObject } from '@muster/contract/values'
import { exactJsonText } from '../../../platform/json/exact-json.ts'
import type { AdapterCall, Delta, SseEvent, StreamReader, StreamStep, Usage } from '../gateway.types.ts'
import { promptCount } from '../rules/estimate.ts'
import { list, object, usageOfOpenai } from '../rules/usage.ts'
import { createStreamErrors } from '../wires/answer-errors.ts'
import { createCallNumbers } from '../wires/chat/call-numbers.ts'
import { parsedEvent } from '../wires/events/parsed-event.ts'
import { joinedText } from '../wires/fields.ts'
import { eventTextOf } from './streams/event-text.ts'

const last_word = 'data: [DONE]\n\n'

export function passedChatStream({ wire, body }: AdapterCall): StreamReader {
  const wants_usage = object(body.stream_options).include_usage === true
  const prompts = wire === 'completions' ? promptCount(body.prompt) : 1
  const choices_wanted = (typeof body.n === 'number' ? body.n : 1) * prompts
  const finishedChoices = new Set<unknown>()
  const calls = createCallNumbers()
  const errors = createStreamErrors()
  let usage: Usage | undefined
  let isDone = false
  let hasBegun = false
  const isComplete = (): boolean => isDone || finishedChoices.size >= choices_wanted

  function read(event: SseEvent): StreamStep {
    if (event.data.trim() === '[DONE]') {
      isDone = true
      return { out: last_word, content: false, done: true, deltas: [] }
    }
    const chunk = parsedEvent(event)
    const error = errors.errorIn(event, chunk, hasBegun)
    if (error) throw error
    // Cumulative usage comes with every chunk: the latest counts.
    usage = usageOfOpenai(chunk.usage) ?? usage
    const passed = calls.renumber(chunk)
    const choices = list(passed.choices)
    for (const choice of choices) {
      const { index = 0, finish_reason } = object(choice)
      if (isFinish(finish_reason)) finishedChoices.add(index)
    }
    const content = choices.some(hasContent)
    hasBegun ||= content
    const passedEvent = passed === chunk ? event : { ...event, data: exactJsonText(passed) }
    const out = isDone ? '' : chunkText(passedEvent, passed, wants_usage)
    return { out, content, done: false, deltas: choices.flatMap(deltasIn) }
  }

  // Before its end a stream's usage is only what it has cost so far.
  return {
    read,
    usage: () => (isComplete() ? usage : undefined),
    usageSoFar: () => usage,
    end: () => (isComplete() ? last_word : undefined),
  }
}

/** The chunk as it came, without usage where the client did not ask for it. */
function chunkText({ event, data }: SseEvent, chunk: JsonObject, wants_usage: boolean): string {
  if (wants_usage || !('usage' in chunk)) return eventTextOf(event, data)
  const { usage: _usage, ...rest } = chunk
  return list(chunk.choices).length === 0 ? '' : eventTextOf(event, exactJsonText(rest))
}

/** The generated text of a choice's chunk, under the field names that servers of this wire use. */
function deltasIn(choice: unknown): readonly Delta[] {
  const { index, delta, text } = object(choice)
  const voice = Number(index ?? 0)
  const { content, refusal, reasoning_content, reasoning, tool_calls } = object(delta)
  const deltas = (kind: Delta['kind'], value: unknown): readonly Delta[] =>
    typeof value === 'string' && value !== '' ? [{ kind, voice, text: value }] : []
  const calls = list(tool_calls).map((call) => {
    const { index: of, function: toolFunction } = object(call)
    const { arguments: text } = object(toolFunction)
    return { kind: 'call' as const, voice: Number(of ?? 0), text: typeof text === 'string' ? text : '' }
  })
  const texts = [text, joinedText(content), refusal].flatMap((one) => deltas('text', one))
  return [...texts, ...deltas('thought', reasoning_content ?? reasoning), ...calls]
}

/** Some servers have an empty text there until the end. */
const isFinish = (finish_reason: unknown): boolean => typeof finish_reason === 'string' && finish_reason !== ''

/** More than the role, which servers send at once: words, a tool call, or the end. */
function hasContent(choice: unknown): boolean {
  const { delta, finish_reason, text } = object(choice)
  if (isFinish(finish_reason) || typeof text === 'string') return true
  return Object.entries(object(delta)).some(
    ([name, value]) =>
      name !== 'role' && value !== null && value !== '' && !(Array.isArray(value) && value.length === 0),
  )
}
