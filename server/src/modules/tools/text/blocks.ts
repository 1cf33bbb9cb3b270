/** The visible text of a document as blocks, each character with its place in the source string. */

export type BlockKind = 'heading' | 'paragraph' | 'item' | 'cell' | 'code' | 'aside'

export interface Block {
  readonly kind: BlockKind
  /** 1 to 6 for headings, else 0. */
  readonly level: number
  /** Visible text, white space collapsed. */
  readonly text: string
  /** For each code unit of `text`: where it begins and ends in the source string. */
  readonly from: readonly number[]
  readonly to: readonly number[]
}

/** A range of visible characters whose places in the source are known. */
export interface MappedText {
  readonly visible: string
  readonly from: readonly number[]
  readonly to: readonly number[]
}

/** Collects visible text until a block ends. */
export interface BlockBuilder {
  add(text: MappedText): void
  /** A line break or an element boundary that shows as white space. */
  space(at: number): void
  /** Ends the block; nothing is made of one without visible text. */
  end(kind: BlockKind, level?: number): void
  readonly blocks: Block[]
}

const white = /\s/

export function createBlockBuilder(): BlockBuilder {
  const blocks: Block[] = []
  let text = ''
  let from: number[] = []
  let to: number[] = []
  let spaceAt = -1
  const put = (character: string, start: number, end: number): void => {
    text += character
    from.push(start)
    to.push(end)
  }
  const space = (at: number): void => {
    if (text !== '' && spaceAt < 0) spaceAt = at
  }
  const add = ({ visible, from: starts, to: ends }: MappedText): void => {
    for (let index = 0; index < visible.length; index++) {
      const character = visible.charAt(index)
      const start = starts[index] ?? 0
      if (isWhite(character)) {
        space(start)
        continue
      }
      if (spaceAt >= 0) put(' ', spaceAt, spaceAt + 1)
      spaceAt = -1
      put(character, start, ends[index] ?? start + 1)
    }
  }
  const end = (kind: BlockKind, level = 0): void => {
    if (text !== '') blocks.push({ kind, level, text, from, to })
    text = ''
    from = []
    to = []
    spaceAt = -1
  }
  return { add, space, end, blocks }
}

/** Visible text that stands in the source letter by letter. */
export function verbatim(source: string, start: number, end: number): MappedText {
  const from: number[] = []
  const to: number[] = []
  for (let index = start; index < end; index++) {
    from.push(index)
    to.push(index + 1)
  }
  return { visible: source.slice(start, end), from, to }
}

function isWhite(character: string): boolean {
  return character <= ' ' || (character > '~' && white.test(character))
}
