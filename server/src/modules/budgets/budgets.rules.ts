/** Which candidates fit under their limits: pure, in the order of the candidates. */
import type { BudgetScope, BudgetWindow } from '@muster/contract/budgets/budgets'
import type { Amounts, HoldRequest, LimitRefusal, LimitStatus, Refusal, SpendScopes } from './budgets.port.ts'

/** A limit with the present number of live runs in its scope. */
export interface Limit {
  readonly limit_id: string
  readonly scope_kind: BudgetScope
  readonly scope_id: string
  readonly budget_window: BudgetWindow
  readonly window_start: string
  readonly cost_micro_usd: number | null
  readonly tokens: number | null
  readonly live_runs: number | null
  /** Live runs in the scope now; counted only where `live_runs` is set. */
  readonly live: number
}

/** A balance: held and used amounts of a limit's current window, for each goal apart where the window says so. */
export interface Balance {
  readonly limit_id: string
  readonly goal_id: string
  readonly held_micro_usd: number
  readonly held_tokens: number
  readonly used_micro_usd: number
  readonly used_tokens: number
}

/** The scopes that a run or a call is charged to. */
export function scopesOf({
  organization_id,
  project_id,
  goal_id,
  agent_id,
}: SpendScopes): (readonly [BudgetScope, string])[] {
  const scopes: (readonly [BudgetScope, string | null])[] = [
    ['organization', organization_id],
    ['project', project_id],
    ['agent', agent_id],
    ['goal', goal_id],
  ]
  return scopes.flatMap(([kind, id]) => (id === null ? [] : [[kind, id] as const]))
}

export function scopesIn({ organization_id, project_id, goal_id, agent_id }: SpendScopes): SpendScopes {
  return { organization_id, project_id, goal_id, agent_id }
}

export const scopeKey = (kind: string, id: string): string => `${kind} ${id}`

/** The goal id of balances that count all goals together. */
const all_goals = '00000000-0000-0000-0000-000000000000'

/** The goal whose balance counts for a run; undefined where the limit has no balance, as for the window `run`. */
export function balanceGoal(limit: Pick<Limit, 'budget_window'>, goal_id: string | null): string | undefined {
  if (limit.budget_window === 'run') return undefined
  return limit.budget_window === 'goal' ? (goal_id ?? undefined) : all_goals
}

/** The limits of a run, with the goal whose balance counts. */
export function limitsOfScopes<ScopedLimit extends Pick<Limit, 'scope_kind' | 'scope_id' | 'budget_window'>>(
  run: SpendScopes,
  by_scope: ReadonlyMap<string, readonly ScopedLimit[]>,
): { readonly limit: ScopedLimit; readonly goal_id: string | undefined }[] {
  return scopesOf(run).flatMap(([kind, id]) =>
    (by_scope.get(scopeKey(kind, id)) ?? []).map((limit) => ({ limit, goal_id: balanceGoal(limit, run.goal_id) })),
  )
}

export function byScope<ScopedLimit extends Pick<Limit, 'scope_kind' | 'scope_id'>>(
  limits: readonly ScopedLimit[],
): Map<string, ScopedLimit[]> {
  const groups = new Map<string, ScopedLimit[]>()
  for (const limit of limits) {
    const key = scopeKey(limit.scope_kind, limit.scope_id)
    const group = groups.get(key)
    if (group) group.push(limit)
    else groups.set(key, [limit])
  }
  return groups
}

export type Candidate = SpendScopes & Amounts

export interface LimitState {
  readonly limits: readonly Limit[]
  readonly balances: readonly Balance[]
}

export interface Fit {
  readonly admitted: ReadonlySet<string>
  readonly refusals: readonly Refusal[]
}

/** Admits runs on all of their scopes or none. */
export function admitCandidates(
  candidates: readonly (Candidate & Pick<HoldRequest, 'task_id'>)[],
  limitState: LimitState,
): Fit {
  const outcomes = refusalsOf(candidates, limitState)
  return {
    admitted: new Set(candidates.flatMap(({ task_id }, index) => (outcomes[index] ? [] : [task_id]))),
    refusals: candidates.flatMap(({ task_id }, index) => {
      const refusal = outcomes[index]
      return refusal ? [{ task_id, ...refusal }] : []
    }),
  }
}

