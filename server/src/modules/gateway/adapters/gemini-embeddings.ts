/** Translates embeddings between OpenAI's wire and Gemini's. */
import type { Json, JsonObject } from '@muster/contract/values'
import { type AdapterCall, ProviderFailure, type WireAnswer } from '../gateway.types.ts'
import { list, no_usage, object, openaiUsage, usageOfGemini } from '../rules/usage.ts'
import { refusedAt } from '../wires/fields.ts'

export function embeddingsBody({ body, model }: AdapterCall): JsonObject {
  const inputs = typeof body.input === 'string' ? [body.input] : list(body.input)
  const dimensions = typeof body.dimensions === 'number' && { outputDimensionality: body.dimensions }
  return { requests: inputs.map((input) => ({ ...embeddingRequest(model, input), ...dimensions })) }
}

function embeddingRequest(model: string, text: Json): JsonObject {
  if (typeof text !== 'string') throw refusedAt('input', 'this model supports texts, not token IDs.')
  return { model: `models/${model}`, content: { parts: [{ text }] } }
}

export function embeddingsAnswer({ body, model }: AdapterCall, answerBody: JsonObject): WireAnswer {
  const vectors = list(answerBody.embeddings).map((one) => list(object(one).values))
  if (vectors.length === 0) throw new ProviderFailure('malformed', 'The provider’s response has no embeddings.')
  const as_base64 = body.encoding_format === 'base64'
  const data = vectors.map((vector, index) => ({
    object: 'embedding',
    index,
    embedding: as_base64 ? Buffer.from(Float32Array.from(vector, Number).buffer).toString('base64') : vector,
  }))
  // Some models of Gemini report no usage: the hold is charged and the client gets no usage.
  const usage = usageOfGemini(answerBody.usageMetadata)
  const { prompt_tokens, total_tokens } = openaiUsage(usage ?? no_usage)
  return { body: { object: 'list', model, data, usage: { prompt_tokens, total_tokens } }, usage }
}
