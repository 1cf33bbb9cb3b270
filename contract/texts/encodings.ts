/**
 * Which encoding the bytes of a text have, in the order of the WHATWG Encoding and HTML standards: a byte order mark,
 * what is declared, UTF-16 and UTF-32 without a mark, UTF-8, and Windows-1252 as an assumption that is said.
 */
import { isPlausibleWesternText } from './western-text.ts'

/** What is known of a text beside its bytes. */
export interface TextFacts {
  /** The charset that a media type names; it may be unknown. */
  readonly charset?: string | undefined
  /** Whether the text may declare its encoding itself: HTML by `meta`, XML by its declaration. */
  readonly markup?: boolean
  /** Whether the bytes were cut off at their end, so that the last character may be incomplete. */
  readonly cut?: boolean
}

/** A text that was read, and how sure its encoding is. */
export interface ReadText {
  readonly text: string
  /** The label of the encoding in the WHATWG's spelling, or `utf-32le`, `utf-32be`. */
  readonly encoding: string
  /** How many bytes the byte order mark has. */
  readonly mark_bytes: number
  /** Whether nothing declared the encoding and the bytes do not prove it. */
  readonly assumed: boolean
  /** Whether some bytes of a UTF-8 text are not UTF-8 and were read as Windows-1252. */
  readonly repaired: boolean
}

/** A text, or why the bytes are none. */
export type TextResult = ReadText | { readonly problem: string }

const marks: readonly (readonly [encoding: string, ...bytes: number[]])[] = [
  ['utf-32le', 0xff, 0xfe, 0, 0],
  ['utf-32be', 0, 0, 0xfe, 0xff],
  ['gb18030', 0x84, 0x31, 0x95, 0x33],
  ['utf-8', 0xef, 0xbb, 0xbf],
  ['utf-16le', 0xff, 0xfe],
  ['utf-16be', 0xfe, 0xff],
]

/** How far a declaration inside of a document is looked for; browsers look at 1,024 bytes. */
const declaration_bytes_max = 4096

/** Reads the bytes of a text. The problem of bytes that are no text is a phrase such as `it is not text`. */
export function readText(bytes: Uint8Array, facts: TextFacts = {}): TextResult {
  const mark = marks.find(([, ...values]) => values.every((value, at) => bytes[at] === value))
  if (mark) {
    const [encoding, ...values] = mark
    const text = decodeAs(bytes.subarray(values.length), encoding, facts.cut)
    if (text !== null) return { ...certain(text, encoding), mark_bytes: values.length }
    if (encoding !== 'utf-8')
      return { problem: `it begins with the byte order mark of ${encoding} and is not ${encoding}` }
    const rest = readUnmarked(bytes.subarray(3), { ...facts, charset: undefined })
    return 'problem' in rest ? rest : { ...rest, mark_bytes: 3 }
  }
  return readUnmarked(bytes, facts)
}

function readUnmarked(bytes: Uint8Array, facts: TextFacts): TextResult {
  const declared = labelOf(facts.charset) ?? (facts.markup ? declaredIn(bytes) : undefined)
  if (declared !== undefined) {
    const text = decodeAs(bytes, declared, facts.cut)
    if (text !== null && isText(text)) return certain(text, declared)
  }
  if (hasControls(bytes)) {
    const reading = readWide(bytes, facts)
    if (!('problem' in reading) || bytes.includes(0)) return reading
  }
  const japanese = bytes.includes(0x1b) ? decodeAs(bytes, 'iso-2022-jp', facts.cut) : null
  if (japanese !== null && isText(japanese)) return certain(japanese, 'iso-2022-jp')
  const text = decodeAs(bytes, 'utf-8', facts.cut)
  if (text !== null) return certain(text, 'utf-8')
  return readUndeclared(bytes)
}

/** UTF-16 and UTF-32 without a mark hold null bytes and others that no text of single bytes has. */
function readWide(bytes: Uint8Array, facts: TextFacts): TextResult {
  const readings = ['utf-32le', 'utf-32be', 'utf-16le', 'utf-16be'].flatMap((encoding) => {
    const text = decodeAs(bytes, encoding, facts.cut)
    return text !== null && text !== '' && isText(text) ? [{ ...certain(text, encoding), spaces: spacesIn(text) }] : []
  })
  const [best, next] = readings.sort((one, other) => other.spaces - one.spaces)
  if (best && (next === undefined || best.spaces > next.spaces)) {
    const { spaces: _, ...reading } = best
    return reading
  }
  return { problem: 'it is not text' }
}

function readUndeclared(bytes: Uint8Array): TextResult {
  if (isDamagedUtf8(bytes)) return { ...certain(repairUtf8(bytes), 'utf-8'), assumed: true, repaired: true }
  const text = decodeAs(bytes, 'windows-1252') ?? ''
  if (isPlausibleWesternText(text)) return { ...certain(text, 'windows-1252'), assumed: true }
  return { problem: 'it does not say its encoding and is neither UTF-8 nor Windows-1252; save it as UTF-8' }
}

function certain(text: string, encoding: string): ReadText {
  return { text, encoding, mark_bytes: 0, assumed: false, repaired: false }
}

