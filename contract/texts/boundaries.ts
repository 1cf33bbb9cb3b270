/** Words and ends of sentences of all scripts, for texts with marks and for scripts that write no spaces. */

/** What ends a sentence wherever it stands, as a full stop does only before white space. */
export const fullStops = '。！？｡．।॥؟۔։።፧။។᠃᠉꓿'
/** What ends a sentence, at the end of a text or before white space. */
export const sentenceEnds = `.!?…${fullStops}`
/** What closes a quotation or bracket and belongs to the sentence before. */
export const closingMarks = '"\'”’)]»」』）〉》】'

/** Whether the text ends as a sentence does, quotations and brackets closed behind it. */
export function endsSentence(text: string): boolean {
  let end = text.length
  while (end > 0 && closingMarks.includes(text.charAt(end - 1))) end--
  return end > 0 && sentenceEnds.includes(text.charAt(end - 1))
}

/**
 * A word: letters and digits with their marks, joined by apostrophes, hyphens and the signs that stand inside of words
 * in Catalan, Hebrew, Persian and the scripts of India.
 */
const word =
  /[\p{L}\p{N}][\p{L}\p{M}\p{N}\p{Join_Control}]*(?:['’\u00b7\u05f3\u05f4-][\p{L}\p{N}][\p{L}\p{M}\p{N}\p{Join_Control}]*)*/gu

/** Scripts that write no spaces between words. */
const spaceless =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}]/u

const segmenter = new Intl.Segmenter('und', { granularity: 'word' })
/** The dictionaries look at a run as a whole, so a long one is handed to them in pieces. */
const run_units_max = 2000

/** The words of a text in order, composed (NFC). */
export function wordsIn(text: string): string[] {
  const words: string[] = []
  for (const [match] of text.normalize('NFC').matchAll(word)) {
    const plain = match.replace(/\p{Join_Control}+$/u, '')
    if (isSpaceless(plain)) for (const part of spacelessWords(plain)) words.push(part)
    else words.push(plain)
  }
  return words
}

/** Whether the text has letters of a script that writes no spaces. */
export function isSpaceless(text: string): boolean {
  // All of these scripts stand behind the letters of Latin, Greek, Cyrillic, Hebrew, Arabic and India.
  for (let at = 0; at < text.length; at++) if (text.charCodeAt(at) > 0xdff) return spaceless.test(text)
  return false
}

function spacelessWords(run: string): string[] {
  const words: string[] = []
  for (let start = 0; start < run.length; start += run_units_max) {
    for (const { segment, isWordLike } of segmenter.segment(run.slice(start, start + run_units_max)))
      if (isWordLike) words.push(segment)
  }
  return words
}
