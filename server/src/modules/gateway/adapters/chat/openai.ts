/** The adapter for any server of OpenAI's wire: answers pass through unchanged, and usage is read from them. */
import type { JsonObject } from '@muster/contract/values'
import type {
  AdapterCall,
  Delta,
  ProviderRequest,
  SseEvent,
  StreamReader,
  StreamStep,
  WireAdapter,
} from '../../gateway.types.ts'
import { ProviderFailure, type Usage } from '../../gateway.types.ts'
import { list, object, usageOfOpenai } from '../../rules/usage.ts'
import { parsedEvent } from '../streams/parsed-event.ts'

const paths = { chat: '/chat/completions', embeddings: '/embeddings' } as const

export const openaiAdapter: WireAdapter = {
  wires: ['chat', 'embeddings'],

  request(adapterCall, key): ProviderRequest {
    const path = paths[adapterCall.wire === 'embeddings' ? 'embeddings' : 'chat']
    const headers = { ...passedHeaders(adapterCall.headers), ...authorization(key) }
    return { method: 'POST', path, headers, body: bodyFor(adapterCall) }
  },

  answer(adapterCall, answerBody) {
    const body = object(answerBody)
    const items = adapterCall.wire === 'embeddings' ? body.data : body.choices
    if (!Array.isArray(items)) throw new ProviderFailure('malformed', 'The provider’s response has no content.')
    return { body, usage: usageOf(adapterCall, body.usage) }
  },

  reader: createReader,

  problem: (body) => {
    const { error } = object(body)
    const message = typeof error === 'string' ? error : (object(error).message ?? object(body).message)
    return typeof message === 'string' ? message : undefined
  },

  unsupported: ({ wire, stream }, refusal) =>
    stream && wire === 'chat' && refusal.includes('stream_options') ? 'no_stream_options' : undefined,

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
function bodyFor({ body, model, stream, wire, unsupported }: AdapterCall): JsonObject {
  if (!stream || wire !== 'chat') return { ...body, model }
  const { stream_options: _options, ...rest } = body
  if (unsupported?.has('no_stream_options')) return { ...rest, model }
  return { ...body, model, stream_options: { ...object(body.stream_options), include_usage: true } }
}

/** Embeddings have no output; some servers leave its number out. */
function usageOf({ wire }: AdapterCall, usage: unknown): Usage | undefined {
  return usageOfOpenai(wire === 'embeddings' ? { completion_tokens: 0, ...object(usage) } : usage)
}

const last_word = 'data: [DONE]\n\n'

function createReader({ body }: AdapterCall): StreamReader {
  const wants_usage = object(body.stream_options).include_usage === true
  let usage: Usage | undefined
  const choices_wanted = typeof body.n === 'number' ? body.n : 1
  const finishedChoices = new Set<unknown>()
  let isDone = false
  const isComplete = (): boolean => isDone || finishedChoices.size >= choices_wanted

  function read(event: SseEvent): StreamStep {
    if (event.data.trim() === '[DONE]') {
      isDone = true
      return { out: last_word, content: false, done: true, deltas: [] }
    }
    const chunk = parsedEvent(event)
    if (chunk.error !== undefined && chunk.error !== null)
      throw new ProviderFailure('broken', openaiAdapter.problem(chunk) ?? 'The provider ended the stream early.')
    const choices = list(chunk.choices)
    // Cumulative usage comes with every chunk: the latest counts.
    usage = usageOfOpenai(chunk.usage) ?? usage
    for (const choice of choices) {
      const { index = 0, finish_reason } = object(choice)
      if (typeof finish_reason === 'string') finishedChoices.add(index)
    }
    const out = isDone ? '' : chunkText(event, chunk, wants_usage)
    return { out, content: choices.some(hasContent), done: false, deltas: choices.flatMap(deltasIn) }
  }

  // Before its end a stream's usage is only what it has cost so far.
  return {
    read,
    usage: () => (isComplete() ? usage : undefined),
    usageSoFar: () => usage,
    end: () => (isComplete() ? last_word : undefined),
  }
}

/** The chunk as it came, without usage where the client did not ask for it. */
function chunkText({ event, data }: SseEvent, chunk: JsonObject, wants_usage: boolean): string {
  const name = event === undefined ? '' : `event: ${event}\n`
  if (wants_usage || !('usage' in chunk)) return `${name}${dataLines(data)}\n`
  const { usage: _usage, ...rest } = chunk
  return list(chunk.choices).length === 0 ? '' : `${name}data: ${JSON.stringify(rest)}\n\n`
}

const dataLines = (data: string): string =>
  `${data
    .split('\n')
    .map((line) => `data: ${line}\n`)
    .join('')}`

/** The generated text of a choice's chunk, under the field names that servers of this wire use. */
function deltasIn(choice: unknown): readonly Delta[] {
  const { index, delta, text } = object(choice)
  const voice = Number(index ?? 0)
  const { content, refusal, reasoning_content, reasoning, tool_calls } = object(delta)
  const deltas = (kind: Delta['kind'], value: unknown): readonly Delta[] =>
    typeof value === 'string' && value !== '' ? [{ kind, voice, text: value }] : []
  const calls = list(tool_calls).map((call) => {
    const { index: of, function: toolFunction } = object(call)
    const { arguments: text } = object(toolFunction)
    return { kind: 'call' as const, voice: Number(of ?? 0), text: typeof text === 'string' ? text : '' }
  })
  const texts = [text, content, refusal].flatMap((one) => deltas('text', one))
  return [...texts, ...deltas('thought', reasoning_content ?? reasoning), ...calls]
}

/** More than the role, which servers send at once: words, a tool call, or the end. */
function hasContent(choice: unknown): boolean {
  const { delta, finish_reason, text } = object(choice)
  if (typeof finish_reason === 'string' || typeof text === 'string') return true
  return Object.entries(object(delta)).some(
    ([name, value]) =>
      name !== 'role' && value !== null && value !== '' && !(Array.isArray(value) && value.length === 0),
  )
}
