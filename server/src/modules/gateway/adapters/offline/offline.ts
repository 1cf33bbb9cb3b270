/** The offline provider: it quotes and hashes, needs no network and no key, and says so in its replies. */
import { MusterError } from '../../../../platform/errors.ts'
import { boundedFunction } from '../../../../platform/threads/bounded-function.ts'
import type { AdapterCall, StreamStep, Usage, WireAnswer } from '../../gateway.types.ts'
import { no_usage, openaiUsage } from '../../rules/usage.ts'
import { eventsOf } from '../../wires/answer-events.ts'
import { clientWires } from '../../wires/client-wires.ts'
import type { Answer, AnswerEvent } from '../../wires/conversation.ts'
import type { LocalAdapter } from './local-adapter.ts'
import { dimensions, offlineEmbedding } from './offline-embedding.ts'
import { type OfflineQuestion, questionOf, tokensOfBytes } from './offline-question.ts'
import { offlineAnswer } from './offline-text.ts'

export const offline_chat = 'offline'
export const offline_embeddings = 'offline-embed'
const about = 'Offline: no model was asked. These are sentences of the text that was sent, with their places.'
const embedded_characters_max = 2_000_000
const words_per_piece = 8

const time_ms = 10_000
const sentence_ms_per_character = 0.002
const embedding_ms_per_character = 0.005
const embedding_ms = 0.1

export const offlineAdapter: LocalAdapter = {
  wires: ['chat', 'embeddings', 'messages', 'responses', 'completions'],
  async compute(adapterCall, bounded) {
    if (adapterCall.wire !== 'embeddings') return bounded.run(offlineReply, await questionOf(adapterCall, bounded))
    return { answer: await bounded.run(offlineEmbeddings, embeddingInput(adapterCall)), stream: [] }
  },
}

export const offlineReply = boundedFunction({
  name: 'gateway.offline-reply',
  subject: 'The reply of the offline model',
  remedy: 'Send a shorter conversation, or use another model.',
  time_ms,
  estimateMs: ({ question, sources }: OfflineQuestion) =>
    sources.reduce((sum, { text }) => sum + text.length, question.length) * sentence_ms_per_character,
  run(offlineQuestion) {
    const { question, sources, input_tokens } = offlineQuestion
    const text = `${about}\n\n${offlineAnswer(question, sources)}`
    const reply = { text, usage: { ...no_usage, uncached: input_tokens, output: tokensIn(text) } }
    return replyFor(offlineQuestion, reply)
  },
})

interface Reply {
  readonly text: string
  readonly usage: Usage
}

/** Whole and as a stream, by the writers of the client's wire. */
function replyFor({ wire, model, has_usage, input_tokens }: OfflineQuestion, { text, usage }: Reply) {
  const client = clientWires[wire]
  const options = { request: { stream_options: { include_usage: has_usage } }, input_tokens }
  const answer: Answer = { id: '', model, parts: [{ type: 'text', text }], finish: 'stop', usage }
  const writer = client.streamWriter(options)
  const stream = spokenEvents(answer).map(
    (event): StreamStep => ({ out: writer.write(event), content: true, done: false, deltas: [] }),
  )
  const end = { out: writer.end(usage), content: false, done: true, deltas: [] }
  return { answer: { body: client.writeAnswer(answer, options), usage }, stream: [...stream, end] }
}

function spokenEvents(answer: Answer): readonly AnswerEvent[] {
  return eventsOf(answer).flatMap((event): readonly AnswerEvent[] =>
    event.type === 'delta' ? piecesOf(event.text).map((text) => ({ ...event, text })) : [event],
  )
}

/** A few words at a time, with the white space behind them. */
function piecesOf(text: string): readonly string[] {
  const words = text.match(/\S+\s*|\s+/g) ?? []
  const pieces: string[] = []
  for (let at = 0; at < words.length; at += words_per_piece) pieces.push(words.slice(at, at + words_per_piece).join(''))
  return pieces
}

interface EmbeddingInput {
  readonly inputs: readonly string[]
  readonly model: string
  readonly is_base64: boolean
}

/** @throws MusterError `invalid` */
function embeddingInput({ body, model }: AdapterCall): EmbeddingInput {
  const requestedDimensions = body.dimensions
  if (typeof requestedDimensions === 'number' && requestedDimensions !== dimensions)
    throw new MusterError('invalid', `${offline_embeddings} supports only ${dimensions} dimensions.`, {
      field: 'dimensions',
      value: requestedDimensions,
    })
  const inputs = inputsOf(body.input).map(String)
  if (inputs.reduce((sum, { length }) => sum + length, 0) > embedded_characters_max)
    throw new MusterError(
      'invalid',
      `${offline_embeddings} supports at most ${embedded_characters_max} characters per request.`,
      {
        field: 'input',
        limit: embedded_characters_max,
      },
    )
  return { inputs, model, is_base64: body.encoding_format === 'base64' }
}

export const offlineEmbeddings = boundedFunction({
  name: 'gateway.offline-embeddings',
  subject: 'The embedding of the inputs',
  remedy: 'Send fewer or shorter inputs per request.',
  time_ms,
  estimateMs: ({ inputs }: EmbeddingInput) =>
    inputs.reduce((sum, { length }) => sum + embedding_ms + length * embedding_ms_per_character, 0),
  run({ inputs, model, is_base64 }): WireAnswer {
    const data = inputs.map((input, index) => ({
      object: 'embedding',
      index,
      embedding: encodeEmbedding(input, is_base64),
    }))
    const usage: Usage = { ...no_usage, uncached: inputs.reduce((sum, input) => sum + tokensIn(input), 0) }
    const { prompt_tokens, total_tokens } = openaiUsage(usage)
    const facts = { model, usage: { prompt_tokens, total_tokens }, embedder: offline_embeddings }
    return { body: { object: 'list', data, ...facts }, usage }
  },
})

function inputsOf(input: unknown): readonly unknown[] {
  if (!Array.isArray(input)) return [input]
  // A list of token ids is one input.
  return typeof input[0] === 'number'
    ? [input.join(' ')]
    : input.map((one) => (Array.isArray(one) ? one.join(' ') : one))
}

function encodeEmbedding(input: string, is_base64: boolean): string | number[] {
  const vector = offlineEmbedding(input)
  return is_base64 ? Buffer.from(vector.buffer).toString('base64') : [...vector]
}

const tokensIn = (text: string): number => tokensOfBytes(Buffer.byteLength(text))
