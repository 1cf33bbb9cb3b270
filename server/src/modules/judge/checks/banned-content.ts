/** The check `banned_content`: words and patterns that a project forbids. */
import {
  compileUserPattern,
  findAll,
  isPatternTooLarge,
  matchingPatterns,
} from '../../../platform/json/user-patterns.ts'
import { compilePhrases } from '../../../platform/text/phrases.ts'
import type { Check, Evidence, OutputText } from './checks.types.ts'
import { evidenceAt, textsAt } from './texts.ts'

const evidence_max = 20

/** Each word and each pattern is one of `of`; a pattern that RE2 cannot read counts as failed, and the message says so. */
export const bannedContent: Check = ({ texts, params }) => {
  const words = strings(params.words)
  const patterns = strings(params.patterns)
  const checkedTexts = textsAt(texts, params.path)
  const violations: string[] = []
  const evidence: Evidence[] = []
  for (const { source, places, problem } of [
    ...findWords(words, checkedTexts),
    ...findPatterns(patterns, checkedTexts),
  ]) {
    if (problem !== undefined) violations.push(problem)
    else if (places.length > 0) violations.push(`contains “${source}”`)
    evidence.push(...places.slice(0, evidence_max - evidence.length))
  }
  const message = violations.slice(0, 10).join('; ')
  return { failed: violations.length, of: words.length + patterns.length, evidence, ...(message !== '' && { message }) }
}

interface PhrasePlaces {
  readonly source: string
  readonly places: readonly Evidence[]
  /** Why it could not be searched. */
  readonly problem?: string
}

/** Whole words and phrases, without case, all of them in one pass over each text. */
export function findWords(
  words: readonly string[],
  texts: readonly OutputText[],
  places_max = evidence_max,
): PhrasePlaces[] {
  if (words.length === 0) return []
  const phrases = compilePhrases(words)
  const placesByWord: Evidence[][] = words.map(() => [])
  for (const one of texts)
    for (const [index, places] of phrases.find(one.text, places_max))
      for (const [start, end] of places) placesByWord[index]?.push(evidenceAt(one, start, end))
  return words.map((source, index) => ({ source, places: placesByWord[index] ?? [] }))
}

/** One pass finds which patterns match at all; only those are searched one by one. */
function findPatterns(patterns: readonly string[], texts: readonly OutputText[]): PhrasePlaces[] {
  const compiledPatterns = patterns.map((source) => compileUserPattern(source))
  const matchingSources = matchingPatterns(
    patterns.filter((_, index) => compiledPatterns[index]),
    texts.map(({ text }) => text),
  )
  return patterns.map((source, index) => {
    const pattern = compiledPatterns[index]
    if (!pattern) {
      const problem = isPatternTooLarge(source) ? 'the pattern is too large' : 'invalid pattern'
      return { source, places: [], problem: `${problem} ${source}` }
    }
    if (!matchingSources.has(source)) return { source, places: [] }
    const places = texts.flatMap((one) =>
      findAll(pattern, one.text, evidence_max).map(([start, end]) => evidenceAt(one, start, end)),
    )
    return { source, places }
  })
}

function strings(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : []
}
