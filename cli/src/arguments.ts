import { roundedInteger, roundedText } from '@muster/contract/texts/json-numbers'
import type { Json } from '@muster/contract/values'
import { InvalidArgumentError } from 'commander'
import { usage } from './failures.ts'

/** A whole number of at least `min`, for an option. */
export function integer(min: number, max = Number.MAX_SAFE_INTEGER) {
  return (text: string): number => {
    const value = /^\d{1,16}$/.test(text) ? Number(text) : Number.NaN
    if (!(value >= min && value <= max))
      throw new InvalidArgumentError(`It must be a whole number from ${min} to ${max}.`)
    return value
  }
}

const units_ms: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 }

/** A time such as `90s`, `10m`, `2h` or `1d`, in milliseconds. */
export function duration(text: string): number {
  const [, amount, unit] = /^(\d{1,9})(ms|s|m|h|d)$/.exec(text) ?? []
  const unit_ms = units_ms[unit ?? '']
  if (amount === undefined || unit_ms === undefined)
    throw new InvalidArgumentError('It must be a time such as 90s, 10m, 2h or 1d.')
  return Number(amount) * unit_ms
}

/** Gathers an option that may be given several times. */
export function collect(value: string, before: readonly string[] = []): string[] {
  return [...before, value]
}

/** `name=value`; the value is JSON where it is JSON, else text. */
export function assignments(pairs: readonly string[] = []): Record<string, unknown> {
  return Object.fromEntries(
    pairs.map((pair) => {
      const at = pair.indexOf('=')
      if (at < 1) throw usage(`${pair} is not of the form name=value`)
      return [pair.slice(0, at), jsonOrText(pair.slice(at + 1))]
    }),
  )
}

/** A text as JSON where it is JSON, else as itself. @throws a usage error for an integer that would be rounded. */
export function jsonOrText(text: string): Json {
  try {
    JSON.parse(text)
  } catch {
    return text
  }
  return parseJson(text, 'the value')
}

/** The value of a JSON text. @throws a usage error where it is broken, or holds an integer that would be rounded. */
export function parseJson(text: string, name: string): Json {
  let value: Json
  try {
    value = JSON.parse(text)
  } catch (error) {
    throw usage(`${name} is not JSON: ${error instanceof Error ? error.message : error}`)
  }
  const rounded = roundedInteger(text)
  if (rounded) throw usage(`${name}: ${roundedText(rounded)}`)
  return value
}
