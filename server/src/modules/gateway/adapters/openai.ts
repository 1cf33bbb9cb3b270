/** The adapter for any server of OpenAI's wire: answers pass through unchanged, or are translated for other clients. */
import type { JsonObject } from '@muster/contract/values'
import type { AdapterCall, ProviderRequest, Refusal, Wire, WireAdapter } from '../gateway.types.ts'
import { ProviderFailure, type Usage } from '../gateway.types.ts'
import { list, object, usageOfOpenai } from '../rules/usage.ts'
import { errorIn, errorMessage } from '../wires/answer-errors.ts'
import { withCallIds } from '../wires/chat/call-numbers.ts'
import { chatWire } from '../wires/chat/chat-wire.ts'
import { withoutMarks } from '../wires/chat/own-marks.ts'
import { writeChatRequest } from '../wires/chat/write-request.ts'
import { clientWireOf } from '../wires/client-wires.ts'
import { withoutOwnItems } from '../wires/responses/own-marks.ts'
import { passedChatStream } from './passed-chat-stream.ts'
import { passedResponsesStream } from './passed-responses-stream.ts'
import { translatedAnswer, translatedStream } from './translated-answer.ts'

const paths: Readonly<Record<Wire, string>> = {
  chat: '/chat/completions',
  messages: '/chat/completions',
  embeddings: '/embeddings',
  responses: '/responses',
  completions: '/completions',
}

/** Endpoints that many servers of this wire do not have: then they are asked for a chat. */
const missing = { responses: 'no_responses', completions: 'no_completions' } as const

function isTranslated({ wire, unsupported }: AdapterCall): boolean {
  if (wire === 'responses' || wire === 'completions') return unsupported?.has(missing[wire]) ?? false
  return wire === 'messages'
}

const translationOf = ({ wire }: AdapterCall) => ({ client: clientWireOf(wire), provider: chatWire })

export const openaiAdapter: WireAdapter = {
  wires: ['chat', 'embeddings', 'messages', 'responses', 'completions'],

  request(adapterCall, key): ProviderRequest {
    const path = paths[isTranslated(adapterCall) ? 'chat' : adapterCall.wire]
    const headers = { ...passedHeaders(adapterCall.headers), ...authorization(key) }
    return { method: 'POST', path, headers, body: bodyFor(adapterCall) }
  },

  answer(adapterCall, answerBody) {
    const body = object(answerBody)
    const { wire } = adapterCall
    if (isTranslated(adapterCall)) return translatedAnswer(translationOf(adapterCall), adapterCall, body)
    const items = { embeddings: body.data, responses: body.output }[String(wire)] ?? body.choices
    const error = errorIn(answerBody)
    if (error) throw error
    if (!Array.isArray(items)) throw new ProviderFailure('malformed', 'The provider’s response has no content.')
    const passed = wire === 'chat' ? withCallIds(body) : body
    return { body: passed, usage: usageOf(adapterCall, body.usage) }
  },

  reader(adapterCall) {
    if (isTranslated(adapterCall)) return translatedStream(translationOf(adapterCall), adapterCall)
    return adapterCall.wire === 'responses' ? passedResponsesStream() : passedChatStream(adapterCall)
  },

  problem: errorMessage,

  unsupported(adapterCall, refusal) {
    const { wire, stream } = adapterCall
    if (wire in missing && !isTranslated(adapterCall) && isMissing(refusal, paths[wire]))
      return wire === 'responses' ? missing.responses : missing.completions
    const { status, text } = refusal
    if (status !== 400 && status !== 422) return undefined
    if (isTranslated(adapterCall) && text.includes('max_completion_tokens')) return 'max_completion_tokens'
    if (isTranslated(adapterCall) && isThoughtRefused(text)) return 'no_reasoning_content'
    return stream && wire !== 'embeddings' && text.includes('stream_options') ? 'no_stream_options' : undefined
  },

  modelsRequest: (key) => ({ method: 'GET', path: '/models', headers: authorization(key) }),
  models: (body) => list(object(body).data).flatMap((one) => textOf(object(one).id)),
}

/** A 404 may be the model's as well as the endpoint's. */
const isMissing = ({ status, text }: Refusal, path: string): boolean =>
  status === 405 || status === 501 || (status === 404 && !/model/i.test(withoutAddresses(text, path)))

/** Many servers name the address in a refusal, and that of their API may have the word `models` in it. */
function withoutAddresses(text: string, path: string): string {
  const pieces = text.split(path)
  const last = pieces.pop() ?? ''
  return [...pieces.map(withoutLastWord), last].join(' ')
}

const address_characters_max = 500

const withoutLastWord = (text: string): string =>
  text.slice(0, -address_characters_max) + text.slice(-address_characters_max).replace(/[\w.~%:/-]*$/, '')

/** Servers that want thoughts back name the field, too. */
const isThoughtRefused = (text: string): boolean =>
  text.includes('reasoning_content') && !/missing|passed back|required/i.test(text)

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
  if (isTranslated(adapterCall)) {
    const max_field = unsupported?.has('max_completion_tokens') ? 'max_completion_tokens' : 'max_tokens'
    const without_reasoning = unsupported?.has('no_reasoning_content') ?? false
    const options = { model, stream, max_field, asks_usage, without_reasoning } as const
    return writeChatRequest(clientWireOf(wire).readRequest(body), options)
  }
  if (wire === 'embeddings') return { ...body, model }
  if (wire === 'responses') return { ...withoutOwnItems(body), model }
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
