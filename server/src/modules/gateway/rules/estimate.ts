/** What a call may take in tokens, before it is made: an estimate on the safe side. The provider's usage settles. */
import type { Json, JsonObject } from '@muster/contract/values'
import type { BodySize, Wire } from '../gateway.types.ts'
import { mediaIn } from './media.ts'
import { isObject, list, object } from './usage.ts'

/** Common tokenizers take 3 to 5 bytes of prose for a token, and fewer of code and digits. */
const bytes_per_token = 3
const tokens_per_message = 8

export interface Estimate {
  readonly input_tokens: number
  readonly output_tokens: number
  /** Writes to Anthropic's cache cost more where they are kept for an hour. */
  readonly caches_for_hour: boolean
  readonly size: BodySize
}

export function estimateOf(wire: Wire, body: JsonObject, output_tokens_max: number): Estimate {
  const { input_tokens, caches_for_hour, ...size } = measureBody(body)
  if (wire === 'embeddings') return { input_tokens, output_tokens: 0, caches_for_hour, size }
  const requestedTokens = wholeNumbers(body, outputFields[wire])
  const perChoice = requestedTokens.length > 0 ? Math.max(...requestedTokens) : output_tokens_max
  return { input_tokens, output_tokens: perChoice * choiceCount(wire, body), caches_for_hour, size }
}

/**
 * Where each wire says how long an answer may become. Fields of another wire mean nothing to a server; of two in one wire
 * a server may know either.
 */
const outputFields: Readonly<Record<Exclude<Wire, 'embeddings'>, readonly string[]>> = {
  chat: ['max_completion_tokens', 'max_tokens'],
  messages: ['max_tokens'],
  responses: ['max_output_tokens'],
  completions: ['max_tokens'],
}

function choiceCount(wire: Wire, body: JsonObject): number {
  if (wire !== 'chat' && wire !== 'completions') return 1
  const choices = Math.max(1, ...wholeNumbers(body, ['n', 'best_of']))
  return wire === 'completions' ? choices * promptCount(body.prompt) : choices
}

const wholeNumbers = (body: JsonObject, names: readonly string[]): readonly number[] =>
  names
    .map((name) => body[name])
    .filter((value) => typeof value === 'number')
    .filter((value) => Number.isSafeInteger(value) && value >= 1)

/** Of completions; a list of numbers is one prompt, as ids of its tokens. */
export function promptCount(prompt: Json | undefined): number {
  return Array.isArray(prompt) && typeof prompt[0] !== 'number' ? Math.max(1, prompt.length) : 1
}

/**
 * Walks the body with a stack of its own: texts count by their bytes, media of content parts by their kind, ids of
 * tokens as one each. Arguments of calls are words to the model, whatever they look like.
 */
function measureBody(body: JsonObject): BodySize & Pick<Estimate, 'input_tokens' | 'caches_for_hour'> {
  let [bytes, characters, values] = [0, 0, 0]
  let caches_for_hour = false
  let tokens = (list(body.messages).length + list(body.input).filter(isObject).length) * tokens_per_message
  const stack: unknown[] = [body]
  const places: Place[] = ['conversation']
  const readFields = new Map<JsonObject, string>()
  for (let place = places.pop(); place !== undefined; place = places.pop()) {
    const next = stack.pop()
    values += 1
    if (typeof next === 'string') {
      characters += next.length
      if (place !== 'media') bytes += Buffer.byteLength(next)
    } else if (typeof next === 'number') tokens += 1
    else if (typeof next === 'bigint') bytes += String(next).length
    else if (Array.isArray(next))
      for (const item of next) {
        stack.push(item)
        places.push(place)
      }
    else if (typeof next === 'object' && next !== null) {
      const fields = object(next)
      const media = place === 'conversation' ? mediaIn(fields) : undefined
      tokens += media?.tokens ?? 0
      if (media?.data) readFields.set(media.data.holder, media.data.field)
      caches_for_hour ||= object(fields.cache_control).ttl === '1h'
      for (const [key, value] of Object.entries(fields)) {
        bytes += key.length
        characters += key.length
        values += 1
        stack.push(value)
        places.push(readFields.get(fields) === key ? 'media' : placeOf(place, fields, key))
      }
    }
  }
  return { input_tokens: tokens + Math.ceil(bytes / bytes_per_token), caches_for_hour, characters, values }
}

/** Where a value stands: only content parts of a conversation are media, and the one text that was read of them was counted. */
type Place = 'conversation' | 'words' | 'media'

/** What calls and tools hold is given to the model as JSON. */
function placeOf(place: Place, { type }: JsonObject, key: string): Place {
  if (place !== 'conversation') return place
  return key === 'tools' || key === 'arguments' || (type === 'tool_use' && key === 'input') ? 'words' : place
}

/** The size of a body, for the estimate of a bounded function. */
export function sizeOf(body: JsonObject): BodySize {
  const { characters, values } = measureBody(body)
  return { characters, values }
}
