/** The adapter for Anthropic's API: messages pass through unchanged, chats are translated. */
import type { JsonObject } from '@muster/contract/values'
import {
  type AdapterCall,
  ProviderFailure,
  type SseEvent,
  type StreamReader,
  type StreamStep,
  type WireAdapter,
} from '../../gateway.types.ts'
import { list, object, usageOfAnthropic } from '../../rules/usage.ts'
import { parsedEvent } from '../streams/parsed-event.ts'
import { chatAnswer, createChatChunks, deltasIn } from './anthropic-reply.ts'
import { messagesBody } from './anthropic-request.ts'

const version = '2023-06-01'

export const anthropicAdapter: WireAdapter = {
  wires: ['messages', 'chat'],

  request: (adapterCall, key) => ({
    method: 'POST',
    path: '/v1/messages',
    headers: headersFor(adapterCall.headers, key),
    body:
      adapterCall.wire === 'messages' ? { ...adapterCall.body, model: adapterCall.model } : messagesBody(adapterCall),
  }),

  answer({ wire }, answerBody) {
    const body = object(answerBody)
    if (!Array.isArray(body.content)) throw new ProviderFailure('malformed', 'The provider’s response has no content.')
    const usage = usageOfAnthropic(body.usage)
    return { body: wire === 'messages' ? body : chatAnswer(body, usage), usage }
  },

  reader: createReader,

  problem: (body) => {
    const { message } = object(object(body).error)
    return typeof message === 'string' ? message : undefined
  },

  modelsRequest: (key) => ({ method: 'GET', path: '/v1/models?limit=200', headers: headersFor({}, key) }),
  models: (body) =>
    list(object(body).data).flatMap((one) => {
      const { id } = object(one)
      return typeof id === 'string' ? [id] : []
    }),
}

function headersFor(clientHeaders: AdapterCall['headers'], key: string | undefined): Record<string, string> {
  const beta = clientHeaders['anthropic-beta']
  return {
    'anthropic-version': clientHeaders['anthropic-version'] ?? version,
    ...(beta === undefined ? {} : { 'anthropic-beta': beta }),
    ...(key === undefined ? {} : { 'x-api-key': key }),
  }
}

const last_event = { type: 'message_stop' }
const last_word = `event: message_stop\ndata: ${JSON.stringify(last_event)}\n\n`

function createReader(adapterCall: AdapterCall): StreamReader {
  const chunks = adapterCall.wire === 'chat' ? createChatChunks(adapterCall) : undefined
  let reportedUsage: JsonObject = {}
  let hasStopped = false
  const usage = () => (hasStopped ? usageOfAnthropic(reportedUsage) : undefined)
  return {
    usage,
    usageSoFar: () => usageOfAnthropic(reportedUsage),
    read(event) {
      const value = parsedEvent(event)
      if (value.type === 'error')
        throw new ProviderFailure('broken', anthropicAdapter.problem(value) ?? 'The provider ended the stream early.')
      // Both events report all tokens so far; the later one wins where it has a number.
      reportedUsage = {
        ...reportedUsage,
        ...present(object(object(value.message).usage)),
        ...present(object(value.usage)),
      }
      hasStopped ||= typeof object(value.delta).stop_reason === 'string' || value.type === 'message_stop'
      return chunks ? chunks(value, usage()) : passThrough(event, value)
    },
    end() {
      if (!hasStopped) return undefined
      return chunks ? chunks(last_event, usage()).out : last_word
    },
  }
}

function present(fields: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== null))
}

const openings: readonly unknown[] = ['message_start', 'content_block_start', 'ping']

function passThrough({ event, data }: SseEvent, value: JsonObject): StreamStep {
  const { type } = value
  const out = `event: ${event ?? String(type)}\ndata: ${data}\n\n`
  return { out, content: !openings.includes(type), done: type === 'message_stop', deltas: deltasIn(value) }
}
