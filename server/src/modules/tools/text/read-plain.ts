/**
 * Reads plain text into blocks: blank lines separate them, a list item begins one, and a lone short line without a stop
 * is a heading.
 */
import { endsSentence } from '@muster/contract/texts/boundaries'
import { type Block, createBlockBuilder, verbatim } from './blocks.ts'

const bullet = /^[ \t]*(?:[-*\u2022]|\d{1,3}[.)])[ \t]+/
const rule = /^[ \t]*[-=*_~]{3,}[ \t]*\r?$/

/** Reads `source` from `begin` to `close`; places are counted in the whole of `source`. */
export function readPlain(source: string, begin = 0, close = source.length): readonly Block[] {
  const builder = createBlockBuilder()
  let lines = 0
  let item = false
  const end = (): void => {
    const before = builder.blocks.length
    builder.end(item ? 'item' : 'paragraph')
    const block = builder.blocks[before]
    if (block && lines === 1 && !item && isHeading(block.text)) {
      builder.blocks[before] = { ...block, kind: 'heading', level: before === 0 ? 1 : 2 }
    }
    lines = 0
    item = false
  }
  for (let start = begin; start < close; ) {
    const newline = source.indexOf('\n', start)
    const stop = newline < 0 || newline > close ? close : newline
    const head = source.slice(start, Math.min(stop, start + 200))
    const prefix = bullet.exec(head)?.[0] ?? ''
    if (head.trim() === '' || rule.test(head)) end()
    else {
      if (prefix !== '') end()
      item ||= prefix !== ''
      lines++
      builder.add(verbatim(source, start + prefix.length, stop))
      builder.space(stop)
    }
    start = stop + 1
  }
  end()
  return builder.blocks
}

function isHeading(text: string): boolean {
  return text.length <= 80 && !endsSentence(text) && !/[:;,、，：；]["'”’)\]]*$/.test(text) && /\p{L}/u.test(text)
}
