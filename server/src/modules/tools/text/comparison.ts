/**
 * Compares several sources: shared terms and near-duplicate sentences. The latter are found by the resemblance of A. Z.
 * Broder ("On the resemblance and containment of documents", 1997): the Jaccard coefficient of their two-word shingles.
 */
import type { Json } from '@muster/contract/values'
import { contentWords, wordsOf } from '../../../platform/text/words.ts'
import type { LoadedArtifact } from '../pool.types.ts'
import { citationOf } from './citations.ts'
import { readSource, type Sentence } from './source.ts'

const sentences_per_source_max = 400
const pairs_max = 30
const alike_from = 0.6
/** Shingles in more sentences than this tell nothing, and would make the pairs quadratic. */
const postings_max = 40

interface Entry {
  readonly artifact: LoadedArtifact
  readonly sentence: Sentence
  readonly shingles: ReadonlySet<string>
}

export function compareSources(artifacts: readonly LoadedArtifact[], terms_max: number): Json {
  const sources = artifacts.map((artifact) => {
    const sentences = readSource(artifact).sentences
    return { artifact, sentences, counts: countTerms(sentences) }
  })
  const totals = new Map<string, { sources: number; count: number }>()
  for (const { counts } of sources)
    for (const [term, count] of counts) {
      const total = totals.get(term) ?? { sources: 0, count: 0 }
      totals.set(term, { sources: total.sources + 1, count: total.count + count })
    }
  const sharedTerms = [...totals].filter(([, total]) => total.sources > 1)
  return {
    sources: sources.map(({ artifact, sentences, counts }) => ({
      artifact_id: artifact.artifact_id,
      name: artifact.name,
      sentence_count: sentences.length,
      distinct_terms: top(
        [...counts].filter(([term]) => totals.get(term)?.sources === 1),
        terms_max,
      ).map(([term]) => term),
    })),
    shared_terms: sharedTerms
      .sort(([a, one], [b, other]) => other.sources - one.sources || other.count - one.count || (a < b ? -1 : 1))
      .slice(0, terms_max)
      .map(([term, total]) => ({ term, ...total })),
    near_duplicates: nearDuplicates(
      sources.flatMap(({ artifact, sentences }) =>
        sentences.slice(0, sentences_per_source_max).map((sentence) => entryOf(artifact, sentence)),
      ),
    ),
  }
}

function countTerms(sentences: readonly Sentence[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>()
  for (const { text } of sentences)
    for (const term of contentWords(text)) if (!/^\d/.test(term)) counts.set(term, (counts.get(term) ?? 0) + 1)
  return counts
}

function top(counts: readonly [string, number][], max: number): readonly [string, number][] {
  return [...counts].sort(([a, one], [b, other]) => other - one || (a < b ? -1 : 1)).slice(0, max)
}

function entryOf(artifact: LoadedArtifact, sentence: Sentence): Entry {
  const words = wordsOf(sentence.text)
  return { artifact, sentence, shingles: new Set(words.slice(1).map((word, index) => `${words[index]} ${word}`)) }
}

/** Pairs of sentences of different sources, the most alike first. */
function nearDuplicates(entries: readonly Entry[]): Json {
  const index = new Map<string, number[]>()
  const pairs: { resemblance: number; one: Entry; other: Entry }[] = []
  entries.forEach((entry, at) => {
    const common = new Map<number, number>()
    for (const shingle of entry.shingles) {
      const postings = index.get(shingle) ?? []
      for (const earlier of postings) common.set(earlier, (common.get(earlier) ?? 0) + 1)
      if (postings.length < postings_max) postings.push(at)
      index.set(shingle, postings)
    }
    for (const [earlier, count] of common) {
      const one = entries[earlier]
      if (!one || one.artifact.artifact_id === entry.artifact.artifact_id) continue
      const resemblance = count / (one.shingles.size + entry.shingles.size - count)
      if (resemblance >= alike_from) pairs.push({ resemblance, one, other: entry })
    }
  })
  return pairs
    .sort((a, b) => b.resemblance - a.resemblance)
    .slice(0, pairs_max)
    .map(({ resemblance, one, other }) => ({
      resemblance: Math.round(resemblance * 1000) / 1000,
      sentences: [one, other].map(({ artifact, sentence }) => ({ ...citationOf(artifact, sentence) })),
    }))
}
