/** The changes of balances by holds and charges: pure. */
import type { Amounts, SpendScopes } from '../budgets.port.ts'
import { limitsOfScopes, scopeKey, scopesOf } from '../budgets.rules.ts'
import type { BalanceChange, BalanceRef, HoldRow, LimitRow, ScopeRow } from '../budgets.types.ts'

export const spends = ({ cost_micro_usd, tokens }: Amounts): boolean => cost_micro_usd > 0 || tokens > 0

export function changesOf(
  hold: Omit<HoldRow, 'run_id'>,
  times: { readonly held: 1 | 0 | -1; readonly used: 0 | 1 },
): BalanceChange[] {
  const { organization_id, cost_micro_usd, tokens } = hold
  return hold.balances.map((balance) => ({
    ...balance,
    organization_id,
    held_micro_usd: times.held * cost_micro_usd,
    held_tokens: times.held * tokens,
    used_micro_usd: times.used * cost_micro_usd,
    used_tokens: times.used * tokens,
  }))
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
  return {
    ...a,
    held_micro_usd: safeSum(a.held_micro_usd, b.held_micro_usd),
    held_tokens: safeSum(a.held_tokens, b.held_tokens),
    used_micro_usd: safeSum(a.used_micro_usd, b.used_micro_usd),
    used_tokens: safeSum(a.used_tokens, b.used_tokens),
  }
}

function safeSum(a: number, b: number): number {
  return Math.max(Number.MIN_SAFE_INTEGER, Math.min(Number.MAX_SAFE_INTEGER, a + b))
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
