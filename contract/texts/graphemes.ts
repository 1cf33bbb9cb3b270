/** Cuts texts between characters as a reader sees them (grapheme clusters, UAX #29), never inside of one. */

const segmenter = new Intl.Segmenter('und', { granularity: 'grapheme' })

/** How far around a place is looked; longer clusters are cut between code points. */
const window_units = 64

/** The text, or as many whole characters of it as fit into so many UTF-16 units. */
export function cutText(text: string, units_max: number): string {
  return text.length <= units_max ? text : text.slice(0, cutPlace(text, units_max))
}

/** The same with an ellipsis where something was left out; the ellipsis counts. */
export function shortText(text: string, units_max: number): string {
  return text.length <= units_max ? text : `${cutText(text, units_max - 1).trimEnd()}…`
}

/** The last place at or before `at` where a text can be cut. */
export function cutPlace(text: string, at: number): number {
  if (at <= 0) return 0
  if (at >= text.length) return text.length
  if (isPlain(text.charCodeAt(at - 1)) && isPlain(text.charCodeAt(at))) return at
  const start = codePointPlace(text, Math.max(0, at - window_units))
  const part = segmenter.segment(text.slice(start, at + window_units)).containing(at - start)
  const place = start + (part?.index ?? at - start)
  return place > start || start === 0 ? place : codePointPlace(text, at)
}

/** The last place at or before `at` that is not between the halves of a surrogate pair. */
function codePointPlace(text: string, at: number): number {
  const isLow = (text.charCodeAt(at) & 0xfc00) === 0xdc00
  return isLow && (text.charCodeAt(at - 1) & 0xfc00) === 0xd800 ? at - 1 : at
}

/** ASCII but the carriage return, and letters with accents, stand alone where the next one does too. */
function isPlain(unit: number): boolean {
  return unit < 0x300 && unit !== 13 && unit !== 0xa9 && unit !== 0xae
}
