import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { HoldRequest } from './budgets.port.ts'
import { admitCandidates, type Balance, balanceGoal, byScope, type Limit, limitsOfScopes } from './budgets.rules.ts'

const ids = ['a', 'b'] as const
const amount = fc.integer({ min: 0, max: 20 })
const maybe = fc.option(fc.integer({ min: 0, max: 60 }))

const candidate = (task_id: string): fc.Arbitrary<HoldRequest> =>
  fc.record({
    task_id: fc.constant(task_id),
    organization_id: fc.constant('o'),
    project_id: fc.constantFrom(...ids),
    goal_id: fc.option(fc.constantFrom(...ids)),
    agent_id: fc.constantFrom(...ids),
    cost_micro_usd: amount,
    tokens: amount,
  })
const candidates = fc
  .integer({ min: 1, max: 12 })
  .chain((length) => fc.tuple(...Array.from({ length }, (_, index) => candidate(`t${index}`))))

const limit: fc.Arbitrary<Limit> = fc.record({
  limit_id: fc.uuid(),
  scope_kind: fc.constantFrom('organization', 'project', 'goal', 'agent'),
  scope_id: fc.constantFrom('o', ...ids),
  budget_window: fc.constantFrom('day', 'goal', 'total'),
  window_start: fc.constant('1970-01-01T00:00:00.000Z'),
  cost_micro_usd: maybe,
  tokens: maybe,
  live_runs: fc.option(fc.integer({ min: 0, max: 6 })),
  live: fc.integer({ min: 0, max: 4 }),
})

const world = fc.array(limit, { maxLength: 6 }).chain((limits) =>
  fc.record({
    limits: fc.constant(limits),
    candidates,
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

/** Counts one by one what stands against a limit, without any of the sums of the code under test. */
function against(
  limits: Limit,
  goal_id: string | undefined,
  admitted: readonly HoldRequest[],
  balances: readonly Balance[],
) {
  const runs = admitted.filter((run) =>
    limitsOfScopes(run, byScope([limits])).some((met) => goal_id === undefined || met.goal_id === goal_id),
  )
  const balance = balances.find((one) => one.limit_id === limits.limit_id && one.goal_id === goal_id)
  return {
    live: limits.live + admitted.filter((run) => limitsOfScopes(run, byScope([limits])).length > 0).length,
    cost:
      (balance?.held_micro_usd ?? 0) +
      (balance?.used_micro_usd ?? 0) +
      runs.reduce((sum, run) => sum + run.cost_micro_usd, 0),
    tokens: (balance?.held_tokens ?? 0) + (balance?.used_tokens ?? 0) + runs.reduce((sum, run) => sum + run.tokens, 0),
    added_cost: runs.some((run) => run.cost_micro_usd > 0),
    added_tokens: runs.some((run) => run.tokens > 0),
    added_run: admitted.some((run) => limitsOfScopes(run, byScope([limits])).length > 0),
    closed:
      (balance?.used_micro_usd ?? 0) > (limits.cost_micro_usd ?? Number.POSITIVE_INFINITY) ||
      (balance?.used_tokens ?? 0) > (limits.tokens ?? Number.POSITIVE_INFINITY),
    runs,
  }
}

describe('admitCandidates', () => {
  it('never admits over any limit, whatever comes together', () => {
    fc.assert(
      fc.property(world, ({ limits, balances, candidates }) => {
        const { admitted } = admitCandidates(candidates, { limits, balances })
        const runs = candidates.filter(({ task_id }) => admitted.has(task_id))
        for (const one of limits)
          for (const goal_id of one.budget_window === 'goal' ? ids : [balanceGoal(one, null)]) {
            const {
              live,
              cost,
              tokens,
              added_cost,
              added_tokens,
              added_run,
              closed,
              runs: counted,
            } = against(one, goal_id, runs, balances)
            if (one.live_runs !== null && added_run) expect(live).toBeLessThanOrEqual(one.live_runs)
            if (one.cost_micro_usd !== null && added_cost) expect(cost).toBeLessThanOrEqual(one.cost_micro_usd)
            if (one.tokens !== null && added_tokens) expect(tokens).toBeLessThanOrEqual(one.tokens)
            if (closed) expect(counted).toEqual([])
          }
      }),
      { numRuns: 2_000 },
    )
  })

  it('refuses only what some limit cannot bear, and names that limit', () => {
    fc.assert(
      fc.property(world, ({ limits, balances, candidates }) => {
        const { admitted, refusals } = admitCandidates(candidates, { limits, balances })
        expect(admitted.size + refusals.length).toBe(candidates.length)
        for (const { task_id, limit_id, reason } of refusals) {
          const place = candidates.findIndex((one) => one.task_id === task_id)
          const refused = candidates[place]
          const met = limits.find((one) => one.limit_id === limit_id)
          if (!refused || !met) throw new Error('a refusal names a candidate and a limit')
          const before = candidates.slice(0, place).filter((one) => admitted.has(one.task_id))
          const now = against(met, balanceGoal(met, refused.goal_id), before, balances)
          if (reason === 'limit') expect(now.live + 1).toBeGreaterThan(met.live_runs ?? Number.POSITIVE_INFINITY)
          else {
            const over_cost =
              refused.cost_micro_usd > 0 &&
              met.cost_micro_usd !== null &&
              now.cost + refused.cost_micro_usd > met.cost_micro_usd
            const over_tokens = refused.tokens > 0 && met.tokens !== null && now.tokens + refused.tokens > met.tokens
            expect(now.closed || over_cost || over_tokens).toBe(true)
          }
        }
      }),
      { numRuns: 2_000 },
    )
  })
})
