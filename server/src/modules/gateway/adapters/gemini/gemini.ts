/**
 * The adapter for Gemini's own API, for chats and embeddings. Its OpenAI-compatible address is a provider of the kind
 * `openai`.
 */
import type { Json, JsonObject } from '@muster/contract/values'
import { newId } from '../../../../platform/ids.ts'
import {
  type AdapterCall,
  type Delta,
  ProviderFailure,
  type StreamReader,
  type StreamStep,
  type Usage,
  type WireAdapter,
} from '../../gateway.types.ts'
import { list, object, openaiUsage, usageOfGemini } from '../../rules/usage.ts'
import { parsedEvent } from '../streams/parsed-event.ts'
import { embeddingsAnswer, embeddingsBody } from './gemini-embeddings.ts'
import { contentsBody } from './gemini-request.ts'

export const geminiAdapter: WireAdapter = {
  wires: ['chat', 'embeddings'],

  request(adapterCall, key) {
    const model = `/models/${encodeURIComponent(adapterCall.model)}`
    const post = { method: 'POST', headers: headersFor(key) } as const
    if (adapterCall.wire === 'embeddings')
      return { ...post, path: `${model}:batchEmbedContents`, body: embeddingsBody(adapterCall) }
    const method = adapterCall.stream ? 'streamGenerateContent?alt=sse' : 'generateContent'
    return { ...post, path: `${model}:${method}`, body: contentsBody(adapterCall) }
  },

  answer(adapterCall, answerBody) {
    const body = object(answerBody)
    if (adapterCall.wire === 'embeddings') return embeddingsAnswer(adapterCall, body)
    const reason = reasonOf(body)
    if (reason === undefined) throw new ProviderFailure('malformed', 'The provider’s response is incomplete.')
    const usage = usageOfGemini(body.usageMetadata)
    const { text, calls } = partsOf(body)
    const tool_calls = calls.map((call) => toolCall(call))
    const message = { role: 'assistant', content: text || null, refusal: null, ...(calls.length > 0 && { tool_calls }) }
    const finish_reason = calls.length > 0 ? 'tool_calls' : reason
    const choices = [{ index: 0, message, logprobs: null, finish_reason }]
    const usageFields = usage && { usage: openaiUsage(usage) }
    return { body: { ...headOf(adapterCall, body), object: 'chat.completion', choices, ...usageFields }, usage }
  },

  reader: createReader,

  problem: (body) => {
    // A refused stream answers with a list of one error.
    const { message } = object(object(Array.isArray(body) ? body[0] : body).error)
    return typeof message === 'string' ? message : undefined
  },

  modelsRequest: (key) => ({ method: 'GET', path: '/models?pageSize=200', headers: headersFor(key) }),
  models: (body) =>
    list(object(body).models).flatMap((one) => {
      const { name } = object(one)
      return typeof name === 'string' ? [name.replace(/^models\//, '')] : []
    }),
}

const headersFor = (key: string | undefined): Record<string, string> =>
  key === undefined ? {} : { 'x-goog-api-key': key }

function headOf({ model }: AdapterCall, { responseId, modelVersion }: JsonObject) {
  return {
    id: responseId ?? `chatcmpl-${newId()}`,
    created: Math.floor(Date.now() / 1000),
    model: modelVersion ?? model,
  }
}

const reasons: Readonly<Record<string, string>> = { STOP: 'stop', MAX_TOKENS: 'length' }

/**
 * The finish reason; undefined while the stream goes on. A reason that is neither the end nor the limit means that a
 * filter cut the answer.
 */
function reasonOf(body: JsonObject): string | undefined {
  const { finishReason } = object(list(body.candidates)[0])
  if (typeof finishReason === 'string') return reasons[finishReason] ?? 'content_filter'
  return object(body.promptFeedback).blockReason === undefined ? undefined : 'content_filter'
}

function partsOf(body: JsonObject): { readonly text: string; readonly calls: readonly JsonObject[] } {
  const { content } = object(list(body.candidates)[0])
  const parts = list(object(content).parts).map(object)
  const text = parts
    .filter(({ thought }) => thought !== true)
    .map((part) => (typeof part.text === 'string' ? part.text : ''))
  return { text: text.join(''), calls: parts.filter(({ functionCall }) => functionCall !== undefined) }
}

/** The generated text of an event, thoughts included; `calls` is the number of tool calls before it. */
function deltasIn(body: JsonObject, calls: number): readonly Delta[] {
  const { content } = object(list(body.candidates)[0])
  return list(object(content).parts).map((part, at): Delta => {
    const { text, thought, functionCall } = object(part)
    if (functionCall !== undefined)
      return { kind: 'call', voice: calls + at, text: JSON.stringify(object(functionCall).args ?? {}) }
    return { kind: thought === true ? 'thought' : 'text', voice: 0, text: typeof text === 'string' ? text : '' }
  })
}

function toolCall({ functionCall, thoughtSignature }: JsonObject): { readonly [key: string]: Json } {
  const { id = `call_${newId()}`, name = '', args = {} } = object(functionCall)
  const signatureFields =
    thoughtSignature === undefined ? {} : { extra_content: { google: { thought_signature: thoughtSignature } } }
  return { id, type: 'function', function: { name, arguments: JSON.stringify(args) }, ...signatureFields }
}

function createReader(adapterCall: AdapterCall): StreamReader {
  const wants_usage = object(adapterCall.body.stream_options).include_usage === true
  let head: JsonObject = {}
  let usage: Usage | undefined
  let calls = 0
  let isFinished = false
  const chunk = (choices: readonly JsonObject[], more: JsonObject = {}): string =>
    `data: ${JSON.stringify({ ...head, choices, ...more })}\n\n`
  const deltas = (delta: JsonObject, finish_reason: string | null = null): string =>
    chunk([{ index: 0, delta, finish_reason }])

  function read(event: JsonObject): StreamStep {
    if (event.error !== undefined)
      throw new ProviderFailure('broken', geminiAdapter.problem(event) ?? 'The provider ended the stream early.')
    const out: string[] = []
    if (head.id === undefined) {
      head = { ...headOf(adapterCall, event), object: 'chat.completion.chunk' }
      out.push(deltas({ role: 'assistant', content: '' }))
    }
    // Every event reports all tokens so far: the latest counts.
    usage = usageOfGemini(event.usageMetadata) ?? usage
    const parts = partsOf(event)
    if (parts.text !== '') out.push(deltas({ content: parts.text }))
    for (const call of parts.calls) out.push(deltas({ tool_calls: [{ index: calls++, ...toolCall(call) }] }))
    const reason = reasonOf(event)
    if (reason !== undefined && !isFinished) out.push(deltas({}, calls > 0 ? 'tool_calls' : reason))
    isFinished ||= reason !== undefined
    const content = parts.text !== '' || parts.calls.length > 0 || isFinished
    return { out: out.join(''), content, done: false, deltas: deltasIn(event, calls) }
  }

  return {
    read: (event) => read(parsedEvent(event)),
    usage: () => (isFinished ? usage : undefined),
    usageSoFar: () => usage,
    /** Gemini's streams have no closing event: they just end. */
    end() {
      if (!isFinished) return undefined
      return `${wants_usage && usage ? chunk([], { usage: openaiUsage(usage) }) : ''}data: [DONE]\n\n`
    },
  }
}
