/**
 * HTML: only the tokenizer of parse5 runs, no tree is built, so that neither depth nor unclosed formatting elements can
 * make the work more than linear. Elements of the block level end a block; what a browser does not show is skipped.
 */
import { html, type Token, Tokenizer, TokenizerMode } from 'parse5'
import { align } from './align.ts'
import { type Block, type BlockBuilder, type BlockKind, createBlockBuilder } from './blocks.ts'

const blockNames = new Set(
  `address article aside blockquote body center dd details dialog dir div dl dt fieldset figcaption figure footer form h1
  h2 h3 h4 h5 h6 head header hgroup hr html legend li main menu nav ol option p pre search section summary table tbody
  td tfoot th thead title tr ul caption button select textarea template svg math`.split(/\s+/),
)
const rawText = new Set(['script', 'style', 'xmp', 'iframe', 'noembed', 'noframes'])
const hidden = new Set(['template', 'svg', 'math', 'select', 'textarea', 'object', 'dialog'])
const asides = new Set(['nav', 'footer', 'aside', 'button'])

export interface HtmlText {
  readonly blocks: readonly Block[]
  /** Of the `title` element. */
  readonly title: string
}

/** Reads `source` from `start` to `end`; places are counted in the whole of `source`. */
export function readHtml(source: string, start = 0, end = source.length): HtmlText {
  const reader = createReader(source, start, end)
  const tokenizer: Tokenizer = new Tokenizer(
    { sourceCodeLocationInfo: true },
    reader.handler((): Tokenizer => tokenizer),
  )
  tokenizer.write(source.slice(start, end), true)
  return reader.finish()
}

function createReader(source: string, start: number, end: number) {
  const builder: BlockBuilder = createBlockBuilder()
  const depth = { hidden: 0, aside: 0 }
  let kind: BlockKind = 'paragraph'
  let level = 0
  let raw = ''
  let inTitle = false
  let title = ''

  const flush = (): void => {
    builder.end(depth.aside > 0 && kind !== 'heading' ? 'aside' : kind, level)
  }
  const become = (name: string): void => {
    level = /^h[1-6]$/.test(name) ? Number(name.charAt(1)) : 0
    kind = kindOf(name, level)
  }
  const startTag = (token: Token.TagToken, tokenizer: Tokenizer): void => {
    const name = token.tagName
    if (rawText.has(name)) {
      raw = name
      tokenizer.state = name === 'script' ? TokenizerMode.SCRIPT_DATA : TokenizerMode.RAWTEXT
    }
    if (name === 'title' || name === 'textarea') tokenizer.state = TokenizerMode.RCDATA
    if (blockNames.has(name)) {
      flush()
      become(name)
    }
    if (name === 'br' || name === 'img') builder.space(start + (token.location?.startOffset ?? 0))
    if (name === 'title') inTitle = true
    if (hidden.has(name) && !token.selfClosing) depth.hidden++
    if (asides.has(name)) depth.aside++
  }
  const endTag = (token: Token.TagToken): void => {
    const name = token.tagName
    if (name === raw) raw = ''
    if (name === 'title') inTitle = false
    if (blockNames.has(name)) {
      flush()
      become('p')
    }
    if (hidden.has(name)) depth.hidden = Math.max(0, depth.hidden - 1)
    if (asides.has(name)) depth.aside = Math.max(0, depth.aside - 1)
  }
  const character = (token: Token.CharacterToken): void => {
    if (inTitle) title += token.chars
    else if (raw === '' && depth.hidden === 0 && token.location)
      builder.add(
        align({
          source,
          start: start + token.location.startOffset,
          end: Math.min(end, start + token.location.endOffset),
          visible: token.chars,
          escapes: false,
        }),
      )
  }
  const nothing = (): void => {}
  const handler = (tokenizer: () => Tokenizer) => ({
    onStartTag: (token: Token.TagToken) => startTag(token, tokenizer()),
    onEndTag: endTag,
    onCharacter: character,
    onWhitespaceCharacter: character,
    onNullCharacter: nothing,
    onComment: nothing,
    onDoctype: nothing,
    onEof: nothing,
  })
  const finish = (): HtmlText => {
    flush()
    return { blocks: builder.blocks, title: title.replace(/\s+/g, ' ').trim() }
  }
  return { handler, finish }
}

function kindOf(name: string, level: number): BlockKind {
  if (level > 0) return 'heading'
  if (name === 'li' || name === 'dd' || name === 'dt') return 'item'
  if (name === 'td' || name === 'th' || name === 'caption' || name === 'legend' || name === 'option') return 'cell'
  return name === html.TAG_NAMES.PRE ? 'code' : 'paragraph'
}
