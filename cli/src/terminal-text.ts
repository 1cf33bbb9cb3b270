/** Texts in the columns of a terminal: East Asian characters and emoji take two, marks take none. */
import stringWidth from 'string-width'
import type { Output } from './io.ts'

const segmenter = new Intl.Segmenter('und', { granularity: 'grapheme' })

/** Text for a terminal: control characters are shown as a replacement, so that data cannot steer the terminal. */
export function printable(text: string): string {
  return text.replace(/\p{Cc}/gu, (character) => (character === '\n' || character === '\t' ? character : '\ufffd'))
}

/** Characters that reorder the text around them, beyond the name or title that they stand in. */
const reordering = /[\u202a-\u202e\u2066-\u2069]/g

/** The same on one line, in the order that it was written in. */
export function oneLine(text: string): string {
  return printable(text)
    .replace(/[\n\t]+/g, ' ')
    .replace(reordering, '')
}

/** How wide and high a terminal is. Some report 0 for what they do not know (CI, Emacs); then it is 80 by 24. */
export function sizeOf({ columns, rows }: Pick<Output, 'columns' | 'rows'>): {
  readonly columns: number
  readonly rows: number
} {
  return { columns: columns || 80, rows: rows || 24 }
}

/** The number of columns that a text takes on one line. */
export function columnsOf(text: string): number {
  return stringWidth(text)
}

/** Cut to a number of columns between characters, with an ellipsis where something was cut. */
export function truncate(text: string, columns: number): string {
  if (columns <= 0) return ''
  // Measuring takes longer than reading: a text of many times the columns is not measured whole.
  if (text.length <= columns * 40 && columnsOf(text) <= columns) return text
  let width = 0
  let kept = ''
  for (const { segment } of segmenter.segment(text)) {
    width += columnsOf(segment)
    if (width > columns - 1) break
    kept += segment
  }
  return `${kept}…`
}

/** The number of rows that a line takes; a wide character that does not fit at the end of a row begins the next. */
export function rowsOf(text: string, columns: number): number {
  let rows = 1
  let width = 0
  for (const { segment } of segmenter.segment(text)) {
    const more = columnsOf(segment)
    if (width > 0 && width + more > columns) {
      rows++
      width = 0
    }
    width += more
  }
  return rows
}

/** Filled up with spaces to a number of columns. */
export function padded(text: string, columns: number): string {
  return text + ' '.repeat(Math.max(0, columns - columnsOf(text)))
}