/**
 * The refusal of each candidate, or null: one that does not fit on all of its scopes takes nothing, and later ones may
 * still fit.
 */
export function refusalsOf(
  candidates: readonly Candidate[],
  { limits, balances }: LimitState,
): readonly (LimitRefusal | null)[] {
  const by_scope = byScope(limits)
  const sums = new Map<string, Sum>(
    balances.map((balance) => [sumKey(balance.limit_id, balance.goal_id), sumOf(balance)]),
  )
  const live = new Map(limits.map((limit) => [limit.limit_id, limit.live]))
  return candidates.map((candidate) => {
    const limitSums = limitsOfScopes(candidate, by_scope).map(({ limit, goal_id }) => ({
      limit,
      sum: sumFor(sums, limit, goal_id),
    }))
    for (const { limit, sum } of limitSums) {
      const reason = refusalOf(candidate, { limit, sum, live: live.get(limit.limit_id) ?? 0 })
      if (reason) return limitRefusal(limit, reason, candidate.goal_id)
    }
    for (const { limit, sum } of limitSums) {
      live.set(limit.limit_id, (live.get(limit.limit_id) ?? 0) + 1)
      if (!sum) continue
      sum.cost += candidate.cost_micro_usd
      sum.tokens += candidate.tokens
    }
    return null
  })
}

function limitRefusal(limit: Limit, reason: LimitRefusal['reason'], goal_id: string | null): LimitRefusal {
  const { limit_id, scope_kind, scope_id, budget_window } = limit
  const isOfGoal = reason === 'budget' && budget_window === 'goal'
  return { limit_id, reason, scope_kind, scope_id, goal_id: isOfGoal ? goal_id : null }
}

/** Held and used amounts together with this batch, and whether the limit is closed. */
interface Sum {
  cost: number
  tokens: number
  readonly used_cost: number
  readonly used_tokens: number
}

const sumKey = (limit_id: string, goal_id: string): string => `${limit_id} ${goal_id}`

function sumOf({
  held_micro_usd,
  held_tokens,
  used_micro_usd,
  used_tokens,
}: Omit<Balance, 'limit_id' | 'goal_id'>): Sum {
  return {
    cost: held_micro_usd + used_micro_usd,
    tokens: held_tokens + used_tokens,
    used_cost: used_micro_usd,
    used_tokens,
  }
}

function sumFor(sums: Map<string, Sum>, { limit_id }: Limit, goal_id: string | undefined): Sum | undefined {
  if (goal_id === undefined) return undefined
  const key = sumKey(limit_id, goal_id)
  const sum = sums.get(key) ?? { cost: 0, tokens: 0, used_cost: 0, used_tokens: 0 }
  sums.set(key, sum)
  return sum
}

/** Why a limit would refuse a candidate that comes alone; null: it would not. */
export function refusalByStatus(candidate: Candidate, limit: LimitStatus): Refusal['reason'] | null {
  const isCounted = balanceGoal(limit, candidate.goal_id) !== undefined
  return refusalOf(candidate, { limit, sum: isCounted ? sumOf(limit) : undefined, live: limit.live })
}

interface LimitAmounts {
  readonly limit: Pick<Limit, 'budget_window' | 'cost_micro_usd' | 'tokens' | 'live_runs'>
  readonly sum: Sum | undefined
  readonly live: number
}

/** A limit of which more was used than allowed is closed: it admits nothing, even at no cost. */
function refusalOf(candidate: Candidate, { limit, sum, live }: LimitAmounts): Refusal['reason'] | null {
  const { cost_micro_usd, tokens, live_runs } = limit
  if (live_runs !== null && live + 1 > live_runs) return 'limit'
  if (limit.budget_window === 'run')
    return isOver(candidate.cost_micro_usd, cost_micro_usd) || isOver(candidate.tokens, tokens) ? 'budget' : null
  if (!sum) return null
  if (isOver(sum.used_cost, cost_micro_usd) || isOver(sum.used_tokens, tokens)) return 'budget'
  if (candidate.cost_micro_usd > 0 && isOver(sum.cost + candidate.cost_micro_usd, cost_micro_usd)) return 'budget'
  return candidate.tokens > 0 && isOver(sum.tokens + candidate.tokens, tokens) ? 'budget' : null
}

function isOver(amount: number, limit: number | null): boolean {
  return limit !== null && amount > limit
}
