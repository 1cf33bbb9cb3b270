import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { limits } from './limits.ts'
import { queryInteger } from './lists.ts'
import type { Operation } from './operation.ts'
import { operations } from './operations.ts'
import { amount, day, int4, int4_max, timestamp } from './values.ts'

interface Schema {
  readonly [name: string]: unknown
  readonly type?: string
  readonly minimum?: number
  readonly maximum?: number
  readonly format?: string
  /** Set where the schema is the one rule for times, or the one for days. */
  readonly has_rule?: boolean
}
interface Found {
  readonly at: string
  readonly schema: Schema
}

const times = new Set(['date-time', 'date', 'time', 'duration'])
/** Statements take times in milliseconds as double precision. */
const longest_ms = 30 * 24 * 60 * 60 * 1000
/** The numbers of events are kept in a column of type bigint; so are amounts. */
const takes_event_number = /^(events|audit)\.[a-z.]+ query\.properties\.after$/

/** Every integer, and every text in the format of a time, in what callers may send. */
function findIn(operation: Operation): Found[] {
  const places = ['params', 'query', 'body'] as const
  return places.flatMap((place) => {
    if (place === 'body' && operation.body_content === 'none') return []
    const schema = z.toJSONSchema(operation[place], {
      io: 'input',
      unrepresentable: 'any',
      override({ zodSchema, jsonSchema }) {
        if (zodSchema === timestamp || zodSchema === day) jsonSchema.has_rule = true
      },
    })
    return [...walk(schema as Schema, `${operation.id} ${place}`)]
  })
}

function* walk(schema: Schema, at: string): Generator<Found> {
  if (schema.type === 'integer' || times.has(schema.format ?? '')) yield { at, schema }
  for (const [name, inner] of Object.entries(schema))
    if (typeof inner === 'object' && inner !== null) yield* walk(inner as Schema, `${at}.${name}`)
}

function isSafe({ at, schema: { type, minimum, maximum, has_rule } }: Found): boolean {
  if (type !== 'integer') return has_rule === true
  if (minimum === undefined || maximum === undefined || minimum < -int4_max) return false
  if (maximum <= int4_max || maximum === limits.amount_max) return true
  return at.endsWith('_ms') ? maximum <= longest_ms : takes_event_number.test(at)
}

const broken = (operation: Operation): string[] =>
  findIn(operation)
    .filter((found) => !isSafe(found))
    .map(({ at, schema }) => `${at}: ${JSON.stringify(schema)}`)

describe('what callers may send', () => {
  it('has bounds for every integer that its column holds, and one rule for every time', () => {
    expect(operations.flatMap(broken)).toEqual([])
    expect(operations.flatMap(findIn).length).toBeGreaterThan(100)
  })

  it.each([
    ['an integer without bounds', z.int()],
    ['an integer from a query without bounds', z.coerce.number().int()],
    ['a number that only a bigint column holds', z.int().min(0)],
    ['a time by another rule', z.iso.datetime({ offset: true })],
    ['a day by another rule', z.iso.date()],
  ])('is tested for %s', (_name, value) => {
    const [operation] = operations
    if (operation === undefined) throw new Error('there are no operations')
    expect(broken({ ...operation, query: z.strictObject({ value }) })).toHaveLength(1)
  })
})

const fits = (schema: z.ZodType) => (value: unknown) => schema.safeParse(value).success

describe('integers', () => {
  it.each([0, 1, int4_max])('%d fits a column of type integer', (value) => {
    expect([fits(int4())(value), fits(queryInteger({ min: 0 }))(String(value))]).toEqual([true, true])
  })

  it.each([-1, int4_max + 1, 1.5, Number.MAX_SAFE_INTEGER, 1e308, Number.NaN])('%d does not', (value) => {
    expect([fits(int4())(value), fits(queryInteger({ min: 0 }))(String(value))]).toEqual([false, false])
  })

  it('are bounded as amounts', () => {
    expect([limits.amount_max, limits.amount_max + 1].map(fits(amount))).toEqual([true, false])
  })
})

describe('times', () => {
  it.each([
    '0001-01-01T00:00:00Z',
    '9999-12-31T23:59:59.999999Z',
    '2026-01-01T00:00:00+14:00',
    '2026-01-01T00:00:00-12:00',
    '2026-01-01T00:00:00.123456789+05:45',
    '2024-02-29T00:00:00Z',
  ])('%s can be stored', (text) => {
    expect(fits(timestamp)(text)).toBe(true)
  })

  it.each([
    '0000-01-01T00:00:00Z',
    '0000-12-31T23:59:59-00:01',
    '0001-01-01T00:00:00+00:01',
    '9999-12-31T23:59:59-00:01',
    '9999-12-31T23:59:59+23:59',
    '2026-01-01T00:00:00+23:59',
    '2026-01-01T00:00:00-14:01',
    '2026-02-30T00:00:00Z',
    '2026-01-01T24:00:00Z',
    '2026-01-01T00:00:60Z',
    `2026-01-01T00:00:00.${'0'.repeat(200)}Z`,
    '+010000-01-01T00:00:00Z',
    'infinity',
    'now',
  ])('%s cannot', (text) => {
    expect(fits(timestamp)(text)).toBe(false)
  })

  it('days have years from 1 to 9999', () => {
    expect(['0001-01-01', '9999-12-31', '0000-12-31', '10000-01-01'].map(fits(day))).toEqual([true, true, false, false])
  })
})
