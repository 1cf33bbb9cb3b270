/** Splits a block's text into sentences: in one pass, with a bounded number of looks at each character. */

import { closingMarks, fullStops, sentenceEnds } from '@muster/contract/texts/boundaries'
import { cutPlace } from '@muster/contract/texts/graphemes'

/** Longer sentences (text without a stop, an endless word) are cut, which bounds all later work. */
export const sentence_chars_max = 600

const stopsAndClosings = sentenceEnds + closingMarks

export type Span = readonly [start: number, end: number]

const abbreviations = new Set(
  `mr mrs ms dr prof st sr jr vs etc eg ie e.g i.e a.m p.m u.s u.k no nos vol fig figs sec ch pp p approx ca cf al dept
  est inc ltd co corp mt ft jan feb mar apr jun jul aug sep sept oct nov dec mon tue wed thu fri sat sun
  z.b bzw ca evtl ggf nr usw vgl`.split(/\s+/),
)

export function sentencesOf(text: string): readonly Span[] {
  const spans: Span[] = []
  let start = 0
  for (let at = 0; at < text.length; at++) {
    const stop = stopAt(text, at)
    if (stop < 0) continue
    pushCut(spans, text, [start, stop])
    start = stop
    at = stop - 1
  }
  pushCut(spans, text, [start, text.length])
  return spans
}

/** Where the sentence ends if a full stop stands at `at`, else -1. */
function stopAt(text: string, at: number): number {
  const character = text.charAt(at)
  if (fullStops.includes(character)) return behindClosing(text, at + 1)
  if (character !== '.' && character !== '!' && character !== '?' && character !== '…') return -1
  const end = behindClosing(text, at + 1)
  if (end === text.length) return end
  if (text.charAt(end) !== ' ' || !beginsSentence(text, end + 1)) return -1
  return character === '.' && isAbbreviation(text, at) ? -1 : end
}

/** Behind further stops and what closes quotations. */
function behindClosing(text: string, at: number): number {
  let end = at
  while (end < text.length && end < at + 7 && stopsAndClosings.includes(text.charAt(end))) end++
  return end
}

function beginsSentence(text: string, at: number): boolean {
  const next = text.charAt(at)
  return next === '' || next.toUpperCase() !== next.toLowerCase() ? next === next.toUpperCase() : next !== ','
}

/** `Dr.`, `e.g.`, or an initial before the stop at `at`; the C of 36 °C is none. */
function isAbbreviation(text: string, at: number): boolean {
  let start = at
  while (start > 0 && at - start < 6 && /[\p{L}\p{M}.]/u.test(text.charAt(start - 1))) start--
  const word = text.slice(start, at)
  if (word.length === 1) return word !== 'I' && word === word.toUpperCase() && /^$|[\s(-]/.test(text.charAt(start - 1))
  return abbreviations.has(word.toLowerCase())
}

/** Adds the sentence without the white space around it, in pieces where it is too long. */
function pushCut(spans: Span[], text: string, [start, end]: Span): void {
  let from = start
  while (from < end && text.charAt(from) === ' ') from++
  while (end - from > sentence_chars_max) {
    const limit = from + sentence_chars_max
    const space = from + text.slice(from, limit + 1).lastIndexOf(' ')
    const to = space > from ? space : cutPlace(text, limit)
    spans.push([from, to])
    from = text.charAt(to) === ' ' ? to + 1 : to
  }
  if (from < end) spans.push([from, end])
}
