/**
 * Keywords by RAKE: S. Rose, D. Engel, N. Cramer, W. Cowley, "Automatic keyword extraction from individual documents",
 * in: Text Mining: Applications and Theory (2010). Candidates are runs of words between stop words and punctuation; of
 * the paper's three metrics a word scores its degree, deg(w), which favours words that occur often. A phrase scores the
 * mean of its words, times 1 + ln(count), so that a long phrase seen once does not outrank the subject.
 */
import { isStopWord, wordsOf } from './words.ts'

export interface Keyword {
  readonly phrase: string
  readonly score: number
  readonly count: number
}

const phrase_words_max = 3

export function rake(sentences: readonly string[], keywords_max: number): readonly Keyword[] {
  const phrases = new Map<string, number>()
  const degree = new Map<string, number>()
  for (const words of sentences.flatMap(candidates)) {
    const phrase = words.join(' ')
    const length = Math.min(words.length, phrase_words_max)
    if (words.length === length) phrases.set(phrase, (phrases.get(phrase) ?? 0) + 1)
    for (const term of words) degree.set(term, (degree.get(term) ?? 0) + length)
  }
  const score = (phrase: string, count: number): number => {
    const words = phrase.split(' ')
    const mean = words.reduce((sum, term) => sum + (degree.get(term) ?? 0), 0) / words.length
    return Math.round(mean * (1 + Math.log(count)) * 1000) / 1000
  }
  return [...phrases]
    .map(([phrase, count]) => ({ phrase, score: score(phrase, count), count }))
    .sort((one, other) => other.score - one.score || other.count - one.count || (one.phrase < other.phrase ? -1 : 1))
    .slice(0, keywords_max)
}

/** Runs of content words between stop words and punctuation; those that are too long count for their words only. */
function candidates(sentence: string): readonly (readonly string[])[] {
  const runs: string[][] = []
  for (const part of sentence.split(/[^\p{L}\p{N}\s'’-]+|\s[-–—]\s/u)) {
    let run: string[] = []
    for (const next of [...wordsOf(part), '']) {
      const ends = next === '' || isStopWord(next) || next.length < 3 || /^\d/.test(next)
      if (!ends) run.push(next)
      if (!ends || run.length === 0) continue
      runs.push(run)
      run = []
    }
  }
  return runs
}
