/**
 * Maps each visible character to its place in the marked-up source, in one pass: character references (`&amp;`) and
 * escapes (`\*`) are one visible character, line ends and the prefixes of continued lines (`> `, indentation) may have
 * no visible counterpart. A part that cannot be resolved is mapped as a whole.
 */
import { parseFragment } from 'parse5'
import type { MappedText } from './blocks.ts'

export function align(range: {
  readonly source: string
  readonly start: number
  readonly end: number
  readonly visible: string
  readonly escapes: boolean
}): MappedText {
  const { end, visible } = range
  const from: number[] = []
  const to: number[] = []
  let at = range.start
  while (from.length < visible.length) {
    const step = stepAt(range, at, from.length)
    if (step.skip) {
      at += step.skip
      continue
    }
    const length = step.source || end - at
    const width = step.visible || visible.length - from.length
    for (let count = 0; count < width; count++) {
      from.push(at)
      to.push(at + length)
    }
    at += length
  }
  return { visible, from, to }
}

interface Step {
  /** Source characters that show nothing. */
  readonly skip: number
  /** That many characters of the source show as that many visible ones; 0: all that is left. */
  readonly source: number
  readonly visible: number
}

const whole: Step = { skip: 0, source: 0, visible: 0 }
const one: Step = { skip: 0, source: 1, visible: 1 }
const invisible: Step = { skip: 1, source: 0, visible: 0 }

function stepAt(range: Parameters<typeof align>[0], at: number, visibleIndex: number): Step {
  const { source, end, visible, escapes } = range
  if (at >= end) return whole
  const here = source.charAt(at)
  const nextVisible = visible.charAt(visibleIndex)
  if (here === '&') {
    const reference = referenceAt(source, at, end)
    if (reference && visible.startsWith(reference.value, visibleIndex))
      return { skip: 0, source: reference.length, visible: reference.value.length }
  }
  if (escapes && here === '\\' && isPunctuation(source.charAt(at + 1)) && source.charAt(at + 1) === nextVisible)
    return { skip: 0, source: 2, visible: 1 }
  if (here === nextVisible || (here === '\0' && nextVisible === '\ufffd')) return one
  if (here === '\r' && nextVisible === '\n')
    return { skip: 0, source: source.charAt(at + 1) === '\n' ? 2 : 1, visible: 1 }
  if (here === ' ' || here === '\t' || here === '\r' || here === '\n' || here === '>' || here === '\0') return invisible
  return whole
}

const reference = /&(?:#x[0-9a-f]{1,8}|#[0-9]{1,8}|[a-z][a-z0-9]{1,31});?/iy
const decodedReferences = new Map<string, string>()
const decoded_max = 1000

function referenceAt(source: string, at: number, end: number): { value: string; length: number } | null {
  reference.lastIndex = at
  const name = reference.exec(source)?.[0]
  if (!name || at + name.length > end) return null
  const value = decode(name)
  if (value === name) return null
  return { value, length: name.length }
}

/** What a browser shows for a character reference. */
function decode(name: string): string {
  const cachedValue = decodedReferences.get(name)
  if (cachedValue !== undefined) return cachedValue
  const node = parseFragment(name).childNodes[0]
  const value = node && 'value' in node ? node.value : name
  if (decodedReferences.size >= decoded_max) decodedReferences.clear()
  decodedReferences.set(name, value)
  return value
}

function isPunctuation(character: string): boolean {
  return /^[!-/:-@[-`{-~]$/.test(character)
}
