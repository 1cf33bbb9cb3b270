/** Reads the visible text of a source at a byte range, with which grounding compares a claim. */
import type { ArtifactContent, TextAt } from '../tools.port.ts'
import type { Block } from './blocks.ts'
import type { DecodedText } from './decode.ts'
import { readHtml } from './read-html.ts'
import { markdownPieces, readPiece } from './read-markdown.ts'
import { decodeContent, formatOf, source_bytes_max } from './source.ts'

/** Longer HTML is not parsed as a whole, but from the beginning of each range, so that a commit never waits for it. */
const whole_chars_max = 256 * 1024

/**
 * Decodes at the first call; parses only for ranges that hold markup, and of long Markdown only the pieces concerned.
 * Null for a range outside of the source, or one that is not a range.
 */
export function textAtOf(content: ArtifactContent): TextAt {
  let decodedText: DecodedText | undefined
  const blocksByStart = new Map<number, readonly Block[]>()
  return (byte_start, byte_end) => {
    const size = Math.min(content.bytes.length, source_bytes_max)
    if (!Number.isInteger(byte_start) || !Number.isInteger(byte_end)) return null
    if (byte_start < 0 || byte_end > size || byte_start >= byte_end) return null
    const format = formatOf(content)
    decodedText ??= decodeContent(content, format)
    const [start, end] = [decodedText.indexAt(byte_start), decodedText.indexAt(byte_end)]
    const raw = decodedText.text.slice(start, end)
    if (format === 'text' || !/[<>&\\*_`[\]()~!\0-]/.test(raw)) return raw
    const { text } = decodedText
    if (format === 'html' && text.length > whole_chars_max)
      return visibleIn([readHtml(text, start, end).blocks], start, end)
    if (format === 'html') return visibleIn([blocksOf(blocksByStart, 0, () => readHtml(text).blocks)], start, end)
    const pieces = markdownPieces(text).filter(([from, to]) => from < end && to > start)
    return visibleIn(
      pieces.map(([from, to]) => blocksOf(blocksByStart, from, () => readPiece(text, from, to))),
      start,
      end,
    )
  }
}

function blocksOf(
  blocksByStart: Map<number, readonly Block[]>,
  at: number,
  parse: () => readonly Block[],
): readonly Block[] {
  const blocks = blocksByStart.get(at) ?? parse()
  blocksByStart.set(at, blocks)
  return blocks
}

function visibleIn(pieces: readonly (readonly Block[])[], start: number, end: number): string {
  const texts: string[] = []
  for (const block of pieces.flat()) {
    const last = block.from.length - 1
    if ((block.to[last] ?? 0) <= start || (block.from[0] ?? 0) >= end) continue
    let visible = ''
    block.from.forEach((from, index) => {
      if (from >= start && (block.to[index] ?? 0) <= end) visible += block.text.charAt(index)
    })
    if (visible !== '') texts.push(visible)
  }
  return texts.join(' ')
}
