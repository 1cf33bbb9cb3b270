/** The provider that is always there: it quotes and hashes, needs no network and no key, and says so in its replies. */
import { setImmediate } from 'node:timers/promises'
import type { JsonObject } from '@muster/contract/values'
import { MusterError } from '../../../platform/errors.ts'
import { newId } from '../../../platform/ids.ts'
import type { Answered, Asked, LocalAdapter, StreamStep, Usage } from '../gateway.types.ts'
import { list, no_usage, object, openaiUsage } from '../rules/usage.ts'
import { dimensions, offlineEmbedding } from './offline-embedding.ts'
import { type OfflineSource, offlineAnswer } from './offline-text.ts'

export const offline_chat = 'offline'
export const offline_embeddings = 'offline-embed'
const about = 'Offline: no model was asked. These are sentences of the text that was sent, with their places.'
/** Of all that was sent; what is older is left out. */
const sources_characters_max = 500_000
const embedded_characters_max = 2_000_000
const words_per_piece = 8

export const offlineAdapter: LocalAdapter = {
  wires: ['chat', 'embeddings', 'messages'],
  async compute(asked) {
    if (asked.wire === 'embeddings') return { answered: await embeddings(asked), stream: [] }
    return asked.wire === 'chat' ? chat(asked) : message(asked)
  },
}

/** The reply to a conversation, and what its words count. */
function replyTo(body: JsonObject) {
  const told = list(body.messages).map((one) => textOf(object(one)))
  // Anthropic's wire has the system's words beside the messages.
  const texts = body.system === undefined ? told : [textOf({ content: body.system }), ...told]
  const question = lastQuestion(body) ?? ''
  const text = `${about}\n\n${offlineAnswer(question, sourcesOf(texts, question))}`
  const usage: Usage = { ...no_usage, uncached: tokensIn(texts.join(' ')), output: tokensIn(text) }
  return { text, usage }
}

function message({ body, model }: Asked) {
  const { text, usage } = replyTo(body)
  const { uncached: input_tokens, output: output_tokens } = usage
  const head = { id: `msg_${newId()}`, type: 'message', role: 'assistant', model }
  const end = { stop_reason: 'end_turn', stop_sequence: null }
  const whole = { ...head, content: [{ type: 'text', text }], ...end, usage: { input_tokens, output_tokens } }
  const started = {
    ...head,
    content: [],
    stop_reason: null,
    stop_sequence: null,
    usage: { input_tokens, output_tokens: 0 },
  }
  const step = (type: string, fields: JsonObject, done = false): StreamStep => ({
    out: `event: ${type}\ndata: ${JSON.stringify({ type, ...fields })}\n\n`,
    content: true,
    done,
    said: [],
  })
  const stream = [
    step('message_start', { message: started }),
    step('content_block_start', { index: 0, content_block: { type: 'text', text: '' } }),
    ...piecesOf(text).map((piece) =>
      step('content_block_delta', { index: 0, delta: { type: 'text_delta', text: piece } }),
    ),
    step('content_block_stop', { index: 0 }),
    step('message_delta', { delta: end, usage: { output_tokens } }),
    step('message_stop', {}, true),
  ]
  return { answered: { body: whole, usage }, stream }
}

/** A few words at a time, with the white space behind them. */
function piecesOf(text: string): readonly string[] {
  const words = text.match(/\S+\s*|\s+/g) ?? []
  const pieces: string[] = []
  for (let at = 0; at < words.length; at += words_per_piece) pieces.push(words.slice(at, at + words_per_piece).join(''))
  return pieces
}

function chat({ body, model }: Asked) {
  const { text, usage } = replyTo(body)
  const head = {
    id: `chatcmpl-${newId()}`,
    created: Math.floor(Date.now() / 1000),
    model,
    system_fingerprint: 'offline',
  }
  const choice = {
    index: 0,
    message: { role: 'assistant', content: text, refusal: null },
    logprobs: null,
    finish_reason: 'stop',
  }
  const answer = { ...head, object: 'chat.completion', choices: [choice], usage: openaiUsage(usage) }
  const wants_usage = object(body.stream_options).include_usage === true
  return { answered: { body: answer, usage }, stream: streamOf({ head, text, usage: wants_usage ? usage : undefined }) }
}

