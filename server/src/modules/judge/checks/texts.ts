/** Finds the strings of an output, and places in them as evidence. */
import { cutText } from '@muster/contract/texts/graphemes'
import type { Evidence, OutputText } from './checks.types.ts'
import { scan } from './prefilter.ts'

/** All strings of a JSON value with their JSON Pointers (RFC 6901), in order; walked with a stack of its own. */
export function textsOf(output: unknown): readonly OutputText[] {
  const texts: OutputText[] = []
  const stack: { path: string; value: unknown }[] = [{ path: '', value: output }]
  for (let next = stack.pop(); next; next = stack.pop()) {
    const { path, value } = next
    if (typeof value === 'string') texts.push({ path, text: value, flags: scan(value) })
    else if (Array.isArray(value))
      for (let index = value.length - 1; index >= 0; index--)
        stack.push({ path: `${path}/${index}`, value: value[index] })
    else if (typeof value === 'object' && value !== null)
      for (const [key, inner] of Object.entries(value).reverse())
        stack.push({ path: `${path}/${escapeKey(key)}`, value: inner })
  }
  return texts
}

/** The texts that a rule with `path` is about: those at the path or below it. */
export function textsAt(texts: readonly OutputText[], path: unknown): readonly OutputText[] {
  if (typeof path !== 'string' || path === '') return texts
  return texts.filter((one) => one.path === path || one.path.startsWith(`${path}/`))
}

/** The part from `start` to `end` of a text as evidence, in bytes of UTF-8. */
export function evidenceAt(one: Pick<OutputText, 'path' | 'text'>, start: number, end: number): Evidence {
  const byte_start = Buffer.byteLength(one.text.slice(0, start))
  const text = one.text.slice(start, end)
  return { path: one.path, byte_start, byte_end: byte_start + Buffer.byteLength(text), text: clip(text) }
}

const shown_max = 500

function clip(text: string): string {
  return text.length > shown_max ? `${cutText(text, shown_max - 1)}…` : text
}

function escapeKey(key: string): string {
  return key.includes('~') || key.includes('/') ? key.replaceAll('~', '~0').replaceAll('/', '~1') : key
}

/** Sentences and lines of a text, `[start, end)`; long ones are cut, so that none is a whole megabyte. */
export function sentenceSpans(text: string): readonly (readonly [number, number])[] {
  const spans: (readonly [number, number])[] = []
  let start = 0
  const push = (end: number): void => {
    if (end > start) spans.push([start, end])
    start = end
  }
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code === 10 || at - start >= 2000) push(at + 1)
    else if ((code === 46 || code === 33 || code === 63) && isBreak(text.charCodeAt(at + 1))) push(at + 1)
  }
  push(text.length)
  return spans
}

/** White space, a bracket or the end: `3.5` and `e.g.,` go on. */
function isBreak(code: number): boolean {
  return Number.isNaN(code) || code <= 32 || code === 91 || code === 34 || code === 0x201d
}
