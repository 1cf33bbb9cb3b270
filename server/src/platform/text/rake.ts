/**
 * Keywords by RAKE: S. Rose, D. Engel, N. Cramer, W. Cowley, "Automatic keyword extraction from individual documents",
 * in: Text Mining: Applications and Theory (2010). Candidates are runs of words between stop words and punctuation; of
 * the paper's three metrics a word scores its degree, deg(w), which favours words that occur often. A phrase scores the
 * mean of its words, times 1 + ln(count), so that a long phrase seen once does not outrank the subject.
 */
import { isSpaceless } from '@muster/contract/texts/boundaries'
import { isStopWord, wordsOf } from './words.ts'

export interface Keyword {
  readonly phrase: string
  readonly score: number
  readonly count: number
}

const phrase_words_max = 3

export function rake(sentences: readonly string[], keywords_max: number): readonly Keyword[] {
  const phrases = new Map<string, { count: number; readonly words: readonly string[] }>()
  const degree = new Map<string, number>()
  for (const words of sentences.flatMap(candidates)) {
    const phrase = joined(words)
    const length = Math.min(words.length, phrase_words_max)
    if (words.length === length) phrases.set(phrase, { words, count: (phrases.get(phrase)?.count ?? 0) + 1 })
    for (const term of words) degree.set(term, (degree.get(term) ?? 0) + length)
  }
  const score = (words: readonly string[], count: number): number => {
    const mean = words.reduce((sum, term) => sum + (degree.get(term) ?? 0), 0) / words.length
    return Math.round(mean * (1 + Math.log(count)) * 1000) / 1000
  }
  return [...phrases]
    .map(([phrase, { words, count }]) => ({ phrase, score: score(words, count), count }))
    .sort((one, other) => other.score - one.score || other.count - one.count || (one.phrase < other.phrase ? -1 : 1))
    .slice(0, keywords_max)
}

/** Two characters are a word where words have no spaces between them. */
function isShort(term: string): boolean {
  return term.length < (isSpaceless(term) ? 2 : 3)
}

/** As the phrase is written: without spaces in scripts that have none. */
function joined(words: readonly string[]): string {
  return words.reduce((phrase, term) => {
    const separator = phrase === '' || (isSpaceless(phrase) && isSpaceless(term)) ? '' : ' '
    return `${phrase}${separator}${term}`
  }, '')
}

/** Runs of content words between stop words and punctuation; those that are too long count for their words only. */
function candidates(sentence: string): readonly (readonly string[])[] {
  const runs: string[][] = []
  for (const part of sentence.split(/[^\p{L}\p{M}\p{N}\s\p{Join_Control}'’\u00b7\u05f3\u05f4-]+|\s[-–—]\s/u)) {
    let run: string[] = []
    for (const next of [...wordsOf(part), '']) {
      const ends = next === '' || isStopWord(next) || isShort(next) || /^\d/.test(next)
      if (!ends) run.push(next)
      if (!ends || run.length === 0) continue
      runs.push(run)
      run = []
    }
  }
  return runs
}
