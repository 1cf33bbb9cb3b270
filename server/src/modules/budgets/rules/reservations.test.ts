import fc from 'fast-check'
import { expect, it } from 'vitest'
import { type Balance, balanceGoal, byScope, type Limit, limitsOfScopes } from '../budgets.rules.ts'
import type { ReservationRequest } from '../budgets.types.ts'
import { grantReservations } from './reservations.ts'

const ids = ['a', 'b'] as const
const amount = fc.integer({ min: 0, max: 40 })
const amounts = { cost_micro_usd: amount, tokens: amount }
const maybe = fc.option(fc.integer({ min: 0, max: 3_000 }))

const limit: fc.Arbitrary<Limit> = fc.record({
  limit_id: fc.uuid(),
  scope_kind: fc.constantFrom('organization', 'project', 'goal', 'agent'),
  scope_id: fc.constantFrom('o', ...ids),
  budget_window: fc.constantFrom('day', 'goal', 'total'),
  window_start: fc.constant('1970-01-01T00:00:00.000Z'),
  cost_micro_usd: maybe,
  tokens: maybe,
  live_runs: fc.constant(null),
  live: fc.constant(0),
})

const ask: fc.Arbitrary<ReservationRequest> = fc.record({
  organization_id: fc.constant('o'),
  project_id: fc.option(fc.constantFrom(...ids)),
  goal_id: fc.option(fc.constantFrom(...ids)),
  agent_id: fc.option(fc.constantFrom(...ids)),
  id: fc.uuid(),
  process_id: fc.uuid(),
  calls: fc.array(fc.record({ id: fc.uuid(), held: fc.record(amounts) }), { maxLength: 5 }),
  more: fc.integer({ min: 0, max: 130 }),
  each: fc.record(amounts),
})

const world = fc.array(limit, { maxLength: 5 }).chain((limits) =>
  fc.record({
    limits: fc.constant(limits),
    asks: fc.array(ask, { minLength: 1, maxLength: 4 }),
    balances: fc
      .tuple(
        ...limits.flatMap(({ limit_id, budget_window }) =>
          (budget_window === 'goal' ? ids : [balanceGoal({ budget_window }, null) ?? '']).map((goal_id) =>
            fc.record<Balance>({
              limit_id: fc.constant(limit_id),
              goal_id: fc.constant(goal_id),
              held_micro_usd: amount,
              held_tokens: amount,
              used_micro_usd: amount,
              used_tokens: amount,
            }),
          ),
        ),
      )
      .map((all) => all as Balance[]),
  }),
)

/** What stands against a balance once all is granted, counted one by one; what is held ahead apart. */
function standing({ limits, asks, balances }: World, of: Limit, goal_id: string) {
  const grants = grantReservations(asks, { limits, balances })
  const meeting = asks
    .map((one, at) => ({ one, grant: grants[at] }))
    .filter(({ one }) => limitsOfScopes(one, byScope([of])).some((met) => met.goal_id === goal_id))
  const admitted = meeting.flatMap(({ one, grant }) => one.calls.filter(({ id }) => !grant?.refusals.has(id)))
  const balance = balances.find((one) => one.limit_id === of.limit_id && one.goal_id === goal_id)
  const sum = (field: 'cost_micro_usd' | 'tokens', held: number, used: number) => ({
    before: held + used + admitted.reduce((total, one) => total + one.held[field], 0),
    ahead: meeting.reduce((total, { one, grant }) => total + one.each[field] * (grant?.more ?? 0), 0),
  })
  return {
    cost: sum('cost_micro_usd', balance?.held_micro_usd ?? 0, balance?.used_micro_usd ?? 0),
    tokens: sum('tokens', balance?.held_tokens ?? 0, balance?.used_tokens ?? 0),
    isTouched: admitted.length > 0,
  }
}

type World = typeof world extends fc.Arbitrary<infer Given> ? Given : never

it('never holds ahead what a limit has no room for, and leaves the most of it to others', () => {
  fc.assert(
    fc.property(world, (given) => {
      for (const of of given.limits)
        for (const goal_id of of.budget_window === 'goal' ? ids : [balanceGoal(of, null) ?? '']) {
          const { cost, tokens } = standing(given, of, goal_id)
          for (const [{ before, ahead }, most] of [
            [cost, of.cost_micro_usd],
            [tokens, of.tokens],
          ] as const) {
            if (most === null || ahead === 0) continue
            expect(before + ahead).toBeLessThanOrEqual(most)
            // Each ask takes a sixteenth of what the ones before have left.
            expect(ahead).toBeLessThanOrEqual((most - before) * (1 - (15 / 16) ** given.asks.length) + 1e-6)
          }
        }
    }),
    { numRuns: 2_000 },
  )
})

it('holds nothing ahead for those of whom a call was refused', () => {
  fc.assert(
    fc.property(world, ({ limits, asks, balances }) => {
      for (const { more, refusals } of grantReservations(asks, { limits, balances }))
        if (refusals.size > 0) expect(more).toBe(0)
    }),
    { numRuns: 1_000 },
  )
})
