import { describe, expect, it } from 'vitest'
import { dollarsOf, microUsdOf } from './dollars.ts'

describe('dollars in a field', () => {
  it('are kept to the millionth, however a float would round them', () => {
    for (const [typed, micro_usd] of [
      ['0', 0],
      ['0.15', 150_000],
      ['2.5', 2_500_000],
      ['0.000001', 1],
      ['1.1', 1_100_000],
      [' 15 ', 15_000_000],
    ] as const) {
      expect([typed, microUsdOf(typed)]).toEqual([typed, micro_usd])
      expect(dollarsOf(micro_usd)).toBe(typed.trim())
    }
  })

  it('are refused where they are no amount, or finer than a millionth', () => {
    for (const typed of ['', 'free', '-1', '1.', '.5', '1,5', '0.0000001', '1e3', '$2'])
      expect([typed, microUsdOf(typed)]).toEqual([typed, undefined])
  })
})