/** The text in the named encoding; null where the bytes are not of it. */
export function decodeAs(bytes: Uint8Array, encoding: string, cut = false): string | null {
  if (encoding === 'utf-32le' || encoding === 'utf-32be') return decodeUtf32(bytes, encoding === 'utf-32le', cut)
  // Node.js reads 0x80 to 0x9F of Windows-1252 as control characters.
  if (encoding === 'windows-1252') return decodeWindows1252(bytes)
  try {
    return new TextDecoder(encoding, { fatal: true, ignoreBOM: true }).decode(bytes, { stream: cut })
  } catch {
    return null
  }
}

function decodeUtf32(bytes: Uint8Array, isLittleEndian: boolean, cut: boolean): string | null {
  if (bytes.length % 4 !== 0 && !cut) return null
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const pieces: string[] = []
  for (let at = 0; at + 4 <= bytes.length; at += 4) {
    const code = view.getUint32(at, isLittleEndian)
    if (code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff)) return null
    pieces.push(String.fromCodePoint(code))
  }
  return pieces.join('')
}

/** The characters of 0x80 to 0x9F; five of them are undefined and stay what they are, as in browsers. */
const upper1252 =
  '\u20ac\u0081\u201a\u0192\u201e\u2026\u2020\u2021\u02c6\u2030\u0160\u2039\u0152\u008d\u017d\u008f\u0090\u2018\u2019\u201c\u201d\u2022\u2013\u2014\u02dc\u2122\u0161\u203a\u0153\u009d\u017e\u0178'

function decodeWindows1252(bytes: Uint8Array): string {
  const pieces: string[] = []
  for (let start = 0; start < bytes.length; start += 8192) {
    const units = Array.from(bytes.subarray(start, start + 8192), unit1252)
    pieces.push(String.fromCharCode(...units))
  }
  return pieces.join('')
}

function unit1252(byte: number): number {
  return byte >= 0x80 && byte <= 0x9f ? upper1252.charCodeAt(byte - 0x80) : byte
}

/** The label of an encoding that can be read, in the WHATWG's spelling; undefined for any other. */
function labelOf(charset: string | undefined): string | undefined {
  const label = charset?.trim().toLowerCase() ?? ''
  if (label === '') return undefined
  if (/^utf-?32-?(le|be)$/.test(label)) return `utf-32${label.slice(-2)}`
  try {
    return new TextDecoder(label).encoding
  } catch {
    return undefined
  }
}

/** What `<meta charset>`, `<meta http-equiv content>` or `<?xml encoding?>` at the beginning says. */
function declaredIn(bytes: Uint8Array): string | undefined {
  const head = decodeWindows1252(bytes.subarray(0, declaration_bytes_max)).replace(/<!--[\s\S]*?-->/g, '')
  const xml = /^\s*<\?xml\b[^>]*?\bencoding\s*=\s*["']([^"']{1,40})["']/i.exec(head)?.[1]
  const meta = /<meta\b[^>]*?\bcharset\s*=\s*["']?\s*([^"'\s;>/]{1,40})/i.exec(head)?.[1]
  const label = labelOf(meta) ?? labelOf(xml)
  // A declaration that could be read as single bytes cannot be UTF-16 (HTML standard, 13.2.3.2).
  return label?.startsWith('utf-16') || label?.startsWith('utf-32') ? 'utf-8' : label
}

/** Whether there are bytes that a text of single bytes does not have; the escape character may switch ISO-2022-JP. */
function hasControls(bytes: Uint8Array): boolean {
  return bytes.some((byte) => byte < 0x20 && (byte < 9 || byte > 13) && byte !== 0x1b)
}

/** No null characters, and neither unassigned characters nor private ones. */
function isText(text: string): boolean {
  return !/[\0-\x08\x0e-\x1a\x1c-\x1f\x7f\p{Cn}\p{Co}]/u.test(text)
}

function spacesIn(text: string): number {
  return text.match(/[ \t\r\n.,:;\u3000-\u3002]/g)?.length ?? 0
}

/**
 * Whether the bytes are UTF-8 with a few errors: hardly any, or some that touch no character of several bytes, as they
 * do where the bytes of another encoding happen to fit.
 */
function isDamagedUtf8(bytes: Uint8Array): boolean {
  let valid = 0
  let stray = 0
  let touching = 0
  for (let at = 0, before = 1; at < bytes.length; ) {
    const length = utf8Length(bytes, at)
    if (length > 1) valid++
    if (length < 0) stray++
    if ((length > 1 && before < 0) || (length < 0 && before > 1)) touching++
    before = length
    at += Math.abs(length)
  }
  return stray * 20 <= valid || (touching === 0 && stray <= valid * 2)
}

/** UTF-8 in which every byte that is not of it is read as Windows-1252. */
function repairUtf8(bytes: Uint8Array): string {
  const pieces: string[] = []
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true })
  let start = 0
  for (let at = 0; at < bytes.length; ) {
    const length = utf8Length(bytes, at)
    if (length < 0) {
      pieces.push(decoder.decode(bytes.subarray(start, at)), decodeWindows1252(bytes.subarray(at, at - length)))
      start = at - length
    }
    at += Math.abs(length)
  }
  pieces.push(decoder.decode(bytes.subarray(start)))
  return pieces.join('')
}

/** The length of the UTF-8 character that begins here, or minus the number of bytes that begin one and break off. */
export function utf8Length(bytes: Uint8Array, at: number): number {
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
