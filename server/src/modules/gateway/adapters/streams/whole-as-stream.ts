/** A whole answer as a stream of its client's wire, for clients that asked for one. */

import type { JsonObject } from '@muster/contract/values'
import { exactJsonText } from '../../../../platform/json/exact-json.ts'
import type { Wire } from '../../gateway.types.ts'
import { list, object } from '../../rules/usage.ts'
import { eventsIn, eventText } from '../../wires/events/wire-events.ts'
import { responseEvents } from '../../wires/responses/whole-as-events.ts'

/** With usage at its end, where the answer tells any. */
export function wholeAsStream(wire: Wire, body: JsonObject): string {
  if (wire === 'messages') return namedEvents(messageEvents(body))
  if (wire === 'responses') return namedEvents(responseEvents(body))
  const chunks = wire === 'completions' ? completionChunks(body) : chunksOf(body)
  return `${chunks.map((value) => eventText({ value })).join('')}${eventText({ data: '[DONE]' })}`
}

const namedEvents = (values: readonly JsonObject[]): string =>
  values.map((value) => eventText({ event: String(value.type), value })).join('')

/** A chunk of a completion looks as the whole does, but for its usage. */
function completionChunks({ usage, ...chunk }: JsonObject): readonly JsonObject[] {
  return usage === undefined ? [chunk] : [chunk, { ...chunk, choices: [], usage }]
}

/** Takes the usage out that a client of OpenAI's wire did not ask for. */
export function withoutUsage(text: string): string {
  if (!text.includes('"usage"')) return text
  return eventsIn(text)
    .flatMap((event) => {
      if (!event.value || !('usage' in event.value)) return [event]
      const { usage: _usage, ...value } = event.value
      return list(value.choices).length === 0 ? [] : [{ ...event, value }]
    })
    .map(eventText)
    .join('')
}

function chunksOf(body: JsonObject): readonly JsonObject[] {
  const { choices, usage, ...rest } = body
  const head = { ...rest, object: 'chat.completion.chunk' }
  const chunkChoices = list(choices)
    .map(object)
    .flatMap(({ message, finish_reason = null, ...choice }) => {
      const { tool_calls, ...delta } = object(message)
      const calls = list(tool_calls).map((call, index) => ({ index, ...object(call) }))
      return [
        { ...choice, delta: { ...delta, ...(calls.length > 0 && { tool_calls: calls }) }, finish_reason: null },
        { index: choice.index ?? 0, delta: {}, finish_reason },
      ]
    })
  const chunks = chunkChoices.map((choice) => ({ ...head, choices: [choice] }))
  return usage === undefined ? chunks : [...chunks, { ...head, choices: [], usage }]
}

function messageEvents(body: JsonObject): readonly JsonObject[] {
  const { content, stop_reason = null, stop_sequence = null, ...head } = body
  const usage = object(body.usage)
  const message = {
    ...head,
    content: [],
    stop_reason: null,
    stop_sequence: null,
    usage: { ...usage, output_tokens: 0 },
  }
  return [
    { type: 'message_start', message },
    ...list(content).flatMap((block, index) => blockEvents(object(block), index)),
    { type: 'message_delta', delta: { stop_reason, stop_sequence }, usage },
    { type: 'message_stop' },
  ]
}

/** Text and arguments come as deltas; a block of any other kind comes whole with its start. */
function blockEvents(block: JsonObject, index: number): readonly JsonObject[] {
  const delta = (fields: JsonObject): JsonObject => ({ type: 'content_block_delta', index, delta: fields })
  const around = (content_block: JsonObject, deltas: readonly JsonObject[]): readonly JsonObject[] => [
    { type: 'content_block_start', index, content_block },
    ...deltas,
    { type: 'content_block_stop', index },
  ]
  const { type, text = '', thinking = '', signature = '', input = {}, citations } = block
  if (type === 'text') {
    const citationDeltas = list(citations).map((citation) => delta({ type: 'citations_delta', citation }))
    return around({ ...block, text: '', ...(citations != null && { citations: [] }) }, [
      delta({ type: 'text_delta', text }),
      ...citationDeltas,
    ])
  }
  if (type === 'thinking') {
    const signatureDeltas = signature === '' ? [] : [delta({ type: 'signature_delta', signature })]
    return around({ ...block, thinking: '', signature: '' }, [
      delta({ type: 'thinking_delta', thinking }),
      ...signatureDeltas,
    ])
  }
  if (type !== 'tool_use') return around(block, [])
  // Arguments that were cut at the limit are a text.
  const partial_json = typeof input === 'string' ? input : exactJsonText(input)
  return around({ ...block, input: {} }, [delta({ type: 'input_json_delta', partial_json })])
}
