/** The adapter for any server of OpenAI's wire: answers pass through unchanged, or are translated for other clients. */
import type { JsonObject } from '@muster/contract/values'
import type { AdapterCall, ProviderRequest, WireAdapter } from '../gateway.types.ts'
import { ProviderFailure, type Usage } from '../gateway.types.ts'
import { list, object, usageOfOpenai } from '../rules/usage.ts'
import { errorIn } from '../wires/answer-errors.ts'
import { withCallIds } from '../wires/chat/call-numbers.ts'
import { chatWire } from '../wires/chat/chat-wire.ts'
import { withoutMarks } from '../wires/chat/own-marks.ts'
import { writeChatRequest } from '../wires/chat/write-request.ts'
import { clientWires } from '../wires/client-wires.ts'
import { passedChatStream } from './passed-chat-stream.ts'
import { translatedAnswer, translatedStream } from './translated-answer.ts'

const paths = { chat: '/chat/completions', embeddings: '/embeddings' } as const
const translation = { client: clientWires.messages, provider: chatWire }

export const openaiAdapter: WireAdapter = {
  wires: ['chat', 'embeddings', 'messages'],

  request(adapterCall, key): ProviderRequest {
    const path = paths[adapterCall.wire === 'embeddings' ? 'embeddings' : 'chat']
    const headers = { ...passedHeaders(adapterCall.headers), ...authorization(key) }
    return { method: 'POST', path, headers, body: bodyFor(adapterCall) }
  },

  answer(adapterCall, answerBody) {
    const body = object(answerBody)
    const { wire } = adapterCall
    if (wire === 'messages') return translatedAnswer(translation, adapterCall, body)
    const items = wire === 'embeddings' ? body.data : body.choices
    const error = errorIn(answerBody)
    if (error) throw error
    if (!Array.isArray(items)) throw new ProviderFailure('malformed', 'The provider’s response has no content.')
    const passed = wire === 'chat' ? withCallIds(body) : body
    return { body: passed, usage: usageOf(adapterCall, body.usage) }
  },

  reader: (adapterCall) =>
    adapterCall.wire === 'messages' ? translatedStream(translation, adapterCall) : passedChatStream(adapterCall),

  problem: (body) => {
    const { error } = object(body)
    const message = typeof error === 'string' ? error : (object(error).message ?? object(body).message)
    return typeof message === 'string' ? message : undefined
  },

  unsupported({ wire, stream }, refusal) {
    if (wire === 'messages' && refusal.includes('max_completion_tokens')) return 'max_completion_tokens'
    return stream && wire !== 'embeddings' && refusal.includes('stream_options') ? 'no_stream_options' : undefined
  },

  modelsRequest: (key) => ({ method: 'GET', path: '/models', headers: authorization(key) }),
  models: (body) => list(object(body).data).flatMap((one) => textOf(object(one).id)),
}

const textOf = (value: unknown): readonly string[] => (typeof value === 'string' ? [value] : [])
const authorization = (key: string | undefined): Record<string, string> =>
  key === undefined ? {} : { authorization: `Bearer ${key}` }

function passedHeaders({ 'openai-beta': beta }: AdapterCall['headers']): Record<string, string> {
  return beta === undefined ? {} : { 'openai-beta': beta }
}

/** As the client sent it, but for the model's name and, of streams, their usage, which is always asked for. */
function bodyFor(adapterCall: AdapterCall): JsonObject {
  const { body, model, stream, wire, unsupported } = adapterCall
  const asks_usage = !unsupported?.has('no_stream_options')
  if (wire === 'messages') {
    const max_field = unsupported?.has('max_completion_tokens') ? 'max_completion_tokens' : 'max_tokens'
    return writeChatRequest(clientWires.messages.readRequest(body), { model, stream, max_field, asks_usage })
  }
  if (wire === 'embeddings') return { ...body, model }
  const passed = withoutMarks(body)
  if (!stream) return { ...passed, model }
  const { stream_options: _options, ...rest } = passed
  if (!asks_usage) return { ...rest, model }
  return { ...passed, model, stream_options: { ...object(body.stream_options), include_usage: true } }
}

/** Embeddings have no output; some servers leave its number out. */
function usageOf({ wire }: AdapterCall, usage: unknown): Usage | undefined {
  return usageOfOpenai(wire === 'embeddings' ? { completion_tokens: 0, ...object(usage) } : usage)
}
