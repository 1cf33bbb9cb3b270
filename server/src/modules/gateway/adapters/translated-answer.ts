/** Reads a provider's answer by its wire and writes it in the client's. */
import type { JsonObject } from '@muster/contract/values'
import type { AdapterCall, Delta, StreamReader, WireAnswer } from '../gateway.types.ts'
import { unreadableCall } from '../wires/answer-errors.ts'
import { answerOf } from '../wires/answer-events.ts'
import type { AnswerOptions, ClientWire, ProviderWire } from '../wires/answer-wires.ts'
import type { AnswerEvent, PartStart } from '../wires/conversation.ts'

export interface Translation {
  readonly client: ClientWire
  readonly provider: ProviderWire
}

/** @throws ProviderFailure for what is no answer, and for a call whose arguments cannot be read */
export function translatedAnswer({ client, provider }: Translation, call: AdapterCall, body: JsonObject): WireAnswer {
  const answer = provider.readAnswer(body)
  const failure = unreadableCall(answer)
  if (failure) throw failure
  const written = client.writeAnswer({ ...answer, model: answer.model || call.model }, optionsOf(call))
  return { body: written, usage: answer.usage }
}

const optionsOf = ({ body, input_tokens }: AdapterCall): AnswerOptions => ({ request: body, input_tokens })

export function translatedStream({ client, provider }: Translation, call: AdapterCall): StreamReader {
  const reader = provider.streamReader()
  const writer = client.streamWriter(optionsOf(call))
  const deltasOf = createDeltas()
  const calls = createCallEvents()
  const usage = () => (reader.isComplete() ? reader.usage() : undefined)

  function write(events: readonly AnswerEvent[]): string {
    const out: string[] = []
    for (const event of events) {
      calls.keep(event)
      out.push(writer.write(event.type === 'start' ? { ...event, model: event.model || call.model } : event))
    }
    return out.join('')
  }

  /** Whether the calls can be read shows at their end only, when the client has them already: then the stream fails. */
  function close(): string {
    const last = reader.close()
    const answer = calls.any() ? answerOf([...calls.events(), ...last]) : undefined
    const failure = answer && unreadableCall(answer)
    if (failure) throw failure
    return write(last) + writer.end(usage())
  }

  return {
    usage,
    usageSoFar: () => reader.usage(),
    read(event) {
      const events = reader.read(event)
      const text = write(events)
      const done = reader.isDone()
      return { out: done ? text + close() : text, content: events.some(isContent), done, deltas: deltasOf(events) }
    },
    end: () => (reader.isComplete() ? close() : undefined),
  }
}

/** Words and calls are content; the opening of a text, the model's name and usage are not. */
function isContent(event: AnswerEvent): boolean {
  if (event.type === 'part_start') return event.part.type === 'tool_call'
  return event.type === 'delta' || event.type === 'finish'
}

/** Of all parts only calls are looked at again at the end. */
function createCallEvents() {
  const kept: AnswerEvent[] = []
  const indexes = new Set<number>()
  return {
    any: () => indexes.size > 0,
    events: (): readonly AnswerEvent[] => kept,
    keep(event: AnswerEvent): void {
      if (event.type === 'part_start' && event.part.type === 'tool_call') indexes.add(event.index)
      const isOfCall = (event.type === 'part_start' || event.type === 'delta') && indexes.has(event.index)
      if (isOfCall) kept.push(event)
    },
  }
}

const kinds = { text: 'text', refusal: 'text', thinking: 'thought', tool_call: 'call' } as const

/** The generated text of events. */
function createDeltas() {
  const parts = new Map<number, PartStart['type']>()
  return (events: readonly AnswerEvent[]): readonly Delta[] =>
    events.flatMap((event): readonly Delta[] => {
      if (event.type === 'part_start') {
        parts.set(event.index, event.part.type)
        return event.part.type === 'tool_call' ? [{ kind: 'call', voice: event.index, text: '' }] : []
      }
      if (event.type !== 'delta') return []
      const kind = kinds[parts.get(event.index) ?? 'text']
      return [{ kind, voice: kind === 'call' ? event.index : 0, text: event.text }]
    })
}
