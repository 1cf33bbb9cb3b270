/** A whole response as the events of its stream, for a server that answers a request for a stream with a whole. */
import type { JsonObject } from '@muster/contract/values'
import { list, object } from '../../rules/usage.ts'

export function responseEvents(response: JsonObject): readonly JsonObject[] {
  const started = { ...response, status: 'in_progress', output: [], usage: null }
  const type = response.status === 'incomplete' ? 'response.incomplete' : 'response.completed'
  const events = [
    { type: 'response.created', response: started },
    { type: 'response.in_progress', response: started },
    ...list(response.output).flatMap((item, output_index) => itemEvents(object(item), output_index)),
    { type, response },
  ]
  return events.map((event, sequence_number) => ({ ...event, sequence_number }))
}

function itemEvents(item: JsonObject, output_index: number): readonly JsonObject[] {
  const place = { output_index, item_id: item.id ?? '' }
  const added = (fields: JsonObject = {}) => ({
    type: 'response.output_item.added',
    output_index,
    item: { ...item, ...fields },
  })
  const done = { type: 'response.output_item.done', output_index, item }
  if (item.type === 'message') {
    const parts = list(item.content).flatMap((part, content_index) =>
      partEvents(object(part), { ...place, content_index }),
    )
    return [added({ content: [], status: 'in_progress' }), ...parts, done]
  }
  if (item.type !== 'function_call') return [added(), done]
  const { name = '', arguments: text = '' } = item
  return [
    added({ arguments: '', status: 'in_progress' }),
    { type: 'response.function_call_arguments.delta', ...place, delta: text },
    { type: 'response.function_call_arguments.done', ...place, name, arguments: text },
    done,
  ]
}

function partEvents(part: JsonObject, place: JsonObject): readonly JsonObject[] {
  const isText = part.type === 'output_text'
  const name = isText ? 'response.output_text' : 'response.refusal'
  const field = isText ? 'text' : 'refusal'
  const said = part[field] ?? ''
  const more = isText ? { logprobs: [] } : {}
  return [
    { type: 'response.content_part.added', ...place, part: { ...part, [field]: '' } },
    { type: `${name}.delta`, ...place, delta: said, ...more },
    { type: `${name}.done`, ...place, [field]: said, ...more },
    { type: 'response.content_part.done', ...place, part },
  ]
}
