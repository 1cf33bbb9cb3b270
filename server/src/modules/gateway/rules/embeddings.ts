/**
 * Checks embeddings of OpenAI's wire against their request: one vector for each input, in its order, of the length and in
 * the encoding that were asked for. Some servers know one encoding only.
 */
import type { Json, JsonObject } from '@muster/contract/values'
import { ProviderFailure, type WireAnswer } from '../gateway.types.ts'
import { list, object } from './usage.ts'

/**
 * The answer as it came where it fits. Throws `ProviderFailure` with the usage that was told where vectors are missing,
 * too many or none, or of a length that was not asked for.
 */
export function checkedEmbeddings(request: JsonObject, { body, usage }: WireAnswer): JsonObject {
  try {
    return fittingEmbeddings(request, body)
  } catch (error) {
    if (!(error instanceof ProviderFailure) || !usage) throw error
    throw new ProviderFailure(error.outcome, error.message, { usage })
  }
}

function fittingEmbeddings(request: JsonObject, answer: JsonObject): JsonObject {
  const items = list(answer.data).map(object)
  const count = inputCount(request.input)
  if (items.length !== count) throw malformed(`The provider returned ${items.length} embeddings for ${count} inputs.`)
  const is_base64 = request.encoding_format === 'base64'
  const ordered = inOrder(items)
  const data = ordered.map((item, index) => {
    const embedding = encoded(item.embedding, is_base64)
    return embedding === item.embedding && item.index === index ? item : { ...item, index, embedding }
  })
  checkLengths(data, request.dimensions)
  const isSame = data.every((item, at) => item === items[at])
  return isSame ? answer : { ...answer, data }
}

const malformed = (message: string): ProviderFailure => new ProviderFailure('malformed', message)

/** All as long as was asked for, or as the first one is. */
function checkLengths(data: readonly JsonObject[], dimensions: Json | undefined): void {
  const lengths = data.map(({ embedding }) => lengthOf(embedding))
  const wanted = typeof dimensions === 'number' ? dimensions : lengths[0]
  const other = lengths.find((length) => length !== wanted)
  if (other === undefined) return
  if (typeof dimensions === 'number')
    throw malformed(`The provider returned an embedding of ${other} dimensions where ${wanted} were requested.`)
  throw malformed(`The provider returned embeddings of different lengths: ${wanted} and ${other} dimensions.`)
}

const lengthOf = (embedding: Json | undefined): number =>
  typeof embedding === 'string' ? Buffer.byteLength(embedding, 'base64') / float_bytes : list(embedding).length

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

/** Base64 is that of the vector's bytes as little-endian 32-bit floats. */
function encoded(embedding: Json | undefined, is_base64: boolean): Json {
  if (Array.isArray(embedding) && embedding.length > 0 && embedding.every((value) => typeof value === 'number'))
    return is_base64 ? base64Of(embedding) : embedding
  if (typeof embedding !== 'string' || embedding === '')
    throw malformed('The provider’s response has an embedding that is no vector.')
  const bytes = Buffer.from(embedding, 'base64')
  if (bytes.length === 0 || bytes.length % float_bytes !== 0)
    throw malformed('The provider’s response has an embedding that is not base64 of floats.')
  return is_base64 ? embedding : numbersOf(bytes)
}

function base64Of(vector: readonly number[]): string {
  const bytes = Buffer.alloc(vector.length * float_bytes)
  for (const [at, value] of vector.entries()) bytes.writeFloatLE(value, at * float_bytes)
  return bytes.toString('base64')
}

const numbersOf = (bytes: Buffer): readonly number[] =>
  Array.from({ length: bytes.length / float_bytes }, (_item, at) => bytes.readFloatLE(at * float_bytes))
