/**
 * The least number of output tokens that a stream can have cost by now, so that no honest stream is cut.
 *
 * Tokenizers split at white space first: a word is one token at least. And no token of the vocabularies in use is
 * longer than 128 bytes, of which the longest are runs of one character; that bounds texts without white space.
 */
import type { Delta } from '../gateway.types.ts'

const token_bytes_max = 128

export interface OutputCounter {
  add(deltas: readonly Delta[]): void
  tokens(): number
}

export function createOutputCounter(): OutputCounter {
  /** The length in bytes of each text's last word so far; 0 after white space. */
  const open = new Map<string, number>()
  let tokens = 0
  return {
    tokens: () => tokens,
    add(deltas) {
      for (const { kind, voice, text } of deltas) {
        if (text === '') continue
        const key = `${kind} ${voice}`
        const wordCount = countWords(text, open.get(key) ?? 0)
        open.set(key, wordCount.open_bytes)
        tokens += wordCount.tokens
      }
    },
  }
}

function countWords(text: string, before_bytes: number): { readonly tokens: number; readonly open_bytes: number } {
  let tokens = 0
  let open_bytes = 0
  for (const { 0: word, index } of text.matchAll(/\S+/g)) {
    const known_bytes = index === 0 ? before_bytes : 0
    const bytes = known_bytes + Buffer.byteLength(word)
    tokens += tokensOf(bytes) - tokensOf(known_bytes)
    open_bytes = index + word.length === text.length ? bytes : 0
  }
  return { tokens, open_bytes }
}

const tokensOf = (bytes: number): number => Math.ceil(bytes / token_bytes_max)
