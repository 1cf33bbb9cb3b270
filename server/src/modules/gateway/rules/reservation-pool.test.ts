import fc from 'fast-check'
import { expect, it } from 'vitest'
import { drawn, emptyPool, giveBack, isLow, type Slice, takeIdle } from './reservation-pool.ts'

const scopes = { organization_id: 'o', project_id: null, goal_id: null, agent_id: null }
const sliceOf = (cost_micro_usd: number, tokens: number, terms = 't'): Slice => ({
  scopes,
  slice_id: `${cost_micro_usd} ${tokens}`,
  terms,
  free: { cost_micro_usd, tokens },
  out: 0,
  used_at: 0,
  retired: false,
  broken: false,
})
const amounts = fc.record({ cost_micro_usd: fc.integer({ min: 0, max: 50 }), tokens: fc.integer({ min: 0, max: 50 }) })

it('never lets calls draw more than was granted, whatever they give back', () => {
  fc.assert(
    fc.property(
      fc.array(amounts, { maxLength: 4 }),
      fc.array(fc.record({ held: amounts, used: amounts }), { maxLength: 60 }),
      (granted, calls) => {
        const pool = { ...emptyPool(scopes), slices: granted.map((one) => sliceOf(one.cost_micro_usd, one.tokens)) }
        const most = { cost_micro_usd: 0, tokens: 0 }
        for (const one of granted) {
          most.cost_micro_usd += one.cost_micro_usd
          most.tokens += one.tokens
        }
        const covered = { cost_micro_usd: 0, tokens: 0 }
        for (const { held, used } of calls) {
          const slice = drawn(pool, { amounts: held, terms: 't', now: 0 })
          if (!slice) continue
          giveBack(slice, held, used)
          covered.cost_micro_usd += Math.min(held.cost_micro_usd, used.cost_micro_usd)
          covered.tokens += Math.min(held.tokens, used.tokens)
          const free = pool.slices.map((one) => one.free)
          expect(Math.min(...free.flatMap((one) => [one.cost_micro_usd, one.tokens]))).toBeGreaterThanOrEqual(0)
          const left = free.reduce((sum, one) => sum + one.cost_micro_usd, 0)
          expect(left + covered.cost_micro_usd).toBe(most.cost_micro_usd)
          expect(free.reduce((sum, one) => sum + one.tokens, 0) + covered.tokens).toBe(most.tokens)
        }
      },
    ),
  )
})

it('draws from no slice of other terms, and gives it back when its calls are written', () => {
  const pool = { ...emptyPool(scopes), slices: [sliceOf(100, 100, 'old')] }
  const call = { cost_micro_usd: 1, tokens: 1 }
  expect(drawn(pool, { amounts: call, terms: 'old', now: 5 })).toBeDefined()
  expect(drawn(pool, { amounts: call, terms: 'new', now: 5 })).toBeUndefined()
  expect(takeIdle(pool, 0)).toEqual([])
  for (const slice of pool.slices) slice.out = 0
  expect(takeIdle(pool, 0)).toHaveLength(1)
  expect(pool.slices).toEqual([])
})

it('keeps what is used, and what may still be needed', () => {
  const call = { cost_micro_usd: 10, tokens: 10 }
  const pool = { ...emptyPool(scopes), slices: [sliceOf(5, 5), sliceOf(100, 100), sliceOf(0, 0)], each: call }
  expect(isLow(pool)).toBe(false)
  for (const slice of pool.slices) slice.used_at = 10
  expect(takeIdle(pool, 9).map(({ slice_id }) => slice_id)).toEqual(['5 5', '0 0'])
  expect(takeIdle(pool, 10).map(({ slice_id }) => slice_id)).toEqual(['100 100'])
  expect(isLow(pool)).toBe(true)
})
