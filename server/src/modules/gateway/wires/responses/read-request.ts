/** Reads a request of OpenAI's responses for a provider of another wire. */
import type { JsonObject } from '@muster/contract/values'
import { list, object } from '../../rules/usage.ts'
import type { Conversation } from '../conversation.ts'
import { maybe, numberIn, refusedAt, textIn } from '../fields.ts'
import { readItems } from './read-items.ts'
import { readResponsesTools } from './read-tools.ts'

export function readResponsesRequest(body: JsonObject): Conversation {
  const { system, turns } = readItems(body.input)
  const instructions = textIn(body.instructions) ?? ''
  const user = textIn(body.user) ?? textIn(body.safety_identifier)
  return {
    system: instructions === '' ? system : [{ type: 'text', text: instructions, place: 'instructions' }, ...system],
    turns,
    ...readResponsesTools(body),
    ...maybe('output_tokens_max', numberIn(body.max_output_tokens)),
    stop: [],
    sampling: {
      ...maybe('temperature', numberIn(body.temperature)),
      ...maybe('top_p', numberIn(body.top_p)),
    },
    ...formatOf(body),
    ...reasoningOf(body),
    ...maybe('user', user),
    special: specialOf(body),
  }
}

function formatOf(body: JsonObject): Pick<Conversation, 'response_format'> {
  const { type, schema, name, description, strict } = object(object(body.text).format)
  if (type === 'json_object') return { response_format: { type: 'json' } }
  if (type === undefined || type === null || type === 'text') return {}
  if (type !== 'json_schema') throw refusedAt('text.format', `this model does not support ${String(type)}.`)
  return {
    response_format: {
      type: 'schema',
      schema: object(schema),
      ...maybe('name', textIn(name)),
      ...maybe('description', textIn(description)),
      ...(typeof strict === 'boolean' && { strict }),
    },
  }
}

function reasoningOf(body: JsonObject): Pick<Conversation, 'reasoning'> {
  const effort = textIn(object(body.reasoning).effort)
  return effort === undefined ? {} : { reasoning: { effort } }
}

/** What an answer would lack. Other things to include are of tools that only OpenAI's servers run. */
function specialOf(body: JsonObject): JsonObject {
  const asks_logprobs =
    list(body.include).includes('message.output_text.logprobs') || Number(body.top_logprobs ?? 0) > 0
  if (asks_logprobs) throw refusedAt('include', 'this model does not support logprobs.')
  return {}
}
