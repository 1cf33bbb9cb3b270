/** The changes of balances by holds and charges: pure. */
import type { SpendScopes } from '../budgets.port.ts'
import { limitsOfScopes, scopeKey, scopesOf } from '../budgets.rules.ts'
import type { BalanceChange, BalanceRef, HoldRow, LimitRow, ScopeRow } from '../budgets.types.ts'
import { plus, times } from './amounts.ts'

/** How the amounts of a hold change its balances. */
export function changesOf(
  { organization_id, balances, cost_micro_usd, tokens }: Omit<HoldRow, 'id'>,
  sign: { readonly held: 1 | 0 | -1; readonly used: 0 | 1 },
): BalanceChange[] {
  const amounts = { cost_micro_usd, tokens }
  const [held, used] = [times(amounts, sign.held), times(amounts, sign.used)]
  return balances.map((balance) => ({ ...balance, organization_id, held, used }))
}

/** One change a balance: a batch touches each row once. */
export function sumByBalance(changes: readonly BalanceChange[]): BalanceChange[] {
  const sums = new Map<string, BalanceChange>()
  for (const change of changes) {
    const key = `${change.limit_id} ${change.window_start} ${change.goal_id}`
    const sum = sums.get(key)
    sums.set(key, sum ? addChanges(sum, change) : change)
  }
  return [...sums.values()]
}

function addChanges(a: BalanceChange, b: BalanceChange): BalanceChange {
  return { ...a, held: plus(a.held, b.held), used: plus(a.used, b.used) }
}

export function distinctScopes(runs: readonly SpendScopes[]): ScopeRow[] {
  const scopes = new Map<string, ScopeRow>()
  for (const run of runs)
    for (const [scope_kind, scope_id] of scopesOf(run)) {
      const { organization_id } = run
      scopes.set(scopeKey(scope_kind, scope_id), { organization_id, scope_kind, scope_id })
    }
  return [...scopes.values()]
}

/** The balances of a run's amounts: those of its limits on money or tokens. */
export function balancesOf(run: SpendScopes, by_scope: ReadonlyMap<string, readonly LimitRow[]>): BalanceRef[] {
  return limitsOfScopes(run, by_scope).flatMap(({ limit, goal_id }) => {
    const { limit_id, window_start, cost_micro_usd, tokens } = limit
    const counts = (cost_micro_usd !== null || tokens !== null) && goal_id !== undefined
    return counts ? [{ limit_id, window_start, goal_id }] : []
  })
}
