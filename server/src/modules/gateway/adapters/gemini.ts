/**
 * The adapter for Gemini's own API. Its OpenAI-compatible address is a provider of the kind `openai`.
 */
import type { AdapterCall, WireAdapter } from '../gateway.types.ts'
import { list, object } from '../rules/usage.ts'
import { errorIn, errorMessage } from '../wires/answer-errors.ts'
import { clientWireOf } from '../wires/client-wires.ts'
import { geminiWire } from '../wires/gemini/read-answer.ts'
import { writeGeminiRequest } from '../wires/gemini/write-request.ts'
import { embeddingsAnswer, embeddingsBody } from './gemini-embeddings.ts'
import { translatedAnswer, translatedStream } from './translated-answer.ts'

export const geminiAdapter: WireAdapter = {
  wires: ['chat', 'embeddings', 'messages', 'responses', 'completions'],

  request(adapterCall, key) {
    const model = `/models/${encodeURIComponent(adapterCall.model)}`
    const post = { method: 'POST', headers: headersFor(key) } as const
    if (adapterCall.wire === 'embeddings')
      return { ...post, path: `${model}:batchEmbedContents`, body: embeddingsBody(adapterCall) }
    const method = adapterCall.stream ? 'streamGenerateContent?alt=sse' : 'generateContent'
    const conversation = clientWireOf(adapterCall.wire).readRequest(adapterCall.body)
    return { ...post, path: `${model}:${method}`, body: writeGeminiRequest(conversation, adapterCall) }
  },

  answer(adapterCall, answerBody) {
    const body = object(Array.isArray(answerBody) ? answerBody[0] : answerBody)
    if (adapterCall.wire !== 'embeddings') return translatedAnswer(translationOf(adapterCall), adapterCall, body)
    const error = errorIn(body)
    if (error) throw error
    return embeddingsAnswer(adapterCall, body)
  },

  reader: (adapterCall) => translatedStream(translationOf(adapterCall), adapterCall),

  problem: errorMessage,

  modelsRequest: (key) => ({ method: 'GET', path: '/models?pageSize=200', headers: headersFor(key) }),
  models: (body) =>
    list(object(body).models).flatMap((one) => {
      const { name } = object(one)
      return typeof name === 'string' ? [name.replace(/^models\//, '')] : []
    }),
}

const translationOf = ({ wire }: AdapterCall) => ({ client: clientWireOf(wire), provider: geminiWire })

const headersFor = (key: string | undefined): Record<string, string> =>
  key === undefined ? {} : { 'x-goog-api-key': key }
