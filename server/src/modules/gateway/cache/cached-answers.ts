/**
 * Equal chats and messages of an organization get one answer, where their alias says so. It is kept as it came, whole or as
 * a stream, and given in the other form to those who ask for that.
 */

import type { ModelDefinition } from '@muster/contract/gateway/models'
import { limits } from '@muster/contract/limits'
import type { JsonObject } from '@muster/contract/values'
import { invariant, MusterError } from '../../../platform/errors.ts'
import { exactJsonText } from '../../../platform/json/exact-json.ts'
import type { Bounded } from '../../../platform/threads/bounded.ts'
import { endingEvent } from '../adapters/streams/failure-event.ts'
import { streamAsWhole } from '../adapters/streams/stream-as-whole.ts'
import { wholeAsStream, withoutUsage } from '../adapters/streams/whole-as-stream.ts'
import type { CallFacts, ModelAnswer, ModelCall } from '../gateway.port.ts'
import type { ModelInForce } from '../gateway.types.ts'
import { object } from '../rules/usage.ts'
import { type AnswerStore, createAnswerStore } from './answer-store.ts'
import { questionKeys } from './question-keys.ts'
import { createRequestCoalescing, type StartedRequest } from './request-coalescing.ts'
import { createSharedText, type SharedText } from './shared-text.ts'

export interface CachedCall {
  readonly call: ModelCall
  readonly model: ModelInForce
  readonly ttl_ms: number
  /** Asks a provider. */
  ask(call: ModelCall): Promise<ModelAnswer>
  /** Throws `stopped`, which asking would test by itself. */
  admit(): Promise<void>
}

export interface CachedAnswers {
  answer(cached: CachedCall): Promise<ModelAnswer>
  /** Drops everything that is cached for the organization. */
  forget(organization_id: string): void
}

/** The answer of a call that others share: whole, or a stream that may still go on. */
type SharedAnswer = { readonly facts: CallFacts } & ({ readonly body: JsonObject } | SharedStream)

interface SharedStream {
  readonly stream: SharedText
  readonly on_broken_stream: ModelDefinition['on_broken_stream']
}

interface CachedAnswer {
  readonly facts: CallFacts
  readonly body?: JsonObject
  readonly text?: string
}

export function createCachedAnswers(
  bounded: Pick<Bounded, 'run'>,
  store: AnswerStore<CachedAnswer> = createAnswerStore(),
): CachedAnswers {
  const coalescing = createRequestCoalescing<SharedAnswer>()

  async function answer(cached: CachedCall): Promise<ModelAnswer> {
    const { call } = cached
    const [key = ''] = await questionKeys(bounded, cached)
    const cachedAnswer = store.get(key)
    const sharedRequest = coalescing.find(key)
    if (cachedAnswer || sharedRequest) await cached.admit()
    if (cachedAnswer)
      return { ...answerFromCache(call, { ...cachedAnswer, facts: withoutAttempts(cachedAnswer.facts) }), cache: 'hit' }
    if (!sharedRequest) {
      const newRequest = coalescing.start([key], call.signal, (signal) =>
        startRequest(store, { ...cached, signal, key }),
      )
      const ownAnswer = await answerFrom(call, await newRequest.value, 'miss')
      invariant(ownAnswer, 'what a call asked for itself comes in the form that it asked for')
      return ownAnswer
    }
    sharedRequest.join(call.signal)
    const sharedAnswer = await sharedRequest.value.catch(ownTurn)
    return (sharedAnswer && (await answerFrom(call, sharedAnswer, 'shared'))) ?? answer(cached)
  }

  return { answer, forget: (organization_id) => store.forget(organization_id) }
}

/**
 * An error that concerns only the first caller, such as its budget, is not given to those who wait: they ask
 * themselves.
 */
export function ownTurn(error: unknown): undefined {
  const isOwnError = error instanceof MusterError && (error.code === 'budget_exceeded' || error.code === 'stopped')
  if (!isOwnError) throw error
}

interface SharedCall extends CachedCall {
  readonly key: string
  readonly signal: AbortSignal
}

