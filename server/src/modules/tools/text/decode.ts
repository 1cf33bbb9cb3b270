/**
 * Decodes the bytes of a text to a string and keeps the byte offsets: every citation is a byte range of the ORIGINAL
 * file, whatever its encoding, so a byte order mark is skipped but counted and CRLF stays.
 */
import { readText, type TextFacts } from '@muster/contract/texts/encodings'
import { CapabilityError } from '../tools.port.ts'
import { byteOffsets } from './byte-offsets.ts'

export interface DecodedText {
  readonly text: string
  /** The byte at which the UTF-16 code unit `index` begins; `byteAt(text.length)` is the end. */
  byteAt(index: number): number
  /** The first code unit that begins at or after `byte`. */
  indexAt(byte: number): number
  /** Such as `utf-8`, `utf-8 with errors` or `windows-1252 (assumed)`. */
  readonly encoding: string
  /** What a person must know about the reading; empty where the encoding is certain. */
  readonly note: string
}

/** @throws CapabilityError `media_type` for bytes that are no text, or whose encoding cannot be told. */
export function decodeText(bytes: Uint8Array, facts: TextFacts & { readonly name: string }): DecodedText {
  const reading = readText(bytes, facts)
  if ('problem' in reading) throw new CapabilityError('media_type', `${facts.name} cannot be read: ${reading.problem}`)
  const { text, encoding, mark_bytes, assumed, repaired } = reading
  const body = bytes.subarray(mark_bytes)
  const byteAt = byteOffsets(text, body, encoding)
  return {
    ...createDecodedText(text, (index) => mark_bytes + byteAt(index)),
    encoding: repaired ? 'utf-8 with errors' : assumed ? `${encoding} (assumed)` : encoding,
    note: repaired
      ? `${facts.name} holds bytes that are not UTF-8; they were read as Windows-1252.`
      : assumed
        ? `${facts.name} does not say its encoding and was read as Windows-1252.`
        : '',
  }
}

function createDecodedText(text: string, byteAt: (index: number) => number) {
  const indexAt = (byte: number): number => {
    let low = 0
    let high = text.length
    while (low < high) {
      const middle = (low + high) >> 1
      if (byteAt(middle) < byte) low = middle + 1
      else high = middle
    }
    return low
  }
  return { text, byteAt, indexAt }
}
