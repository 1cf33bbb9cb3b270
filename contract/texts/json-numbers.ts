/** Finds integers of JSON that a double cannot hold: JSON.parse rounds them without a word. */

export interface RoundedInteger {
  readonly digits: string
  /** As a JSON pointer (RFC 6901). */
  readonly path: string
}

/** An integer with fewer digits is exact. */
const exact_digits_max = 15

/** Whether a double holds the integer of these digits exactly. */
export function isExactInteger(digits: string): boolean {
  const value = Number(digits)
  return digits.length <= exact_digits_max || (Number.isFinite(value) && BigInt(value) === BigInt(digits))
}

/** What a person reads about such a number. */
export function roundedText({ digits, path }: RoundedInteger): string {
  const shown = digits.length > 40 ? `${digits.slice(0, 40)}…` : digits
  return `the integer ${shown} at ${path || '/'} is beyond 2^53 and would be rounded; send it as a string`
}

/** The first integer of a valid JSON text that would be rounded. */
export function roundedInteger(json: string): RoundedInteger | undefined {
  for (const { digits, path } of roundedIntegers(json)) return { digits, path: pointerOf(path) }
  return undefined
}

interface PlacedInteger {
  readonly digits: string
  /** Where its digits begin in the text. */
  readonly at: number
  /** Names as they are written, and positions in lists. It changes when the next one is read. */
  readonly path: readonly (string | number)[]
}

/** The integers of a valid JSON text that would be rounded. One pass, without recursion. */
export function* roundedIntegers(json: string): Generator<PlacedInteger> {
  // Most long texts are vectors and probabilities: digits behind a point are no integer.
  if (!/(?<![0-9.])[0-9]{16}/.test(json)) return
  const path: (string | number)[] = []
  let key = ''
  for (let at = 0; at < json.length; at++) {
    const character = json.charAt(at)
    if (character === '"') {
      const end = stringEnd(json, at)
      key = json.slice(at, end)
      at = end - 1
    } else if (character === ':') path[path.length - 1] = key
    else if (character === '{') path.push('')
    else if (character === '[') path.push(0)
    else if (character === '}' || character === ']') path.pop()
    else if (character === ',') {
      const last = path.at(-1)
      if (typeof last === 'number') path[path.length - 1] = last + 1
    } else if (character === '-' || (character >= '0' && character <= '9')) {
      const end = numberEnd(json, at)
      const digits = json.slice(at, end)
      if (/^-?[0-9]+$/.test(digits) && !isExactInteger(digits)) yield { digits, at, path }
      at = end - 1
    }
  }
}

function stringEnd(json: string, start: number): number {
  let at = start + 1
  while (at < json.length && json.charAt(at) !== '"') at += json.charAt(at) === '\\' ? 2 : 1
  return at + 1
}

function numberEnd(json: string, start: number): number {
  let at = start + 1
  while (at < json.length && '0123456789+-.eE'.includes(json.charAt(at))) at++
  return at
}

function pointerOf(path: readonly (string | number)[]): string {
  const names = path.map((part) => (typeof part === 'number' ? String(part) : String(JSON.parse(part))))
  return names.map((name) => `/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`).join('')
}
