/** Reads a stream of OpenAI's responses that goes to a client of the same wire, as it came. */
import type { JsonObject } from '@muster/contract/values'
import { type Delta, ProviderFailure, type StreamReader, type Usage } from '../gateway.types.ts'
import { object, usageOfOpenai } from '../rules/usage.ts'
import { createStreamErrors } from '../wires/answer-errors.ts'
import { parsedEvent } from '../wires/events/parsed-event.ts'
import { eventTextOf } from './streams/event-text.ts'

/** The pieces of a response by their events. */
const kinds: Readonly<Record<string, Delta['kind']>> = {
  'response.output_text.delta': 'text',
  'response.refusal.delta': 'text',
  'response.reasoning_text.delta': 'thought',
  'response.reasoning_summary_text.delta': 'thought',
  'response.function_call_arguments.delta': 'call',
  'response.custom_tool_call_input.delta': 'call',
}

const closings: readonly unknown[] = ['response.completed', 'response.incomplete']
/** What comes before any content: another provider may still take over unseen. */
const openings: readonly unknown[] = [
  'response.created',
  'response.queued',
  'response.in_progress',
  'response.output_item.added',
  'response.content_part.added',
  'response.reasoning_summary_part.added',
]

export function passedResponsesStream(): StreamReader {
  const errors = createStreamErrors()
  let usage: Usage | undefined
  let isDone = false
  let hasBegun = false
  return {
    usage: () => (isDone ? usage : undefined),
    usageSoFar: () => usage,
    end: () => (isDone ? '' : undefined),
    read(event) {
      // Some servers of this wire close their streams as those of chats are closed.
      if (event.data.trim() === '[DONE]') return { out: '', content: false, done: isDone, deltas: [] }
      const value = parsedEvent(event)
      const response = object(value.response)
      usage = usageOfOpenai(response.usage) ?? usage
      const isFailed = value.type === 'response.failed'
      const told: JsonObject = isFailed ? { error: response.error ?? null } : value
      const failure = errors.errorIn(event, told, hasBegun)
      if (failure) throw failure
      if (isFailed) throw new ProviderFailure('broken', 'The provider ended the response early.')
      const deltas = deltasIn(value)
      const content = !openings.includes(value.type)
      hasBegun ||= content
      isDone ||= closings.includes(value.type)
      const out = eventTextOf(event.event ?? String(value.type), event.data)
      return { out, content, done: closings.includes(value.type), deltas }
    },
  }
}

function deltasIn({ type, output_index, delta }: JsonObject): readonly Delta[] {
  const kind = typeof type === 'string' ? kinds[type] : undefined
  if (!kind || typeof delta !== 'string') return []
  return [{ kind, voice: kind === 'call' ? Number(output_index ?? 0) : 0, text: delta }]
}
