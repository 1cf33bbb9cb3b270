/**
 * Checks embeddings of OpenAI's wire against their request: one vector for each input, in its order, in the encoding and
 * of the length that were asked for. Some servers know one encoding, or one length, only.
 */
import type { Json, JsonObject } from '@muster/contract/values'
import { ProviderFailure, type WireAnswer } from '../gateway.types.ts'
import { list, object } from './usage.ts'

/**
 * The answer as it came where it fits. Throws `ProviderFailure` where vectors are missing, too many, none, or of another
 * length.
 */
export function checkedEmbeddings(request: JsonObject, { body: answer, usage }: WireAnswer): JsonObject {
  const failed = (problem: string) => new ProviderFailure('malformed', problem, { ...(usage && { usage }) })
  const items = list(answer.data).map(object)
  const count = inputCount(request.input)
  if (items.length !== count) throw failed(`The provider returned ${items.length} embeddings for ${count} inputs.`)
  const is_base64 = request.encoding_format === 'base64'
  let dimensions = typeof request.dimensions === 'number' ? request.dimensions : undefined
  const data = inOrder(items).map((item, index) => {
    const length = lengthOf(item.embedding)
    if (length === undefined) throw failed('The provider’s response has an embedding that is no vector.')
    if (!Number.isInteger(length) || length === 0)
      throw failed('The provider’s response has an embedding that is not base64 of floats.')
    dimensions ??= length
    if (length !== dimensions)
      throw failed(`The provider’s response has an embedding of ${length} numbers where ${dimensions} were expected.`)
    const embedding = encoded(item.embedding, is_base64)
    return embedding === item.embedding && item.index === index ? item : { ...item, index, embedding }
  })
  const isSame = data.every((item, at) => item === items[at])
  return isSame ? answer : { ...answer, data }
}

/** A list of numbers is one input, as ids of its tokens. */
function inputCount(input: Json | undefined): number {
  return Array.isArray(input) && typeof input[0] !== 'number' ? input.length : 1
}

/** By their positions where each has another one, else as they came. */
function inOrder(items: readonly JsonObject[]): readonly JsonObject[] {
  const byIndex = new Map(items.map((item) => [item.index, item]))
  const ordered = items.map((_item, at) => byIndex.get(at)).filter((item) => item !== undefined)
  return ordered.length === items.length ? ordered : items
}

const float_bytes = 4

/** How many numbers a vector has, not a whole number for base64 of something else; undefined for what is no vector. */
function lengthOf(embedding: Json | undefined): number | undefined {
  if (typeof embedding === 'string' && embedding !== '') return Buffer.byteLength(embedding, 'base64') / float_bytes
  const isVector = isNumbers(embedding) && embedding.length > 0
  return isVector ? embedding.length : undefined
}

const isNumbers = (value: Json | undefined): value is readonly number[] =>
  Array.isArray(value) && value.every((item) => typeof item === 'number')

/** Base64 is that of the vector's bytes as little-endian 32-bit floats. */
function encoded(embedding: Json | undefined, is_base64: boolean): Json {
  if (isNumbers(embedding)) return is_base64 ? base64Of(embedding) : embedding
  const text = String(embedding)
  return is_base64 ? text : numbersOf(text)
}

function base64Of(vector: readonly number[]): string {
  const bytes = Buffer.alloc(vector.length * float_bytes)
  for (const [at, value] of vector.entries()) bytes.writeFloatLE(value, at * float_bytes)
  return bytes.toString('base64')
}

function numbersOf(text: string): readonly number[] {
  const bytes = Buffer.from(text, 'base64')
  return Array.from({ length: Math.floor(bytes.length / float_bytes) }, (_item, at) =>
    bytes.readFloatLE(at * float_bytes),
  )
}
