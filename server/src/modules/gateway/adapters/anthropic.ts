/** The adapter for Anthropic's API: messages pass through unchanged, other wires are translated. */
import type { JsonObject } from '@muster/contract/values'
import { type AdapterCall, ProviderFailure, type Wire, type WireAdapter } from '../gateway.types.ts'
import { list, object, usageOfAnthropic } from '../rules/usage.ts'
import { errorIn, errorMessage } from '../wires/answer-errors.ts'
import { clientWireOf } from '../wires/client-wires.ts'
import { withoutLostThinking } from '../wires/messages/lost-thinking.ts'
import { messagesWire } from '../wires/messages/messages-wire.ts'
import { withoutForeignMarks } from '../wires/messages/own-marks.ts'
import { writeMessagesRequest } from '../wires/messages/write-request.ts'
import { passedMessagesStream } from './passed-messages-stream.ts'
import { translatedAnswer, translatedStream } from './translated-answer.ts'

const version = '2023-06-01'

export const anthropicAdapter: WireAdapter = {
  wires: ['messages', 'chat', 'responses', 'completions'],

  request: (adapterCall, key) => ({
    method: 'POST',
    path: '/v1/messages',
    headers: headersFor(adapterCall.headers, key),
    body: bodyFor(adapterCall),
  }),

  answer(adapterCall, answerBody) {
    const body = object(answerBody)
    if (adapterCall.wire !== 'messages') return translatedAnswer(translationOf(adapterCall.wire), adapterCall, body)
    const error = errorIn(body)
    if (error) throw error
    if (!Array.isArray(body.content)) throw new ProviderFailure('malformed', 'The provider’s response has no content.')
    return { body, usage: usageOfAnthropic(body.usage) }
  },

  reader: (adapterCall) =>
    adapterCall.wire === 'messages'
      ? passedMessagesStream()
      : translatedStream(translationOf(adapterCall.wire), adapterCall),

  problem: errorMessage,

  modelsRequest: (key) => ({ method: 'GET', path: '/v1/models?limit=200', headers: headersFor({}, key) }),
  models: (body) =>
    list(object(body).data).flatMap((one) => {
      const { id } = object(one)
      return typeof id === 'string' ? [id] : []
    }),
}

const translationOf = (wire: Wire) => ({ client: clientWireOf(wire), provider: messagesWire })

/** Messages as the client sent them, but for what other kinds of providers left in them. */
function bodyFor({ wire, body, model, stream, output_tokens_max }: AdapterCall): JsonObject {
  if (wire === 'messages') return { ...withoutLostThinking(withoutForeignMarks(body)), model }
  const options = { model, stream, output_tokens_max }
  return withoutLostThinking(writeMessagesRequest(clientWireOf(wire).readRequest(body), options))
}

function headersFor(clientHeaders: AdapterCall['headers'], key: string | undefined): Record<string, string> {
  const beta = clientHeaders['anthropic-beta']
  return {
    'anthropic-version': clientHeaders['anthropic-version'] ?? version,
    ...(beta === undefined ? {} : { 'anthropic-beta': beta }),
    ...(key === undefined ? {} : { 'x-api-key': key }),
  }
}
