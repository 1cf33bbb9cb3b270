/** Answers and summaries of the offline provider: sentences of the request, word for word, with their positions. */
import { cutText } from '@muster/contract/texts/graphemes'
import { summarizeSentences } from '../../../../platform/text/lexrank.ts'
import { sentencesOf } from '../../../../platform/text/sentences.ts'
import { contentWords } from '../../../../platform/text/words.ts'

const sentences_max = 2_000
const quoted_max = 3
const terms_max = 64
/** A question longer than this is a text itself. */
const question_characters_max = 10_000

/** A text that an answer may quote: a message, or a part of one. */
export interface OfflineSource {
  /** How answers name it: `message 2`. */
  readonly name: string
  readonly text: string
}

interface Quotable {
  readonly text: string
  readonly byte_start: number
  readonly kind: 'paragraph' | 'heading'
  readonly plain: true
  readonly source: string
  readonly place: string
}

/**
 * The sentences that fit the question best, by BM25 (S. Robertson, H. Zaragoza, "The Probabilistic Relevance Framework",
 * 2009; k1 1.2, b 0.75) over the sentences of the sources; where none shares a word with it, those that say most (LexRank).
 */
export function offlineAnswer(question: string, sources: readonly OfflineSource[]): string {
  const sentences = sources.flatMap(quotables).slice(0, sentences_max)
  if (sentences.length === 0) return 'There is no text to answer from.'
  const questionStart = cutText(question, question_characters_max)
  const asksForAll = /\b(summar|sum up|tl;?dr|overview|abstract|outline|zusammenfass|résum)/iu.test(questionStart)
  const best = asksForAll ? [] : rankSentences(question, sentences)
  const quotedSentences = best.length > 0 ? best : summarizeSentences(sentences, quoted_max)
  const intro = best.length > 0 ? 'What the text says to that:' : 'What the text says, in short:'
  return [intro, ...quotedSentences.map(({ text, source, place }) => `- ${text} [${source}:${place}]`)].join('\n')
}

function quotables({ name, text }: OfflineSource, index: number): readonly Quotable[] {
  const quotableSentences: Quotable[] = []
  let at = 0
  for (const line of text.split(/\r\n|\r|\n/)) {
    for (const [start, end] of sentencesOf(line)) {
      const sentence = line.slice(start, end)
      const place = `${at + start}-${at + end}`
      const kind = /^#{1,6}\s/.test(sentence) ? 'heading' : 'paragraph'
      // Ordered by source first, so that summaries keep the order of the conversation.
      quotableSentences.push({
        text: sentence,
        byte_start: index * 1e9 + at + start,
        kind,
        plain: true,
        source: name,
        place,
      })
    }
    at += line.length + 1
  }
  return quotableSentences
}

const k1 = 1.2
const b = 0.75

function rankSentences(question: string, sentences: readonly Quotable[]): readonly Quotable[] {
  const terms = [...new Set(contentWords(cutText(question, question_characters_max)))].slice(0, terms_max)
  const bags = sentences.map(({ text }) => contentWords(text))
  const mean = bags.reduce((sum, { length }) => sum + length, 0) / Math.max(1, bags.length)
  const documentFrequency = new Map(terms.map((term) => [term, bags.filter((bag) => bag.includes(term)).length]))
  const scoreOf = (bag: readonly string[]): number =>
    terms.reduce((sum, term) => {
      const count = bag.filter((word) => word === term).length
      const frequency = documentFrequency.get(term) ?? 0
      const idf = Math.log(1 + (bags.length - frequency + 0.5) / (frequency + 0.5))
      return sum + (idf * count * (k1 + 1)) / (count + k1 * (1 - b + (b * bag.length) / Math.max(1, mean)))
    }, 0)
  return sentences
    .map((sentence, at) => ({ sentence, score: scoreOf(bags[at] ?? []), at }))
    .filter(({ score }) => score > 0)
    .sort((one, other) => other.score - one.score || one.at - other.at)
    .slice(0, quoted_max)
    .map(({ sentence }) => sentence)
}
