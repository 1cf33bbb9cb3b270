/** Reads a stream of Anthropic's wire that goes to a client of the same wire, as it came. */
import type { JsonObject } from '@muster/contract/values'
import type { Delta, SseEvent, StreamReader, StreamStep } from '../gateway.types.ts'
import { object, usageOfAnthropic } from '../rules/usage.ts'
import { createStreamErrors } from '../wires/answer-errors.ts'
import { parsedEvent } from '../wires/events/parsed-event.ts'
import { eventTextOf } from './streams/event-text.ts'

const last_word = `event: message_stop\ndata: ${JSON.stringify({ type: 'message_stop' })}\n\n`

export function passedMessagesStream(): StreamReader {
  const errors = createStreamErrors()
  let reportedUsage: JsonObject = {}
  let hasStopped = false
  let hasBegun = false
  return {
    usage: () => (hasStopped ? usageOfAnthropic(reportedUsage) : undefined),
    usageSoFar: () => usageOfAnthropic(reportedUsage),
    read(event) {
      const value = parsedEvent(event)
      const error = errors.errorIn(event, value, hasBegun)
      if (error) throw error
      // Both events report all tokens so far; the later one wins where it has a number.
      reportedUsage = {
        ...reportedUsage,
        ...present(object(object(value.message).usage)),
        ...present(object(value.usage)),
      }
      hasStopped ||= typeof object(value.delta).stop_reason === 'string' || value.type === 'message_stop'
      hasBegun ||= value.type === 'content_block_start'
      return passThrough(event, value)
    },
    end: () => (hasStopped ? last_word : undefined),
  }
}

function present(fields: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== null))
}

const openings: readonly unknown[] = ['message_start', 'content_block_start', 'ping']

function passThrough({ event, data }: SseEvent, value: JsonObject): StreamStep {
  const { type } = value
  const out = eventTextOf(event ?? String(type), data)
  return { out, content: !openings.includes(type), done: type === 'message_stop', deltas: deltasIn(value) }
}

const kinds = { text: 'text', thinking: 'thought', partial_json: 'call' } as const

/** The generated text of an event. The signature of a thought was not generated. */
function deltasIn({ index, delta, content_block }: JsonObject): readonly Delta[] {
  const fields = { ...object(content_block), ...object(delta) }
  const voice = Number(index ?? 0)
  if (fields.type === 'tool_use') return [{ kind: 'call', voice, text: '' }]
  return Object.entries(kinds).flatMap(([field, kind]) => {
    const text = fields[field]
    return typeof text === 'string' && text !== '' ? [{ kind, voice, text }] : []
  })
}
