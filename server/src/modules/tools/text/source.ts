/**
 * Reads a source as title, sections and sentences, each with its byte range in the original file. All capabilities and
 * grounding read sources this way.
 */

import { shortText } from '@muster/contract/texts/graphemes'
import { sentencesOf } from '../../../platform/text/sentences.ts'
import { type ArtifactContent, CapabilityError } from '../tools.port.ts'
import type { Block, BlockKind } from './blocks.ts'
import { type DecodedText, decodeText } from './decode.ts'
import { readHtml } from './read-html.ts'
import { readMarkdown } from './read-markdown.ts'
import { readPlain } from './read-plain.ts'

/** The bytes of a source that are read; outputs say where more was cut off. */
export const source_bytes_max = 8 * 1024 * 1024
export const sentences_max = 20_000

export interface Sentence {
  readonly text: string
  readonly byte_start: number
  readonly byte_end: number
  readonly kind: BlockKind
  /** Index into `sections`; -1 before the first heading. */
  readonly section: number
  /** It stands in the file exactly as it reads: no markup, no character references within. */
  readonly plain: boolean
}

export interface Section {
  readonly heading: string
  readonly level: number
  /** From the heading to the next one. */
  readonly byte_start: number
  readonly byte_end: number
}

export type Format = 'text' | 'markdown' | 'html'

export interface Source {
  readonly format: Format
  readonly title: string
  readonly encoding: string
  /** What a person must know about the reading; empty where there is nothing. */
  readonly note: string
  /** Visible characters. */
  readonly chars: number
  readonly truncated: boolean
  readonly sections: readonly Section[]
  readonly sentences: readonly Sentence[]
}

export function readSource(content: ArtifactContent): Source {
  const { format, decoded, blocks, title, truncated } = readBlocks(content)
  const sections = sectionsOf(blocks, decoded)
  const sentences = allSentences(blocks, decoded)
  const heading = blocks.find(({ kind, level }) => kind === 'heading' && level === 1) ?? blocks.find(isHeading)
  return {
    format,
    title: clip(heading?.text || title || content.name.replace(/^.*\//, '').replace(/\.[^.]{1,8}$/, '')),
    encoding: decoded.encoding,
    note: decoded.note,
    chars: blocks.reduce((sum, { text }) => sum + text.length, 0),
    truncated: truncated || sentences.length >= sentences_max,
    sections,
    sentences,
  }
}

interface SourceBlocks {
  readonly format: Format
  readonly decoded: DecodedText
  readonly blocks: readonly Block[]
  readonly title: string
  readonly truncated: boolean
}

function readBlocks(content: ArtifactContent): SourceBlocks {
  const format = formatOf(content)
  const truncated = content.bytes.length > source_bytes_max
  const decodedText = decodeContent(content, format)
  if (format === 'html') return { format, decoded: decodedText, truncated, ...readHtml(decodedText.text) }
  const blocks = format === 'markdown' ? readMarkdown(decodedText.text) : readPlain(decodedText.text)
  return { format, decoded: decodedText, truncated, blocks, title: '' }
}

/** Decodes what is read of a source. @throws CapabilityError `media_type` */
export function decodeContent({ name, media_type, bytes }: ArtifactContent, format: Format): DecodedText {
  const cut = bytes.length > source_bytes_max
  const charset = /;\s*charset\s*=\s*"?([^";\s]+)/i.exec(media_type)?.[1]
  const markup = format === 'html' || /[/+]xml\b/.test(media_type) || /\.(?:xml|svg)$/i.test(name)
  return decodeText(cut ? bytes.subarray(0, source_bytes_max) : bytes, { name, charset, markup, cut })
}

/** By media type, else by the end of the name. @throws CapabilityError `media_type` */
export function formatOf({ name, media_type }: Pick<ArtifactContent, 'name' | 'media_type'>): Format {
  const type = media_type.split(';', 1)[0]?.trim().toLowerCase() ?? ''
  const extension = /\.([a-z0-9]{1,8})$/i.exec(name)?.[1]?.toLowerCase() ?? ''
  if (/^(?:image\/(?!svg)|audio\/|video\/|font\/|application\/(?:pdf|zip|gzip)$)/.test(type))
    throw new CapabilityError('media_type', `${name} is not text, Markdown or HTML (${type || 'unknown type'})`)
  if (type === 'text/html' || type === 'application/xhtml+xml') return 'html'
  if (type === 'text/markdown' || type === 'text/x-markdown') return 'markdown'
  if (extension === 'html' || extension === 'htm' || extension === 'xhtml') return 'html'
  if (extension === 'md' || extension === 'markdown') return 'markdown'
  return 'text'
}

function allSentences(blocks: readonly Block[], decodedText: DecodedText): readonly Sentence[] {
  const sentences: Sentence[] = []
  let section = -1
  for (const block of blocks) {
    if (isHeading(block)) section++
    for (const [start, end] of sentencesOf(block.text)) {
      if (sentences.length >= sentences_max) return sentences
      const from = block.from[start] ?? 0
      const to = block.to[end - 1] ?? from
      const text = block.text.slice(start, end)
      const plain = sameWords(decodedText.text.slice(from, to), text)
      const [byte_start, byte_end] = [decodedText.byteAt(from), decodedText.byteAt(to)]
      sentences.push({ text, byte_start, byte_end, kind: block.kind, section, plain })
    }
  }
  return sentences
}

function sectionsOf(blocks: readonly Block[], decodedText: DecodedText): readonly Section[] {
  const headings = blocks.filter(isHeading)
  const end = decodedText.byteAt(decodedText.text.length)
  const starts = headings.map(({ from }) => decodedText.byteAt(from[0] ?? 0))
  return headings.map(({ text, level }, index) => ({
    heading: clip(text),
    level,
    byte_start: starts[index] ?? 0,
    byte_end: starts[index + 1] ?? end,
  }))
}

function isHeading({ kind }: Block): boolean {
  return kind === 'heading'
}

function clip(text: string): string {
  return shortText(text, 200)
    .replace(/[\uD800-\uDBFF](?![\uDC00-\uDFFF])/g, '')
    .replace(/\0/g, '')
}

/** Equal but for white space. */
export function sameWords(one: string, other: string): boolean {
  return one === other || one.replace(/\s+/g, '') === other.replace(/\s+/g, '')
}
