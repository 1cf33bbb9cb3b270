/** At which byte each character of a decoded text began, for every encoding that the WHATWG Encoding standard names. */
import { utf8Length } from '@muster/contract/texts/encodings'

/** How many bytes the character has that begins at a place. */
type LengthAt = (bytes: Uint8Array, at: number) => number

/** The byte at which a code unit begins; `text.length` gives the end of the bytes. */
export function byteOffsets(text: string, bytes: Uint8Array, encoding: string): (index: number) => number {
  if (encoding === 'iso-2022-jp') return fromTable(startsOfJapanese(text, bytes), bytes)
  if (encoding.startsWith('utf-16')) return (index) => (index >= text.length ? bytes.length : index * 2)
  if (text.length === bytes.length) return (index) => index
  const lengthAt = lengths[encoding]
  return lengthAt ? fromTable(startsOf(text, bytes, lengthAt), bytes) : (index) => Math.min(index, bytes.length)
}

function fromTable(starts: Uint32Array, bytes: Uint8Array): (index: number) => number {
  return (index) => starts[index] ?? bytes.length
}

const lengths: Readonly<Record<string, LengthAt>> = {
  // A byte that is not UTF-8 stands for one character of Windows-1252.
  'utf-8': (bytes, at) => Math.max(1, utf8Length(bytes, at)),
  'utf-32le': () => 4,
  'utf-32be': () => 4,
  gbk: gbLength,
  gb18030: gbLength,
  big5: (bytes, at) => (isBetween(bytes[at], 0x81, 0xfe) ? 2 : 1),
  'euc-kr': (bytes, at) => (isBetween(bytes[at], 0x81, 0xfe) ? 2 : 1),
  shift_jis: (bytes, at) => (isBetween(bytes[at], 0x81, 0x9f) || isBetween(bytes[at], 0xe0, 0xfc) ? 2 : 1),
  'euc-jp': (bytes, at) => (bytes[at] === 0x8f ? 3 : bytes[at] === 0x8e || isBetween(bytes[at], 0xa1, 0xfe) ? 2 : 1),
}

function gbLength(bytes: Uint8Array, at: number): number {
  if (!isBetween(bytes[at], 0x81, 0xfe)) return 1
  return isBetween(bytes[at + 1], 0x30, 0x39) ? 4 : 2
}

function isBetween(byte: number | undefined, low: number, high: number): boolean {
  return byte !== undefined && byte >= low && byte <= high
}

/** Both halves of a surrogate pair begin at the same byte. */
function startsOf(text: string, bytes: Uint8Array, lengthAt: LengthAt): Uint32Array {
  const starts = new Uint32Array(text.length + 1)
  let byte = 0
  for (let index = 0; index < text.length; index++) {
    starts[index] = byte
    const isPair = isHighSurrogate(text.charCodeAt(index))
    // Four pairs of bytes of Big5 are a letter and a combining mark.
    const isMarked = bytes[byte] === 0x88 && /^[\u00ca\u00ea][\u0304\u030c]/.test(text.slice(index, index + 2))
    if (isPair || (isMarked && lengthAt === lengths.big5)) starts[++index] = byte
    byte += lengthAt(bytes, byte)
  }
  starts[text.length] = bytes.length
  return starts
}

/** Escapes switch between one and two bytes a character and are no characters themselves. */
function startsOfJapanese(text: string, bytes: Uint8Array): Uint32Array {
  const starts = new Uint32Array(text.length + 1)
  let width = 1
  let byte = 0
  for (let index = 0; index < text.length; index++) {
    while (bytes[byte] === 0x1b) {
      width = bytes[byte + 1] === 0x24 ? 2 : 1
      byte += bytes[byte + 1] === 0x24 && bytes[byte + 2] === 0x28 ? 4 : 3
    }
    starts[index] = byte
    byte += width
  }
  starts[text.length] = bytes.length
  return starts
}

function isHighSurrogate(unit: number): boolean {
  return unit >= 0xd800 && unit <= 0xdbff
}
