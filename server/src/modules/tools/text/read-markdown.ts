/**
 * Reads CommonMark into blocks with mdast-util-from-markdown. Its worst cases are quadratic in the length of the text,
 * so a long document is parsed in pieces of bounded length, cut at headings and blank lines outside of fenced code.
 */
import { createFences, frontMatterEnd } from '@muster/contract/texts/markdown-lines'
import { fromMarkdown } from 'mdast-util-from-markdown'
import { align } from './align.ts'
import { type Block, type BlockBuilder, type BlockKind, createBlockBuilder, verbatim } from './blocks.ts'
import { readHtml } from './read-html.ts'
import { readPlain } from './read-plain.ts'

export const piece_chars_max = 4096
/** As much of a line as tells whether it opens or closes a fence. */
const line_looked_at_max = 4096

/** What is used of an mdast node. */
interface Node {
  readonly type: string
  readonly value?: string
  readonly depth?: number
  readonly children?: readonly Node[]
  readonly position?: { readonly start: Point; readonly end: Point } | undefined
}

interface Point {
  readonly offset?: number | undefined
}

export function readMarkdown(source: string): readonly Block[] {
  return markdownPieces(source).flatMap(([start, end]) => readPiece(source, start, end))
}

/** The pieces a document is parsed in: `[start, end)`, in order, front matter left out. */
export function markdownPieces(source: string): readonly (readonly [number, number])[] {
  const begin = frontMatterEnd(source)
  if (source.length - begin <= piece_chars_max) return [[begin, source.length]]
  const pieces: (readonly [number, number])[] = []
  let start = begin
  let cutAt = -1
  for (const { at, safe } of lineStarts(source, begin)) {
    if (at - start > piece_chars_max && cutAt > start) {
      pieces.push([start, cutAt])
      start = cutAt
    }
    if (safe) cutAt = at
  }
  pieces.push([start, source.length])
  return pieces.flatMap(([from, to]) => cutHard(source, from, to))
}

/** Lines and whether a piece may begin there: a heading, or a line not indented after a blank one, outside of fences. */
function* lineStarts(source: string, begin: number): Generator<{ at: number; safe: boolean }> {
  const fences = createFences()
  let blank = true
  for (let at = begin; at < source.length; ) {
    const newline = source.indexOf('\n', at)
    const stop = newline < 0 ? source.length : newline
    const head = source.slice(at, Math.min(stop, at + 80))
    const isCode = fences.isCode(source.slice(at, Math.min(stop, at + line_looked_at_max)))
    const safe = !isCode && (/^#{1,6}[ \t]/.test(head) || (blank && /^\S/.test(head)))
    yield { at, safe }
    blank = head.trim() === ''
    at = stop + 1
  }
  yield { at: source.length, safe: true }
}

/** A piece without a good place to cut (one endless paragraph) is cut at white space, or anywhere. */
function cutHard(source: string, start: number, end: number): readonly (readonly [number, number])[] {
  const pieces: (readonly [number, number])[] = []
  let from = start
  while (end - from > 2 * piece_chars_max) {
    const limit = from + piece_chars_max
    const space = limit - 2000 + source.slice(limit - 2000, limit).lastIndexOf(' ')
    const low = source.charCodeAt(limit)
    const to = space >= limit - 2000 ? space : low >= 0xdc00 && low <= 0xdfff ? limit - 1 : limit
    pieces.push([from, to])
    from = to
  }
  pieces.push([from, end])
  return pieces
}

/** More block quotes or lists than this opened in one line take the parser far more than linear time. */
const deeplyNested = /^(?:[ \t]{0,8}(?:>|(?:[-*+]|\d{1,9}[.)])(?=[ \t]))){33}/m

export function readPiece(source: string, start: number, end: number): readonly Block[] {
  if (deeplyNested.test(source.slice(start, end))) return readPlain(source, start, end)
  const builder = createBlockBuilder()
  const context: LeafContext = { source, start, builder }
  const stack: { node: Node; kind: BlockKind }[] = [{ node: fromMarkdown(source.slice(start, end)), kind: 'paragraph' }]
  for (let next = stack.pop(); next; next = stack.pop()) {
    const { node, kind } = next
    const inner = node.type === 'listItem' ? 'item' : kind
    if (node.type === 'paragraph' || node.type === 'heading') readLeaf(context, node, kind)
    else if (node.type === 'code') readCode(context, node)
    else if (node.type === 'html') builder.blocks.push(...readHtml(source, ...rangeOf(context, node)).blocks)
    else for (const child of [...(node.children ?? [])].reverse()) stack.push({ node: child, kind: inner })
  }
  return builder.blocks
}

interface LeafContext {
  readonly source: string
  /** Where the piece begins in the source; offsets of nodes count from here. */
  readonly start: number
  readonly builder: BlockBuilder
}

function readLeaf(context: LeafContext, leaf: Node, kind: BlockKind): void {
  const stack: Node[] = [leaf]
  for (let node = stack.pop(); node; node = stack.pop()) {
    const [start, end] = rangeOf(context, node)
    if (node.type === 'text')
      context.builder.add(align({ source: context.source, start, end, visible: node.value ?? '', escapes: true }))
    else if (node.type === 'inlineCode') addInlineCode(context, node)
    else if (node.type === 'break' || node.type === 'image') context.builder.space(start)
    else if (node.children) stack.push(...[...node.children].reverse())
  }
  const [start, end] = rangeOf(context, leaf)
  if (leaf.type === 'heading') context.builder.end('heading', leaf.depth ?? 1)
  else context.builder.end(isTable(context.source.slice(start, Math.min(end, start + 2000))) ? 'cell' : kind)
}

function addInlineCode(context: LeafContext, node: Node): void {
  const [start, end] = rangeOf(context, node)
  const raw = context.source.slice(start, end)
  const ticks = /^`+/.exec(raw)?.[0].length ?? 0
  const visible = node.value ?? ''
  const inner = raw.slice(ticks, raw.length - ticks).indexOf(visible)
  const from = start + ticks + Math.max(inner, 0)
  context.builder.add(
    inner >= 0
      ? verbatim(context.source, from, from + visible.length)
      : align({ source: context.source, start: start + ticks, end: end - ticks, visible, escapes: false }),
  )
}

function readCode(context: LeafContext, node: Node): void {
  const [start, end] = rangeOf(context, node)
  const raw = context.source.slice(start, end)
  const value = node.value ?? ''
  const inner = raw.indexOf(value)
  const from = start + Math.max(0, inner)
  context.builder.add(verbatim(context.source, from, inner < 0 ? end : from + value.length))
  context.builder.end('code')
}

/** A table of the GitHub flavour is a paragraph to CommonMark; its rows are no sentences. */
function isTable(text: string): boolean {
  return /^\s*\|.*\|\s*(?:\r?\n|$)/.test(text) || /(?:^|\n)[ \t|:]*-{3,}[ \t]*\|[-| \t:]*(?:\r?\n|$)/.test(text)
}

function rangeOf(context: LeafContext, node: Node): [number, number] {
  const { start, end } = node.position ?? { start: {}, end: {} }
  return [context.start + (start.offset ?? 0), context.start + (end.offset ?? 0)]
}