interface Streamed {
  readonly head: JsonObject
  readonly text: string
  readonly usage: Usage | undefined
}

function streamOf({ head, text, usage }: Streamed): readonly StreamStep[] {
  const chunk = (fields: JsonObject): string =>
    `data: ${JSON.stringify({ ...head, object: 'chat.completion.chunk', ...fields })}\n\n`
  const choice = (delta: JsonObject, finish_reason: string | null) => ({
    choices: [{ index: 0, delta, finish_reason }],
  })
  const pieces = piecesOf(text).map((content, at): StreamStep => {
    const delta = at === 0 ? { role: 'assistant', content } : { content }
    return { out: chunk(choice(delta, null)), content: true, done: false, said: [] }
  })
  pieces.push({ out: chunk(choice({}, 'stop')), content: true, done: false, said: [] })
  if (usage)
    pieces.push({ out: chunk({ choices: [], usage: openaiUsage(usage) }), content: false, done: false, said: [] })
  return [...pieces, { out: 'data: [DONE]\n\n', content: false, done: true, said: [] }]
}

/** The last thing a user said; what stands around it is what the answer is taken from. */
function lastQuestion(body: JsonObject): string | undefined {
  const users = list(body.messages)
    .map(object)
    .filter(({ role }) => role === 'user')
  const last = users.at(-1)
  return last && textOf(last)
}

/** Every message but the question; where there is no other text, what the question itself brought along. */
function sourcesOf(texts: readonly string[], question: string): readonly OfflineSource[] {
  let left = sources_characters_max
  const sources: OfflineSource[] = []
  for (let at = texts.length - 1; at >= 0 && left > 0; at--) {
    const text = (texts[at] ?? '').slice(0, left)
    left -= text.length
    if (text.trim() !== '') sources.unshift({ name: `message ${at + 1}`, text })
  }
  const others = sources.filter(({ text }) => text !== question)
  return others.length > 0 ? others : sources
}

/** The words of a message: its text, or the text of its parts. */
function textOf({ content }: JsonObject): string {
  if (typeof content === 'string') return content
  return list(content)
    .map((part) => object(part).text)
    .filter((text) => typeof text === 'string')
    .join('\n')
}

async function embeddings({ body, model }: Asked): Promise<Answered> {
  const wanted = body.dimensions
  if (typeof wanted === 'number' && wanted !== dimensions)
    throw new MusterError('invalid', `${offline_embeddings} has ${dimensions} dimensions and no other number.`, {
      field: 'dimensions',
      value: wanted,
    })
  const inputs = inputsOf(body.input).map(String)
  if (inputs.reduce((sum, { length }) => sum + length, 0) > embedded_characters_max)
    throw new MusterError('invalid', `${offline_embeddings} takes ${embedded_characters_max} characters at a time.`, {
      field: 'input',
      limit: embedded_characters_max,
    })
  const data: JsonObject[] = []
  for (const [index, input] of inputs.entries()) {
    data.push({ object: 'embedding', index, embedding: encoded(input, body) })
    // Others have their turn in between: there may be thousands of inputs.
    await setImmediate()
  }
  const usage: Usage = { ...no_usage, uncached: inputs.reduce((sum, input) => sum + tokensIn(input), 0) }
  const { prompt_tokens, total_tokens } = openaiUsage(usage)
  return {
    body: { object: 'list', model, data, usage: { prompt_tokens, total_tokens }, embedder: offline_embeddings },
    usage,
  }
}

function inputsOf(input: unknown): readonly unknown[] {
  if (!Array.isArray(input)) return [input]
  // A list of token ids is one input.
  return typeof input[0] === 'number'
    ? [input.join(' ')]
    : input.map((one) => (Array.isArray(one) ? one.join(' ') : one))
}

function encoded(input: string, { encoding_format }: JsonObject): string | number[] {
  const vector = offlineEmbedding(input)
  return encoding_format === 'base64' ? Buffer.from(vector.buffer).toString('base64') : [...vector]
}

const tokensIn = (text: string): number => Math.ceil(Buffer.byteLength(text) / 4)
