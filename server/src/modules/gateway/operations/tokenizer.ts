/** Counts tokens as OpenAI's models since GPT-4o do. The tokenizers of other vendors are not public. */
import { createRequire } from 'node:module'

/** Longer runs of letters or of white space are counted in pieces, since the time of one grows by its square. */
const run_characters_max = 512
const longRuns = new RegExp(`\\S{${run_characters_max + 1},}|\\s{${run_characters_max + 1},}`, 'gu')
const pieces = new RegExp(`.{1,${run_characters_max}}`, 'gsu')

export function countTokens(text: string): number {
  let tokens = 0
  let start = 0
  for (const { 0: run, index } of text.matchAll(longRuns)) {
    tokens += count(text.slice(start, index))
    for (const [piece] of run.matchAll(pieces)) tokens += count(piece)
    start = index + run.length
  }
  return tokens + count(text.slice(start))
}

interface Tokenizer {
  countTokens(text: string, options: { readonly disallowedSpecial: Set<string> }): number
}

let tokenizer: Tokenizer | undefined
/** Names of special tokens in a text are words. */
const words_only = { disallowedSpecial: new Set<string>() }

function count(text: string): number {
  // Its tables take a third of a second to load, so only a thread that counts does so.
  tokenizer ??= createRequire(import.meta.url)('gpt-tokenizer/encoding/o200k_base') as Tokenizer
  return text === '' ? 0 : tokenizer.countTokens(text, words_only)
}
