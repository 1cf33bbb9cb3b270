/** The adapter for Anthropic's API: messages pass through unchanged, chats are translated. */
import type { JsonObject } from '@muster/contract/values'
import {
  type Asked,
  ProviderFailure,
  type SseEvent,
  type StreamReader,
  type StreamStep,
  type WireAdapter,
} from '../gateway.types.ts'
import { list, object, usageOfAnthropic } from '../rules/usage.ts'
import { chatAnswer, createChatChunks, deltasIn } from './anthropic-reply.ts'
import { messagesBody } from './anthropic-request.ts'
import { parsedEvent } from './parsed-event.ts'

const version = '2023-06-01'

export const anthropicAdapter: WireAdapter = {
  wires: ['messages', 'chat'],

  request: (asked, key) => ({
    method: 'POST',
    path: '/v1/messages',
    headers: headersFor(asked.headers, key),
    body: asked.wire === 'messages' ? { ...asked.body, model: asked.model } : messagesBody(asked),
  }),

  answer({ wire }, given) {
    const body = object(given)
    if (!Array.isArray(body.content)) throw new ProviderFailure('malformed', 'The provider’s response has no content.')
    const usage = usageOfAnthropic(body.usage)
    return { body: wire === 'messages' ? body : chatAnswer(body, usage), usage }
  },

  reader: createReader,

  problem: (body) => {
    const { message } = object(object(body).error)
    return typeof message === 'string' ? message : undefined
  },

  listing: (key) => ({ method: 'GET', path: '/v1/models?limit=200', headers: headersFor({}, key) }),
  models: (body) =>
    list(object(body).data).flatMap((one) => {
      const { id } = object(one)
      return typeof id === 'string' ? [id] : []
    }),
}

function headersFor(given: Asked['headers'], key: string | undefined): Record<string, string> {
  const beta = given['anthropic-beta']
  return {
    'anthropic-version': given['anthropic-version'] ?? version,
    ...(beta === undefined ? {} : { 'anthropic-beta': beta }),
    ...(key === undefined ? {} : { 'x-api-key': key }),
  }
}

const last_event = { type: 'message_stop' }
const last_word = `event: message_stop\ndata: ${JSON.stringify(last_event)}\n\n`

function createReader(asked: Asked): StreamReader {
  const chunks = asked.wire === 'chat' ? createChatChunks(asked) : undefined
  let told: JsonObject = {}
  let stopped = false
  const usage = () => (stopped ? usageOfAnthropic(told) : undefined)
  return {
    usage,
    usageSoFar: () => usageOfAnthropic(told),
    read(event) {
      const value = parsedEvent(event)
      if (value.type === 'error')
        throw new ProviderFailure('broken', anthropicAdapter.problem(value) ?? 'The provider ended the stream early.')
      // Both events report all tokens so far; the later one wins where it has a number.
      told = { ...told, ...present(object(object(value.message).usage)), ...present(object(value.usage)) }
      stopped ||= typeof object(value.delta).stop_reason === 'string' || value.type === 'message_stop'
      return chunks ? chunks(value, usage()) : passedOn(event, value)
    },
    end() {
      if (!stopped) return undefined
      return chunks ? chunks(last_event, usage()).out : last_word
    },
  }
}

function present(fields: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== null))
}

const openings: readonly unknown[] = ['message_start', 'content_block_start', 'ping']

function passedOn({ event, data }: SseEvent, value: JsonObject): StreamStep {
  const { type } = value
  const out = `event: ${event ?? String(type)}\ndata: ${data}\n\n`
  return { out, content: !openings.includes(type), done: type === 'message_stop', deltas: deltasIn(value) }
}
