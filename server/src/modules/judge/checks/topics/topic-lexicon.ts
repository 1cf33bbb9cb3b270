/** Makes the weights of topics.data.ts fast to apply: a table of word beginnings, and phrases by their first word. */
import { type TopicData, topicData } from './topics.data.ts'

export interface CompiledTopic {
  readonly topic: TopicData['topic']
  readonly bit: number
  holds(sentence: string): boolean
}

type Role = 'act' | 'subject' | 'phrase' | 'innocent'

interface Entry {
  readonly words: readonly string[]
  readonly role: Role
  readonly points: number
}

const words_max = 400

/**
 * Bits of the topics whose subjects or phrases may begin at some word of the text. A hash of each word's first six
 * letters is enough to pass over nearly all words; the few that remain are looked up.
 */
export function mayHold(text: string): number {
  let bits = 0
  let letters = 0
  let hash = 0
  for (let at = 0; at <= text.length; at++) {
    const letter = at < text.length ? text.charCodeAt(at) | 32 : 0
    if (letter >= 97 && letter <= 122) {
      if (letters < hashed_letters) hash = (hash * 31 + letter) & hash_mask
      letters++
    } else if (letters > 0) {
      if (beginnings[hash]) bits |= bitsOf(text.slice(at - letters, at).toLowerCase())
      letters = 0
      hash = 0
    }
  }
  return bits
}

const hashed_letters = 6
const hash_mask = (1 << 18) - 1
const beginnings = new Uint8Array(hash_mask + 1)
/** First words of subjects and phrases, up to an apostrophe or hyphen. */
const firstWords = new Map<string, number>()

function bitsOf(word: string): number {
  return (firstWords.get(word) ?? 0) | (firstWords.get(singular(word)) ?? 0)
}

function markBeginning(word: string, bit: number): void {
  const letters = /^[a-z]*/.exec(word)?.[0] ?? ''
  firstWords.set(letters, (firstWords.get(letters) ?? 0) | bit)
  for (const form of [letters, `${letters}s`]) beginnings[hashOf(form)] = 1
}

function hashOf(word: string): number {
  let hash = 0
  for (let at = 0; at < word.length && at < hashed_letters; at++) hash = (hash * 31 + word.charCodeAt(at)) & hash_mask
  return hash
}

export const compiledTopics: readonly CompiledTopic[] = topicData.map((data, index) => compile(data, 1 << index))

function compile(data: TopicData, bit: number): CompiledTopic {
  const entries = [
    ...parse(data.acts, 'act'),
    ...parse(data.subjects, 'subject'),
    ...parse(data.phrases, 'phrase'),
    ...parse(data.innocent, 'innocent'),
  ]
  const byFirst = new Map<string, Entry[]>()
  for (const entry of entries) {
    const [first = ''] = entry.words
    byFirst.set(
      first,
      [...(byFirst.get(first) ?? []), entry].sort((one, other) => other.words.length - one.words.length),
    )
    if (entry.role === 'subject' || entry.role === 'phrase') markBeginning(first, bit)
  }
  return { topic: data.topic, bit, holds: (sentence) => score(sentence, byFirst, data) }
}

function parse(list: string, role: Role): readonly Entry[] {
  return list
    .split('|')
    .map((item) => item.trim())
    .filter((item) => item !== '')
    .map((item) => {
      const [text = '', points = '1'] = item.split(':')
      return { words: wordsOf(text), role, points: Number(points) }
    })
}

/** Scores a sentence: the longest entry at each place, each entry once; innocent phrases hide what they cover. */
function score(sentence: string, byFirst: ReadonlyMap<string, readonly Entry[]>, data: TopicData): boolean {
  const words = wordsOf(sentence).slice(0, words_max)
  const seenEntries = new Set<Entry>()
  const sums = { act: 0, subject: 0, phrase: 0, innocent: 0 }
  for (let at = 0; at < words.length; ) {
    const entry = entryAt(words, at, byFirst)
    if (entry && !seenEntries.has(entry)) {
      seenEntries.add(entry)
      sums[entry.role] += entry.points
    }
    at += entry ? Math.max(1, entry.words.length) : 1
  }
  if (sums.phrase >= data.from) return true
  if (sums.subject === 0 || (data.needs_act && sums.act === 0)) return false
  return Math.min(sums.act, 3) + sums.subject + sums.phrase >= data.from
}

function entryAt(
  words: readonly string[],
  at: number,
  byFirst: ReadonlyMap<string, readonly Entry[]>,
): Entry | undefined {
  const word = words[at] ?? ''
  const candidates = byFirst.get(word) ?? byFirst.get(singular(word))
  return candidates?.find((entry) =>
    entry.words.every((entryWord, step) => {
      const here = words[at + step] ?? ''
      return here === entryWord || singular(here) === entryWord
    }),
  )
}

/** Lower-case words; digits and letters apart, so that `400mg` holds `mg`. */
function wordsOf(text: string): readonly string[] {
  return text.toLowerCase().match(/[a-z]+(?:['’-][a-z]+)*|\d+/g) ?? []
}

function singular(word: string): string {
  return word.length > 2 && word.endsWith('s') && !word.endsWith('ss') ? word.slice(0, -1) : word
}
