import fc from 'fast-check'
import { expect, it } from 'vitest'
import { drawReservation, emptyPool, isLow, type Reservation, release, takeIdle } from './reservation-pool.ts'

const scopes = { organization_id: 'o', project_id: null, goal_id: null, agent_id: null }
const reservationOf = (cost_micro_usd: number, tokens: number, budget_version = 't'): Reservation => ({
  scopes,
  id: `${cost_micro_usd} ${tokens}`,
  budget_version,
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
        const pool = {
          ...emptyPool(scopes),
          reservations: granted.map((one) => reservationOf(one.cost_micro_usd, one.tokens)),
        }
        const most = { cost_micro_usd: 0, tokens: 0 }
        for (const one of granted) {
          most.cost_micro_usd += one.cost_micro_usd
          most.tokens += one.tokens
        }
        const covered = { cost_micro_usd: 0, tokens: 0 }
        for (const { held, used } of calls) {
          const reservation = drawReservation(pool, { held, budget_version: 't', now: 0 })
          if (!reservation) continue
          release(reservation, held, used)
          covered.cost_micro_usd += Math.min(held.cost_micro_usd, used.cost_micro_usd)
          covered.tokens += Math.min(held.tokens, used.tokens)
          const free = pool.reservations.map((one) => one.free)
          expect(Math.min(...free.flatMap((one) => [one.cost_micro_usd, one.tokens]))).toBeGreaterThanOrEqual(0)
          const left = free.reduce((sum, one) => sum + one.cost_micro_usd, 0)
          expect(left + covered.cost_micro_usd).toBe(most.cost_micro_usd)
          expect(free.reduce((sum, one) => sum + one.tokens, 0) + covered.tokens).toBe(most.tokens)
        }
      },
    ),
  )
})

it('draws from no reservation of other terms, and gives it back when its calls are written', () => {
  const pool = { ...emptyPool(scopes), reservations: [reservationOf(100, 100, 'old')] }
  const call = { cost_micro_usd: 1, tokens: 1 }
  expect(drawReservation(pool, { held: call, budget_version: 'old', now: 5 })).toBeDefined()
  expect(drawReservation(pool, { held: call, budget_version: 'new', now: 5 })).toBeUndefined()
  expect(takeIdle(pool, 0)).toEqual([])
  for (const reservation of pool.reservations) reservation.out = 0
  expect(takeIdle(pool, 0)).toHaveLength(1)
  expect(pool.reservations).toEqual([])
})

it('keeps what is used, and what may still be needed', () => {
  const call = { cost_micro_usd: 10, tokens: 10 }
  const pool = {
    ...emptyPool(scopes),
    reservations: [reservationOf(5, 5), reservationOf(100, 100), reservationOf(0, 0)],
    each: call,
  }
  expect(isLow(pool)).toBe(false)
  for (const reservation of pool.reservations) reservation.used_at = 10
  expect(takeIdle(pool, 9).map(({ id }) => id)).toEqual(['5 5', '0 0'])
  expect(takeIdle(pool, 10).map(({ id }) => id)).toEqual(['100 100'])
  expect(isLow(pool)).toBe(true)
})
