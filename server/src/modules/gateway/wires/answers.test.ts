import type { JsonObject } from '@muster/contract/values'
import { describe, expect, it } from 'vitest'
import { type AnsweringKind, type GeneratedPart, generatedAnswer } from '../../../../test/gateway/generated-answers.ts'
import { adapterOf } from '../adapters/registry.ts'
import { streamAsWhole } from '../adapters/streams/stream-as-whole.ts'
import { wholeAsStream } from '../adapters/streams/whole-as-stream.ts'
import type { AdapterCall } from '../gateway.types.ts'
import { list, object } from '../rules/usage.ts'

// Whole and streamed answers of every kind of provider say the same in every client's wire.
const count = Number(process.env.MUSTER_TEST_CONVERSATIONS ?? 500)
const kinds = ['openai', 'anthropic', 'gemini'] as const
const pairs = kinds.flatMap((kind) => (['chat', 'messages'] as const).map((wire) => ({ kind, wire })))

function callOf(wire: AdapterCall['wire'], stream: boolean): AdapterCall {
  const body = { stream_options: { include_usage: true } }
  const size = { characters: 0, values: 0 }
  return { wire, body, model: 'm', stream, output_tokens_max: 100, headers: {}, size, input_tokens: 30 }
}

/** The text that a client gets of these events. */
function streamed(
  kind: AnsweringKind,
  wire: AdapterCall['wire'],
  events: readonly { event: string | undefined; data: string }[],
) {
  const reader = adapterOf(kind).reader(callOf(wire, true))
  let out = ''
  for (const event of events) {
    const step = reader.read(event)
    out += step.out
    if (step.done) return out
  }
  return out + (reader.end() ?? '')
}

describe.each(pairs)('an answer of the kind $kind for a client of $wire', ({ kind, wire }) => {
  it('says the same whole and streamed', () => {
    for (let seed = 1; seed <= count; seed++) {
      const { whole, events, parts } = generatedAnswer(seed, kind)
      const { body } = adapterOf(kind).answer(callOf(wire, false), whole)
      const joined = streamAsWhole(wire, streamed(kind, wire, events)) ?? {}
      const context = `seed ${seed}`
      expect(partsIn(wire, joined), context).toEqual(parts)
      // An answer of the client's own wire passes through as the server wrote it.
      if (isOwn(kind, wire)) continue
      expect(partsIn(wire, body), context).toEqual(parts)
      expect(timeless(joined), context).toEqual(timeless(body))
      // And it is the same again where it is kept and given as a stream.
      expect(timeless(streamAsWhole(wire, wholeAsStream(wire, body)) ?? {}), context).toEqual(timeless(body))
    }
  })
})

const isOwn = (kind: AnsweringKind, wire: AdapterCall['wire']): boolean =>
  (kind === 'openai' && wire === 'chat') || (kind === 'anthropic' && wire === 'messages')

const timeless = ({ created: _created, ...body }: JsonObject): JsonObject => body

/** What a client reads: thoughts, words, and calls whose arguments it parses. */
function partsIn(wire: AdapterCall['wire'], body: JsonObject): readonly GeneratedPart[] {
  if (wire === 'messages')
    return list(body.content)
      .map(object)
      .map((block): GeneratedPart => {
        if (block.type === 'tool_use')
          return { type: 'call', id: String(block.id), name: String(block.name), input: object(block.input) }
        return block.type === 'thinking'
          ? { type: 'thinking', text: String(block.thinking) }
          : { type: 'text', text: String(block.text) }
      })
  const message = object(object(list(body.choices)[0]).message)
  const thinking = text(message.reasoning_content ?? message.reasoning) || contentText(message.content, 'thinking')
  const words = contentText(message.content, 'text')
  return [
    ...(thinking === '' ? [] : [{ type: 'thinking', text: thinking } as const]),
    ...(words === '' ? [] : [{ type: 'text', text: words } as const]),
    ...list(message.tool_calls)
      .map(object)
      .map((call): GeneratedPart => {
        const { name, arguments: written } = object(call.function)
        return { type: 'call', id: String(call.id), name: String(name), input: JSON.parse(String(written)) }
      }),
  ]
}

const text = (value: unknown): string => (typeof value === 'string' ? value : '')

function contentText(content: unknown, type: 'text' | 'thinking'): string {
  if (typeof content === 'string') return type === 'text' ? content : ''
  return list(content)
    .map(object)
    .filter((part) => part.type === type)
    .map((part) => (type === 'text' ? text(part.text) : contentText(part.thinking, 'text')))
    .join('')
}
