/**
 * Hashed embeddings without a model: stems of words and character 3- to 5-grams, each hashed to a place and a sign (K.
 * Weinberger et al., "Feature Hashing for Large Scale Multitask Learning", 2009), weighted by sublinear term frequency
 * (1 + ln tf), one vector of unit length. Good enough for a search by similarity where there is no model; text search
 * is better.
 */
import { cutText } from '@muster/contract/texts/graphemes'
import { contentWords, wordsOf } from '../../../../platform/text/words.ts'

export const dimensions = 1024
/** Longer texts are cut: later words change an embedding little. */
const words_max = 8_192
const characters_per_word = 10
const grams = [3, 4, 5] as const
/** A word has one stem and many grams; all its grams together weigh half as much. */
const grams_weight = 0.5

export function offlineEmbedding(text: string): Float32Array {
  const counts = new Map<string, number>()
  const add = (feature: string, weight: number): void => void counts.set(feature, (counts.get(feature) ?? 0) + weight)
  const prefix = cutText(text.normalize('NFC'), words_max * characters_per_word)
  const stems = contentWords(prefix).slice(0, words_max)
  // A text of nothing but function words still has a place of its own.
  for (const stem of stems.length > 0 ? stems : wordsOf(prefix).slice(0, words_max)) {
    add(`w ${stem}`, 1)
    const framedStem = `^${stem}$`
    const total = grams.reduce((sum, size) => sum + Math.max(0, framedStem.length - size + 1), 0)
    for (const size of grams)
      for (let at = 0; at + size <= framedStem.length; at++)
        add(`g ${framedStem.slice(at, at + size)}`, grams_weight / total)
  }
  const vector = new Float32Array(dimensions)
  for (const [feature, count] of counts) {
    const hash = fnv1a(feature)
    const place = hash % dimensions
    const weight = count < 1 ? count : 1 + Math.log(count)
    vector[place] = (vector[place] ?? 0) + (hash & 0x8000_0000 ? weight : -weight)
  }
  const length = Math.sqrt(vector.reduce((sum, value) => sum + value * value, 0))
  return length === 0 ? unit() : vector.map((value) => value / length)
}

/** For a text without any word: a vector has to have a direction. */
function unit(): Float32Array {
  const vector = new Float32Array(dimensions)
  vector[0] = 1
  return vector
}

/** FNV-1a, 32 bits, with a final mixing so that its low bits are good too (MurmurHash3's). */
function fnv1a(text: string): number {
  let hash = 0x811c9dc5
  for (let at = 0; at < text.length; at++) {
    hash ^= text.charCodeAt(at)
    hash = Math.imul(hash, 0x01000193)
  }
  hash ^= hash >>> 16
  hash = Math.imul(hash, 0x85ebca6b)
  hash ^= hash >>> 13
  hash = Math.imul(hash, 0xc2b2ae35)
  return (hash ^ (hash >>> 16)) >>> 0
}
