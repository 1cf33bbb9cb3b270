/**
 * Reads and writes JSON without rounding: an integer that a double cannot hold is a `bigint` in between. Only for what is
 * passed on as it came; code that computes with numbers sees no number there.
 */
import { randomUUID } from 'node:crypto'
import { roundedIntegers } from '@muster/contract/texts/json-numbers'

/** Longer ones take a time that grows by the square of their length. */
const digits_max = 1_000

/** @throws SyntaxError also for an integer of more digits than are passed on */
export function parseExactJson(text: string): unknown {
  const value: unknown = JSON.parse(text)
  const pieces: string[] = []
  let mark = ''
  let end = 0
  for (const { digits, at } of roundedIntegers(text)) {
    if (digits.length > digits_max)
      throw new SyntaxError(`an integer of ${digits.length} digits is longer than the ${digits_max} that are passed on`)
    // Random numbers take longer than a short text.
    mark ||= randomUUID()
    pieces.push(text.slice(end, at), `"${mark}${digits}"`)
    end = at + digits.length
  }
  if (pieces.length === 0) return value
  pieces.push(text.slice(end))
  return JSON.parse(pieces.join(''), (_name, inner: unknown) =>
    typeof inner === 'string' && inner.startsWith(mark) ? BigInt(inner.slice(mark.length)) : inner,
  )
}

/** As `JSON.stringify`; a `bigint` is written in its digits. */
export function exactJsonText(value: unknown): string {
  try {
    return JSON.stringify(value)
  } catch (error) {
    if (!holdsBigint(value)) throw error
  }
  const mark = randomUUID()
  const text = JSON.stringify(value, (_name, inner: unknown) => (typeof inner === 'bigint' ? `${mark}${inner}` : inner))
  return text.replace(new RegExp(`"${mark}(-?[0-9]+)"`, 'g'), '$1')
}

/** The first `bigint` of a value and where it stands, as names and positions. Fields of the names in `except` are passed over. */
export function firstBigint(root: unknown, except: ReadonlySet<string> = none): PlacedBigint | undefined {
  const stack: { readonly value: unknown; readonly path: readonly string[] }[] = [{ value: root, path: [] }]
  for (let next = stack.pop(); next; next = stack.pop()) {
    const { value, path } = next
    if (typeof value === 'bigint') return { value, path }
    if (typeof value !== 'object' || value === null) continue
    for (const [name, inner] of Object.entries(value).reverse())
      if (!except.has(name)) stack.push({ value: inner, path: [...path, name] })
  }
  return undefined
}

export interface PlacedBigint {
  readonly value: bigint
  readonly path: readonly string[]
}

const none: ReadonlySet<string> = new Set()

const holdsBigint = (value: unknown): boolean => firstBigint(value) !== undefined
