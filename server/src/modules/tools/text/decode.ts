/**
 * Decodes UTF-8 bytes to a string and keeps the byte offsets: every citation is a byte range of the ORIGINAL file, so a
 * byte order mark is skipped but counted, CRLF stays, and bytes that are not UTF-8 become U+FFFD without shifting
 * anything after them.
 */

export interface DecodedText {
  readonly text: string
  /** The byte at which the UTF-16 code unit `index` begins; `byteAt(text.length)` is the end. */
  byteAt(index: number): number
  /** The first code unit that begins at or after `byte`. */
  indexAt(byte: number): number
  readonly encoding: 'utf-8' | 'utf-8 with errors'
}

export function decodeText(bytes: Uint8Array): DecodedText {
  const start = hasByteOrderMark(bytes) ? 3 : 0
  const body = bytes.subarray(start)
  const text = decodeStrictly(body)
  if (text !== null && text.length === body.length) return createDecodedText(text, 'utf-8', (index) => start + index)
  const { text: whole, starts } = text === null ? decodeLeniently(body) : { text, starts: startsOf(text) }
  const encoding = text === null ? 'utf-8 with errors' : 'utf-8'
  return createDecodedText(whole, encoding, (index) => start + (starts[index] ?? body.length))
}

function createDecodedText(
  text: string,
  encoding: DecodedText['encoding'],
  byteAt: (index: number) => number,
): DecodedText {
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
  return { text, byteAt, indexAt, encoding }
}

function hasByteOrderMark(bytes: Uint8Array): boolean {
  return bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf
}

function decodeStrictly(bytes: Uint8Array): string | null {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    return null
  }
}

/** Byte offsets of the code units of a well-formed string; both halves of a surrogate pair begin at the same byte. */
function startsOf(text: string): Uint32Array {
  const starts = new Uint32Array(text.length + 1)
  let byte = 0
  for (let index = 0; index < text.length; index++) {
    starts[index] = byte
    const unit = text.charCodeAt(index)
    if (unit >= 0xd800 && unit <= 0xdbff) {
      starts[++index] = byte
      byte += 4
    } else byte += unit < 0x80 ? 1 : unit < 0x800 ? 2 : 3
  }
  starts[text.length] = byte
  return starts
}

/** As the WHATWG decoder does it: each longest run of bytes that begins a character and breaks off is one U+FFFD. */
function decodeLeniently(bytes: Uint8Array): { text: string; starts: Uint32Array } {
  const text = new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes)
  const starts = new Uint32Array(text.length + 1)
  let index = 0
  for (let byte = 0; byte < bytes.length; ) {
    const length = sequenceLength(bytes, byte)
    starts[index++] = byte
    if (length === 4) starts[index++] = byte
    byte += Math.abs(length)
  }
  starts[text.length] = bytes.length
  return { text, starts }
}

/** The length of the character that begins here, or minus the number of bytes that one U+FFFD stands for. */
function sequenceLength(bytes: Uint8Array, at: number): number {
  const lead = bytes[at] ?? 0
  if (lead < 0x80) return 1
  const length =
    lead >= 0xc2 && lead <= 0xdf ? 2 : lead >= 0xe0 && lead <= 0xef ? 3 : lead >= 0xf0 && lead <= 0xf4 ? 4 : 0
  if (length === 0) return -1
  for (let next = 1; next < length; next++) {
    const byte = bytes[at + next] ?? 0
    const [low, high] = next === 1 ? secondByteRange(lead) : [0x80, 0xbf]
    if (byte < low || byte > high) return -next
  }
  return length
}

/** Table 3-7 of the Unicode Standard: no overlong forms, no surrogates, nothing above U+10FFFF. */
function secondByteRange(lead: number): readonly [number, number] {
  if (lead === 0xe0) return [0xa0, 0xbf]
  if (lead === 0xed) return [0x80, 0x9f]
  if (lead === 0xf0) return [0x90, 0xbf]
  if (lead === 0xf4) return [0x80, 0x8f]
  return [0x80, 0xbf]
}