/** Asks for all who wait; usage is always requested, since some of them may want it. */
function startRequest(
  store: AnswerStore<CachedAnswer>,
  { call, ask, key, signal, ttl_ms }: SharedCall,
): StartedRequest<SharedAnswer> {
  const stream_options = { ...object(call.body.stream_options), include_usage: true }
  const wants_options = call.wire === 'chat' && call.body.stream === true
  const answerPromise = ask({ ...call, signal, body: wants_options ? { ...call.body, stream_options } : call.body })
  const keep = (cachedAnswer: CachedAnswer): void =>
    store.set(key, cachedAnswer, {
      ttl_ms,
      bytes: Buffer.byteLength(cachedAnswer.text ?? exactJsonText(cachedAnswer.body)),
    })
  const value = answerPromise.then((modelAnswer): SharedAnswer & { readonly ended?: Promise<void> } => {
    const facts = factsIn(modelAnswer)
    if (modelAnswer.kind === 'whole') {
      keep({ facts, body: modelAnswer.body })
      return { facts, body: modelAnswer.body }
    }
    const stream = createSharedText()
    const streamEnd = collect(call, modelAnswer.text, stream).then((text) => {
      if (text !== undefined && streamAsWhole(call.wire, text)) keep({ facts, text })
      stream.close()
    })
    return { facts, stream, on_broken_stream: modelAnswer.on_broken_stream, ended: streamEnd }
  })
  // Whoever waits hears of the failure through `value`.
  return { value, ended: value.then(({ ended }) => ended).catch(() => {}) }
}

/** Returns the text of a complete stream. It is all in memory, so it is bounded like a whole answer. */
async function collect(call: ModelCall, from: AsyncIterable<string>, to: SharedText): Promise<string | undefined> {
  const pieces: string[] = []
  let bytes = 0
  for await (const piece of from) {
    bytes += Buffer.byteLength(piece)
    if (bytes > limits.model_answer_bytes_max) {
      const message = `The stream is longer than ${limits.model_answer_bytes_max} bytes.`
      to.push(endingEvent(call.wire, { code: 'provider_failed', message }))
      return undefined
    }
    pieces.push(piece)
    to.push(piece)
  }
  return pieces.join('')
}

/** The answer in the form that was asked for; undefined where a stream broke off that was to be a whole. */
async function answerFrom(
  call: ModelCall,
  from: SharedAnswer,
  cache: 'miss' | 'shared',
): Promise<ModelAnswer | undefined> {
  const facts = cache === 'miss' ? from.facts : withoutAttempts(from.facts)
  if ('body' in from) return { ...answerFromCache(call, { facts, body: from.body }), cache }
  if (call.body.stream === true) {
    const { stream, on_broken_stream } = from
    return { ...streamOf(call, facts, stream.read()), on_broken_stream, cache }
  }
  const body = streamAsWhole(call.wire, await from.stream.whole())
  return body && { ...facts, kind: 'whole', body, cache }
}

function answerFromCache(call: ModelCall, { facts, body, text }: CachedAnswer): ModelAnswer {
  if (call.body.stream === true) return streamOf(call, facts, pieceOf(text ?? wholeAsStream(call.wire, body ?? {})))
  return { ...facts, kind: 'whole', body: body ?? streamAsWhole(call.wire, text ?? '') ?? {} }
}

function streamOf(call: ModelCall, facts: CallFacts, text: AsyncIterable<string>): StreamedAnswer {
  const wants_usage = call.wire !== 'chat' || object(call.body.stream_options).include_usage === true
  return { ...facts, kind: 'stream', text: wants_usage ? text : usageless(text), on_broken_stream: 'error' }
}

async function* usageless(text: AsyncIterable<string>): AsyncGenerator<string> {
  for await (const piece of text) yield withoutUsage(piece)
}

async function* pieceOf(text: string): AsyncGenerator<string> {
  yield text
}

type StreamedAnswer = Extract<ModelAnswer, { kind: 'stream' }>

/** The answer came without an attempt. */
const withoutAttempts = (facts: CallFacts): CallFacts => ({ ...facts, attempts: 0 })

const factsIn = ({ model, model_version, provider, attempts }: CallFacts): CallFacts => ({
  model,
  model_version,
  provider,
  attempts,
})
