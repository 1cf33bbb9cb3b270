/**
 * What media in a request may take in tokens, by kind: pages of a PDF, seconds of sound, one picture whatever its
 * bytes. Where the bytes do not tell, the number is an estimate on the safe side.
 */
import type { JsonObject } from '@muster/contract/values'
import { object } from './usage.ts'

/** What a large picture costs in high detail. */
const tokens_per_image = 2_000
/** A page costs its text and a picture of it. */
const tokens_per_page = 3_000
const bytes_per_page = 20_000
/** A file may name fewer pages than it has: a page that is a scanned picture takes about as much. */
const bytes_per_page_max = 100_000
/** For a document at an address or behind an ID, whose length nobody can know here. */
const unknown_pages = 10
const pages_max = 1_000
/** Gemini takes 32 tokens for a second of sound, OpenAI 10. */
const tokens_per_sound_second = 32
const tokens_per_video_second = 300
const sound_bytes_per_second = 4_000
const video_bytes_per_second = 50_000
/** For sound and video at an address. */
const unknown_seconds = 600
const bytes_per_text_token = 3
/** How much of a document is searched for its pages, half of it at each end. */
const searched_bytes_max = 2_000_000
const beside_bytes = 400
const places_max = 2_000
const letter_s = 0x73

export interface MediaPart {
  readonly tokens: number
  /** The one text that was read as bytes; all others of the part are words. */
  readonly data?: { readonly holder: JsonObject; readonly field: string }
}

/** The media of a content part in OpenAI's or Anthropic's wire; undefined for a part without any. */
export function mediaIn(part: JsonObject): MediaPart | undefined {
  return typeof part.type === 'string' ? partReaders[part.type]?.(part) : undefined
}

/** By the type of the part. */
const partReaders: Readonly<Record<string, (part: JsonObject) => MediaPart | undefined>> = {
  image: ({ source }) => sourceMedia(object(source), 'image/*'),
  document: ({ source }) => sourceMedia(object(source), 'application/pdf'),
  image_url: (part) => addressMedia(part, 'image_url', 'image/*'),
  input_image: (part) => addressMedia(part, 'image_url', 'image/*'),
  video_url: (part) => addressMedia(part, 'video_url', 'video/*'),
  audio_url: (part) => addressMedia(part, 'audio_url', 'audio/*'),
  input_audio: ({ input_audio }) => soundMedia(object(input_audio)),
  file: ({ file }) => fileMedia(object(file)),
  input_file: (part) => fileMedia(part),
}

/** Anthropic's sources; one of text is words. */
function sourceMedia(source: JsonObject, kind: string): MediaPart | undefined {
  const { type, media_type, data } = source
  if (type === 'base64' && typeof data === 'string')
    return readMedia(source, 'data', tokensOf(typeof media_type === 'string' ? media_type : kind, data))
  return type === 'url' || type === 'file' ? { tokens: unknownTokens(kind) } : undefined
}

const readMedia = (holder: JsonObject, field: string, tokens: number): MediaPart => ({
  tokens,
  data: { holder, field },
})

/** An address stands in the field itself, or in its `url`. */
function addressMedia(part: JsonObject, field: string, kind: string): MediaPart {
  const [holder, name] = typeof part[field] === 'string' ? [part, field] : [object(part[field]), 'url']
  const { media_type, data } = dataUrl(String(holder[name] ?? '')) ?? {}
  return data === undefined
    ? { tokens: unknownTokens(kind) }
    : readMedia(holder, name, tokensOf(media_type ?? kind, data))
}

function soundMedia(sound: JsonObject): MediaPart {
  const text = typeof sound.data === 'string' ? sound.data : ''
  const { media_type = `audio/${String(sound.format ?? '')}`, data = text } = dataUrl(text) ?? {}
  return readMedia(sound, 'data', tokensOf(media_type, data))
}

/** `file_data` is a data URL, or bare base64 beside a file's name. */
function fileMedia(file: JsonObject): MediaPart {
  const { file_data, filename } = file
  if (typeof file_data !== 'string') return { tokens: unknownTokens('application/pdf') }
  const isPdf = file_data.startsWith(pdf_base64) || /\.pdf$/i.test(String(filename ?? ''))
  const { media_type = '', data } = dataUrl(file_data) ?? {
    media_type: isPdf ? 'application/pdf' : '',
    data: file_data,
  }
  return readMedia(file, 'file_data', tokensOf(media_type, data))
}

/** `%PDF-` in base64. */
const pdf_base64 = 'JVBERi'

function dataUrl(url: string): { readonly media_type: string | undefined; readonly data: string } | undefined {
  const [head, media_type] = /^data:([a-z]+\/[a-z0-9.+-]{1,100})?[^,]{0,200};base64,/i.exec(url.slice(0, 400)) ?? []
  return head === undefined ? undefined : { media_type, data: url.slice(head.length) }
}

