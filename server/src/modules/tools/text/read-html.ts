/**
 * Reads HTML into blocks: only the tokenizer of parse5 runs, no tree is built, so that neither depth nor unclosed
 * formatting elements make the work more than linear. Block elements end a block; what a browser does not show is left out.
 */
import { type Token, Tokenizer, TokenizerMode } from 'parse5'
import { align } from './align.ts'
import { type Block, type BlockBuilder, type BlockKind, createBlockBuilder } from './blocks.ts'
import { createHtmlElements, type HtmlElements } from './html-elements.ts'

const blockNames = new Set(
  `address article aside blockquote body center dd details dialog dir div dl dt fieldset figcaption figure footer form h1
  h2 h3 h4 h5 h6 head header hgroup hr html legend li main menu nav ol option p pre search section summary table tbody
  td tfoot th thead title tr ul caption button select textarea template svg math`.split(/\s+/),
)
/** Elements without markup inside; a browser that runs scripts reads `noscript` so, too. */
const rawText = new Set(['script', 'style', 'xmp', 'iframe', 'noembed', 'noframes', 'noscript'])

export interface HtmlText {
  readonly blocks: readonly Block[]
  /** Of the `title` element. */
  readonly title: string
}

/** Reads `source` from `start` to `end`; places are counted in the whole of `source`. */
export function readHtml(source: string, start = 0, end = source.length): HtmlText {
  const reader: Reader = {
    ...initialState,
    ...{ source, start, end },
    builder: createBlockBuilder(),
    elements: createHtmlElements(),
  }
  const character = (token: Token.CharacterToken): void => onText(reader, token)
  const nothing = (): void => {}
  const tokenizer: Tokenizer = new Tokenizer(
    { sourceCodeLocationInfo: true },
    {
      onStartTag: (token): void => onStartTag(reader, token, tokenizer),
      onEndTag: (token): void => onEndTag(reader, token, tokenizer),
      onCharacter: character,
      onWhitespaceCharacter: character,
      onNullCharacter: nothing,
      onComment: nothing,
      onDoctype: nothing,
      onEof: nothing,
    },
  )
  tokenizer.write(source.slice(start, end), true)
  flush(reader)
  return { blocks: reader.builder.blocks, title: (reader.title ?? '').replace(/\s+/g, ' ').trim() }
}

interface Reader {
  readonly source: string
  readonly start: number
  readonly end: number
  readonly builder: BlockBuilder
  readonly elements: HtmlElements
  aside: boolean
  kind: BlockKind
  level: number
  /** The element without markup inside that is open (`script`). */
  raw: string
  in_title: boolean
  /** Of the first `title` that is no picture's; undefined before it. */
  title: string | undefined
}

const initialState = { aside: false, kind: 'paragraph', level: 0, raw: '', in_title: false, title: undefined } as const

function onStartTag(reader: Reader, token: Token.TagToken, tokenizer: Tokenizer): void {
  const { elements } = reader
  const name = token.tagName
  if (blockNames.has(name)) begin(reader, name)
  const wasHidden = elements.hidden
  elements.start(token)
  // Whether sections of CDATA are read as such.
  tokenizer.inForeignNode = elements.foreign
  reader.aside = elements.aside
  if (name === 'br' || name === 'img') reader.builder.space(reader.start + (token.location?.startOffset ?? 0))
  if (elements.foreign) return
  if (rawText.has(name)) {
    reader.raw = name
    tokenizer.state = name === 'script' ? TokenizerMode.SCRIPT_DATA : TokenizerMode.RAWTEXT
  }
  if (name === 'plaintext') tokenizer.state = TokenizerMode.PLAINTEXT
  if ((name !== 'title' && name !== 'textarea') || wasHidden) return
  tokenizer.state = TokenizerMode.RCDATA
  reader.in_title = name === 'title'
  if (reader.in_title && reader.title !== undefined) reader.raw = name
  else if (reader.in_title) reader.title = ''
}

function onEndTag(reader: Reader, { tagName: name }: Token.TagToken, tokenizer: Tokenizer): void {
  if (name === reader.raw) reader.raw = ''
  if (name === 'title') reader.in_title = false
  if (blockNames.has(name)) begin(reader, 'p')
  reader.elements.end(name)
  tokenizer.inForeignNode = reader.elements.foreign
  reader.aside = reader.elements.aside
}

function onText(reader: Reader, { chars, location }: Token.CharacterToken): void {
  if (reader.raw !== '' || !location) return
  if (reader.in_title) reader.title = (reader.title ?? '') + chars
  else if (!reader.elements.hidden) {
    const { source, builder } = reader
    const start = reader.start + location.startOffset
    const end = Math.min(reader.end, reader.start + location.endOffset)
    builder.add(align({ source, start, end, visible: chars, escapes: false }))
  }
}

/** Ends the block that is open and begins one of the element's kind. */
function begin(reader: Reader, name: string): void {
  flush(reader)
  reader.level = /^h[1-6]$/.test(name) ? Number(name.charAt(1)) : 0
  reader.kind = kindOf(name, reader.level)
}

function flush({ builder, aside, kind, level }: Reader): void {
  builder.end(aside && kind !== 'heading' ? 'aside' : kind, level)
}

function kindOf(name: string, level: number): BlockKind {
  if (level > 0) return 'heading'
  if (name === 'li' || name === 'dd' || name === 'dt') return 'item'
  if (name === 'td' || name === 'th' || name === 'caption' || name === 'legend' || name === 'option') return 'cell'
  return name === 'pre' ? 'code' : 'paragraph'
}
