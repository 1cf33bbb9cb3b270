import { expect, it } from 'vitest'
import { everyDay, firstOf } from './days.ts'

const dayWithCosts = (date: string) => ({ date, cost_micro_usd: 5, tokens: 7 })

it('fills the days between, over the ends of months and of summer time', () => {
  const days = everyDay('2026-02-27', '2026-03-02', [dayWithCosts('2026-02-28'), dayWithCosts('2026-03-02')])
  expect(days.map(({ date, tokens }) => [date, tokens])).toEqual([
    ['2026-02-27', 0],
    ['2026-02-28', 7],
    ['2026-03-01', 0],
    ['2026-03-02', 7],
  ])
  expect(everyDay('2026-03-28', '2026-03-30', [])).toHaveLength(3)
  expect(everyDay('2026-03-01', '2026-03-01', [])).toHaveLength(1)
})

it('counts today as one of the days', () => {
  expect(firstOf(7, Date.parse('2026-03-07T23:59:59Z'))).toBe('2026-03-01')
  expect(firstOf(1, Date.parse('2026-03-07T00:00:00Z'))).toBe('2026-03-07')
})
