/**
 * Extractive summary by LexRank: G. Erkan, D. R. Radev, "LexRank: Graph-based Lexical Centrality as Salience in Text
 * Summarization", Journal of Artificial Intelligence Research 22 (2004), in its continuous form: sentences are nodes,
 * edges the cosine of their tf-idf vectors, salience the stationary distribution of a damped random walk (0.85).
 * What is taken is kept from repeating itself as in J. Carbonell, J. Goldstein, "The use of MMR" (SIGIR 1998).
 *
 * Deterministic: ties go to the earlier sentence. Bounded: at most `considered_max` sentences enter the graph.
 */
import { endsSentence, isSpaceless } from '@muster/contract/texts/boundaries'
import { contentWords, likenessKey, wordsOf } from './words.ts'

/** A sentence with the facts that ranking uses. */
export interface Rankable {
  readonly text: string
  /** Where it stands: the order of the document. */
  readonly byte_start: number
  readonly kind: string
  /** No markup within. */
  readonly plain: boolean
}

export const considered_max = 300
const damping = 0.85
const rounds_max = 60
const settled_below = 1e-6
/** Over this cosine two sentences say the same. */
const repeats_from = 0.7

/** All sentences in order of salience, prose before everything else, near-identical ones left out. */
export function rankSentences<Sentence extends Rankable>(sentences: readonly Sentence[]): readonly Sentence[] {
  return tiersOf(sentences).flatMap(rankTier)
}

/** The best `count` sentences in the order of the document: prose alone where there is any, at least one in any case. */
export function summarizeSentences<Sentence extends Rankable>(
  sentences: readonly Sentence[],
  count: number,
): readonly Sentence[] {
  const [tier = []] = tiersOf(sentences)
  const best = rankTier(tier).slice(0, Math.max(1, count))
  return [...best].sort((one, other) => one.byte_start - other.byte_start)
}

/** Prose, then lists, cells and code, then headings: a source of nothing but headings gives a heading. */
function tiersOf<Sentence extends Rankable>(sentences: readonly Sentence[]): readonly (readonly Sentence[])[] {
  const clean = distinct(sentences.filter(({ text }) => !/[\0\ufffd]/.test(text)))
  const usable = clean.length > 0 ? clean : sentences.filter(({ text }) => !text.includes('\0')).slice(0, 1)
  const tier = (sentence: Sentence): number => (isProse(sentence) ? 0 : sentence.kind === 'heading' ? 2 : 1)
  return [0, 1, 2]
    .map((tierNumber) => usable.filter((sentence) => tier(sentence) === tierNumber))
    .filter(({ length }) => length > 0)
}

function rankTier<Sentence extends Rankable>(sentences: readonly Sentence[]): readonly Sentence[] {
  const pool = consider(sentences)
  const links = linksOf(vectorsOf(pool.map(({ text }) => text)))
  const scores = walk(links)
  const order = pool
    .map((sentence, index) => ({ index, score: (scores[index] ?? 0) * fitness(sentence) }))
    .sort((one, other) => other.score - one.score || one.index - other.index)
  const selectedIndexes: number[] = []
  for (const { index } of order) {
    const row = links[index]
    if (!selectedIndexes.some((earlier) => (row?.get(earlier) ?? 0) >= repeats_from)) selectedIndexes.push(index)
  }
  return selectedIndexes.flatMap((index) => pool[index] ?? [])
}

function isProse({ kind, text }: Rankable): boolean {
  if (kind !== 'paragraph' && kind !== 'item') return false
  return endsSentence(text) && text.length >= (isSpaceless(text) ? 6 : 12) && !/\[[^\]\s]+:\d+-\d+\]/.test(text)
}

function distinct<Sentence extends Rankable>(sentences: readonly Sentence[]): readonly Sentence[] {
  const likenessKeys = new Set<string>()
  return sentences.filter(({ text }) => {
    const key = likenessKey(text)
    const isNew = !likenessKeys.has(key)
    likenessKeys.add(key)
    return isNew
  })
}

/**
 * The sentences considered in a long document: its opening, and others at even distances, so that every part is
 * represented.
 */
function consider<Sentence extends Rankable>(sentences: readonly Sentence[]): readonly Sentence[] {
  if (sentences.length <= considered_max) return sentences
  const lead = Math.floor(considered_max / 10)
  const step = (sentences.length - lead) / (considered_max - lead)
  const spread = Array.from({ length: considered_max - lead }, (_, index) => sentences[lead + Math.floor(index * step)])
  return [...sentences.slice(0, lead), ...spread.flatMap((sentence) => sentence ?? [])]
}

/** Very short and very long sentences, and those with markup inside, read worse as quotations. */
function fitness({ text, plain, kind }: Rankable): number {
  const words = isSpaceless(text) ? wordsOf(text).length : text.split(' ').length
  const length = words < 6 ? 0.7 : words > 45 ? 0.7 : 1
  return length * (plain ? 1 : 0.85) * (kind === 'item' ? 0.95 : 1)
}

type Vector = ReadonlyMap<string, number>

/** tf-idf, each vector of length one. */
function vectorsOf(texts: readonly string[]): readonly Vector[] {
  const bags = texts.map((text) => {
    const bag = new Map<string, number>()
    for (const term of contentWords(text)) bag.set(term, (bag.get(term) ?? 0) + 1)
    return bag
  })
  const documentFrequency = new Map<string, number>()
  for (const bag of bags)
    for (const term of bag.keys()) documentFrequency.set(term, (documentFrequency.get(term) ?? 0) + 1)
  return bags.map((bag) => {
    const weights = [...bag].map(([term, count]): [string, number] => [
      term,
      count * Math.log(1 + texts.length / (documentFrequency.get(term) ?? 1)),
    ])
    const length = Math.sqrt(weights.reduce((sum, [, weight]) => sum + weight * weight, 0)) || 1
    return new Map(weights.map(([term, weight]) => [term, weight / length]))
  })
}

/** Cosines by way of an inverted index: pairs without a common word are never looked at. */
function linksOf(vectors: readonly Vector[]): readonly Map<number, number>[] {
  const links = vectors.map(() => new Map<number, number>())
  const index = new Map<string, { at: number; weight: number }[]>()
  vectors.forEach((vector, at) => {
    for (const [term, weight] of vector) {
      const postings = index.get(term) ?? []
      for (const other of postings) {
        const cosine = (links[at]?.get(other.at) ?? 0) + weight * other.weight
        links[at]?.set(other.at, cosine)
        links[other.at]?.set(at, cosine)
      }
      postings.push({ at, weight })
      index.set(term, postings)
    }
  })
  return links
}

/** Power iteration; a sentence without links hands its share to all. */
function walk(links: readonly Map<number, number>[]): readonly number[] {
  const size = links.length
  const sums = links.map((row) => [...row.values()].reduce((sum, weight) => sum + weight, 0))
  let scores = links.map(() => 1 / size)
  for (let round = 0; round < rounds_max; round++) {
    const loose = scores.reduce((sum, score, at) => sum + ((sums[at] ?? 0) === 0 ? score : 0), 0)
    const next = links.map(() => (1 - damping + damping * loose) / size)
    links.forEach((row, at) => {
      const part = (damping * (scores[at] ?? 0)) / (sums[at] || 1)
      for (const [to, weight] of row) next[to] = (next[to] ?? 0) + part * weight
    })
    const totalChange = next.reduce((sum, score, at) => sum + Math.abs(score - (scores[at] ?? 0)), 0)
    scores = next
    if (totalChange < settled_below) break
  }
  return scores
}
