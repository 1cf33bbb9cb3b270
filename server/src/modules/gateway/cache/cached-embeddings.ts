/** Caches embeddings text by text where the alias says so: of a batch only the missing texts are asked for. */
import type { Json, JsonObject } from '@muster/contract/values'
import { invariant, MusterError } from '../../../platform/errors.ts'
import { exactJsonText } from '../../../platform/json/exact-json.ts'
import type { Bounded } from '../../../platform/threads/bounded.ts'
import type { CallFacts, ModelAnswer } from '../gateway.port.ts'
import { list, object } from '../rules/usage.ts'
import { type AnswerStore, createAnswerStore } from './answer-store.ts'
import { type CachedAnswers, type CachedCall, ownTurn } from './cached-answers.ts'
import { questionKeys } from './question-keys.ts'
import { createRequestCoalescing, type SharedRequest, type StartedRequest } from './request-coalescing.ts'

/** One text's embedding, and the fields of the answer beside it. */
interface Embedded {
  readonly facts: CallFacts
  readonly item: JsonObject
  readonly head: JsonObject
}

/** The embeddings of one request, by the keys of its texts. */
interface SharedAnswer {
  readonly facts: CallFacts
  readonly head: JsonObject
  readonly usage: Json | undefined
  readonly items: ReadonlyMap<string, Embedded>
}

export function createCachedEmbeddings(
  bounded: Pick<Bounded, 'run'>,
  store: AnswerStore<Embedded> = createAnswerStore(),
): CachedAnswers {
  const coalescing = createRequestCoalescing<SharedAnswer>()

  async function answer(cached: CachedCall): Promise<ModelAnswer> {
    const { call } = cached
    const inputs = inputsOf(call.body.input)
    const keys = await questionKeys(bounded, cached, inputs)
    const embeddedByKey = new Map<string, Embedded>()
    const joinedRequests = new Set<SharedRequest<SharedAnswer>>()
    const missingTexts = new Map<string, Json>()
    for (const [at, key] of keys.entries()) {
      const cachedEmbedding = store.get(key)
      const sharedRequest = coalescing.find(key)
      if (cachedEmbedding) embeddedByKey.set(key, cachedEmbedding)
      else if (sharedRequest) joinedRequests.add(sharedRequest)
      else missingTexts.set(key, inputs[at] ?? '')
    }
    if (missingTexts.size === 0) await cached.admit()
    for (const sharedRequest of joinedRequests) sharedRequest.join(call.signal)
    const ownAnswer = missingTexts.size > 0 ? await askFor(cached, missingTexts) : undefined
    for (const sharedRequest of joinedRequests) {
      const sharedAnswer = await sharedRequest.value.catch(ownTurn)
      if (!sharedAnswer) return answer(cached)
      for (const [key, embedded] of sharedAnswer.items) embeddedByKey.set(key, embedded)
    }
    for (const [key, embedded] of ownAnswer?.items ?? []) embeddedByKey.set(key, embedded)
    const cache = ownAnswer ? 'miss' : joinedRequests.size > 0 ? 'shared' : 'hit'
    return {
      ...joinEmbeddings(
        keys.map((key) => embeddedByKey.get(key)),
        ownAnswer,
      ),
      cache,
    }
  }

  async function askFor(cached: CachedCall, missingTexts: ReadonlyMap<string, Json>): Promise<SharedAnswer> {
    const keys = [...missingTexts.keys()]
    const call = (signal: AbortSignal) => startRequest(store, { ...cached, signal, missingTexts })
    return coalescing.start(keys, cached.call.signal, call).value
  }

  return { answer, forget: (organization_id) => store.forget(organization_id) }
}

/** A list of numbers is one text, as ids of its tokens. */
function inputsOf(input: Json | undefined): readonly Json[] {
  const many = Array.isArray(input) && typeof input[0] !== 'number'
  return many ? list(input) : [input ?? '']
}

interface SharedCall extends CachedCall {
  readonly missingTexts: ReadonlyMap<string, Json>
  readonly signal: AbortSignal
}

function startRequest(
  store: AnswerStore<Embedded>,
  { call, ask, missingTexts, signal, ttl_ms }: SharedCall,
): StartedRequest<SharedAnswer> {
  const value = ask({ ...call, signal, body: { ...call.body, input: [...missingTexts.values()] } }).then(
    (modelAnswer) => {
      invariant(modelAnswer.kind === 'whole', 'embeddings are not streamed')
      const { kind: _kind, body, ...facts } = modelAnswer
      const { data, usage, ...head } = body
      const all = list(data).map(object)
      const items = new Map<string, Embedded>()
      for (const [at, key] of [...missingTexts.keys()].entries()) {
        const item = all.find(({ index }) => index === at) ?? all[at]
        if (!item) throw tooFewEmbeddings(missingTexts.size, all.length)
        const embedded = { facts: { ...facts, attempts: 0 }, item, head }
        items.set(key, embedded)
        store.set(key, embedded, { ttl_ms, bytes: Buffer.byteLength(exactJsonText(item)) })
      }
      return { facts, head, usage, items }
    },
  )
  // Whoever waits hears of the failure through `value`.
  return { value, ended: value.then(() => {}).catch(() => {}) }
}

/** In the order of the request. The usage is what this call has cost: zero where all texts were cached. */
function joinEmbeddings(
  embeddings: readonly (Embedded | undefined)[],
  ownAnswer: SharedAnswer | undefined,
): ModelAnswer {
  const all = embeddings.map((one) => {
    invariant(one, 'an embedding is cached or asked for')
    return one
  })
  const first = ownAnswer ?? all[0]
  invariant(first, 'there is something to embed')
  const data = all.map(({ item }, index) => ({ ...item, index }))
  const usage = ownAnswer ? ownAnswer.usage : { prompt_tokens: 0, total_tokens: 0 }
  return { ...first.facts, kind: 'whole', body: { ...first.head, data, ...(usage !== undefined && { usage }) } }
}

function tooFewEmbeddings(textCount: number, embeddingCount: number): MusterError {
  return new MusterError(
    'provider_failed',
    `The provider returned ${embeddingCount} embeddings for ${textCount} texts.`,
  )
}
