import { describe, expect, it } from 'vitest'
import { rateOf, type Sample, slopeOf, trendsOf } from './trend.rules.ts'

const megabyte = 1024 * 1024

const sample = (at_min: number, megabytes: number): Sample => ({
  at_min,
  resident_bytes: 300 * megabyte,
  heap_bytes: 40 * megabyte,
  database_heap_bytes: megabytes * megabyte,
  statements: at_min * 60,
  transactions: at_min * 12,
  commits: undefined,
  delay_max_ms: 1,
})

const verdicts = (samples: readonly Sample[]) =>
  Object.fromEntries(trendsOf(samples, { warm_up_min: 2 }).map(({ what, is_flat }) => [what, is_flat]))
const minutes = Array.from({ length: 21 }, (_, index) => index)

describe('memory', () => {
  it('is flat where collections move it up and down', () => {
    expect(verdicts(minutes.map((minute) => sample(minute, 20 + (minute % 4) * 5)))).toEqual({
      resident: true,
      'heap of the main thread': true,
      'heap of the database': true,
    })
  })

  it('is not flat where it grows by a megabyte a minute', () => {
    expect(verdicts(minutes.map((minute) => sample(minute, 20 + minute)))).toMatchObject({
      resident: true,
      'heap of the database': false,
    })
  })

  it('is measured once the process is warm', () => {
    const grown = minutes.map((minute) => sample(minute, Math.min(200, 20 + minute * 90)))
    expect(verdicts(grown)).toMatchObject({ 'heap of the database': true })
  })
})

it('fits a line', () => {
  expect(
    slopeOf([
      [0, 1],
      [1, 3],
      [2, 5],
    ]),
  ).toBeCloseTo(2)
  expect(slopeOf([[1, 1]])).toBe(0)
})

it('gives what a counter went on by in a minute', () => {
  const given = { of: ({ transactions }: Sample) => transactions, warm_up_min: 2 }
  expect(
    rateOf(
      minutes.map((minute) => sample(minute, 1)),
      given,
    ),
  ).toBeCloseTo(12)
  expect(rateOf([sample(3, 1)], given)).toBeUndefined()
})