function tokensOf(media_type: string, data: string): number {
  const [kind = ''] = media_type.toLowerCase().split('/', 1)
  const bytes = Math.floor((data.length * 3) / 4)
  if (kind === 'image') return tokens_per_image
  if (kind === 'audio') return Math.ceil(secondsOf(data, bytes)) * tokens_per_sound_second
  if (kind === 'video') return Math.ceil(bytes / video_bytes_per_second) * tokens_per_video_second
  if (/^application\/(x-)?pdf$/i.test(media_type)) return pagesOf(data, bytes) * tokens_per_page
  return Math.ceil(bytes / bytes_per_text_token)
}

function unknownTokens(kind: string): number {
  if (kind.startsWith('image/')) return tokens_per_image
  if (kind.startsWith('audio/')) return unknown_seconds * tokens_per_sound_second
  if (kind.startsWith('video/')) return unknown_seconds * tokens_per_video_second
  return unknown_pages * tokens_per_page
}

/**
 * Pages that stand in the file openly, and no fewer than so many bytes must have; those of compressed page trees are
 * estimated by the bytes.
 */
function pagesOf(data: string, bytes: number): number {
  const half = Math.ceil(searched_bytes_max / 2 / 3) * 4
  // Base64 is read in groups of four from its beginning.
  const ends =
    bytes <= searched_bytes_max ? [data] : [data.slice(0, half), data.slice(Math.floor((data.length - half) / 4) * 4)]
  const pages = Buffer.concat(ends.map((end) => Buffer.from(end, 'base64')))
  let told = 0
  let tree = 0
  for (const at of placesOf(pages, '/Page')) {
    if (!/\/Type\s{0,9}$/.test(pages.toString('latin1', Math.max(0, at - 16), at))) continue
    if (pages[at + 5] !== letter_s) told += 1
    else tree = Math.max(tree, countBeside(pages, at))
  }
  const count = Math.max(told, tree)
  const pages_min = Math.ceil(bytes / (count > 0 ? bytes_per_page_max : bytes_per_page))
  return Math.min(pages_max, Math.max(1, count, pages_min))
}

function* placesOf(bytes: Buffer, text: string): Generator<number> {
  let at = bytes.indexOf(text, 0, 'latin1')
  for (let found = 0; at >= 0 && found < places_max; found++) {
    yield at
    at = bytes.indexOf(text, at + text.length, 'latin1')
  }
}

/** The `/Count` of a node of the page tree; bookmarks have counts too. */
function countBeside(bytes: Buffer, at: number): number {
  const around = bytes.toString('latin1', Math.max(0, at - beside_bytes), at + beside_bytes)
  return Math.max(0, ...[...around.matchAll(/\/Count\s{1,9}(\d{1,6})/g)].map(([, digits]) => Number(digits)))
}

/** As long as the header says for so many bytes; else as long as well compressed speech would be. */
function secondsOf(data: string, bytes: number): number {
  const head = Buffer.from(data.slice(0, 16_384), 'base64')
  const rate = wavBytesPerSecond(head) ?? mp3BytesPerSecond(head) ?? sound_bytes_per_second
  return Math.max(1, flacSeconds(head) ?? bytes / rate)
}

/** The byte rate of a RIFF file's `fmt ` chunk. */
function wavBytesPerSecond(head: Buffer): number | undefined {
  if (head.toString('latin1', 0, 4) !== 'RIFF' || head.toString('latin1', 8, 12) !== 'WAVE') return undefined
  const at = head.indexOf('fmt ')
  if (at < 0 || at + 20 > head.length) return undefined
  const rate = head.readUInt32LE(at + 16)
  return rate >= sound_bytes_per_second / 4 ? rate : undefined
}

const mp3_kilobits = {
  mpeg1: [0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320],
  mpeg2: [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160],
} as const

/** The bit rate of the first frame of layer III (ISO 11172-3 §2.4.1.3), behind an ID3 tag where there is one. */
function mp3BytesPerSecond(head: Buffer): number | undefined {
  const isTagged = head.toString('latin1', 0, 3) === 'ID3' && head.length > 10
  const tag_bytes = isTagged ? 10 + [6, 7, 8, 9].reduce((size, at) => size * 128 + (head[at] ?? 0), 0) : 0
  const [sync = 0, kind = 0, rate = 0] = head.subarray(tag_bytes, tag_bytes + 3)
  if (sync !== 0xff || (kind & 0xe6) !== 0xe2) return undefined
  const table = (kind & 0x18) === 0x18 ? mp3_kilobits.mpeg1 : mp3_kilobits.mpeg2
  const kilobits = table[rate >> 4] ?? 0
  return kilobits > 0 ? kilobits * 125 : undefined
}

/** Samples by sample rate, of the STREAMINFO block (RFC 9639 §8.2). */
function flacSeconds(head: Buffer): number | undefined {
  if (head.toString('latin1', 0, 4) !== 'fLaC' || head.length < 26) return undefined
  const packed = head.readBigUInt64BE(18)
  const [sample_rate, samples] = [Number(packed >> 44n), Number(packed & 0xfffffffffn)]
  return sample_rate > 0 && samples > 0 ? samples / sample_rate : undefined
}
