/** Which candidates fit under the limits they meet: pure arithmetic, in the order of the candidates. */
import type { HoldRequest, Refusal } from './budgets.port.ts'

export interface Balance {
  readonly limit_id: string
  readonly scope_kind: 'organization' | 'project' | 'campaign' | 'goal' | 'agent'
  readonly scope_id: string
  readonly window_start: string
  readonly cost_micro_usd: number | null
  readonly tokens: number | null
  readonly live_runs: number | null
  readonly closed: boolean
  readonly held_micro_usd: number
  readonly held_tokens: number
  readonly used_micro_usd: number
  readonly used_tokens: number
  /** Live runs in the scope now; counted only where `live_runs` is set. */
  readonly live: number
}

/** The scopes that a run is charged to. */
export function scopesOf(request: Omit<HoldRequest, 'task_id' | 'cost_micro_usd' | 'tokens'>): (readonly [Balance['scope_kind'], string])[] {
  const { organization_id, project_id, goal_id, agent_id } = request
  const scopes: (readonly [Balance['scope_kind'], string])[] = [
    ['organization', organization_id],
    ['project', project_id],
    ['agent', agent_id],
  ]
  if (goal_id !== null) scopes.push(['goal', goal_id])
  return scopes
}

export const scopeKey = (kind: string, id: string): string => `${kind} ${id}`

export interface Fit {
  readonly admitted: ReadonlySet<string>
  readonly refusals: readonly Refusal[]
}

/** All of a candidate's scopes or none: a candidate that does not fit takes nothing, and later ones may still fit. */
export function fitting(candidates: readonly HoldRequest[], balances: readonly Balance[]): Fit {
  const by_scope = groupBy(balances)
  const taken = new Map<string, { cost: number; tokens: number; live: number }>(
    balances.map((balance) => [balance.limit_id, { cost: 0, tokens: 0, live: 0 }]),
  )
  const admitted = new Set<string>()
  const refusals: Refusal[] = []
  for (const candidate of candidates) {
    const met = scopesOf(candidate).flatMap(([kind, id]) => by_scope.get(scopeKey(kind, id)) ?? [])
    const refusal = met.map((balance) => refusalOf(candidate, balance, taken.get(balance.limit_id))).find((one) => one !== null)
    if (refusal) {
      refusals.push(refusal)
      continue
    }
    admitted.add(candidate.task_id)
    for (const { limit_id } of met) {
      const sum = taken.get(limit_id)
      if (!sum) continue
      sum.cost += candidate.cost_micro_usd
      sum.tokens += candidate.tokens
      sum.live += 1
    }
  }
  return { admitted, refusals }
}

function refusalOf(
  candidate: HoldRequest,
  balance: Balance,
  taken: { cost: number; tokens: number; live: number } | undefined,
): Refusal | null {
  const { limit_id, cost_micro_usd, tokens, live_runs, closed } = balance
  const refuse = (reason: Refusal['reason']): Refusal => ({ task_id: candidate.task_id, limit_id, reason })
  const sum = taken ?? { cost: 0, tokens: 0, live: 0 }
  if (live_runs !== null && balance.live + sum.live + 1 > live_runs) return refuse('limit')
  const spends = candidate.cost_micro_usd > 0 || candidate.tokens > 0
  if (!spends) return null
  if (closed) return refuse('budget')
  const cost = balance.held_micro_usd + balance.used_micro_usd + sum.cost + candidate.cost_micro_usd
  if (cost_micro_usd !== null && cost > cost_micro_usd) return refuse('budget')
  const used_tokens = balance.held_tokens + balance.used_tokens + sum.tokens + candidate.tokens
  return tokens !== null && used_tokens > tokens ? refuse('budget') : null
}

function groupBy(balances: readonly Balance[]): Map<string, Balance[]> {
  const groups = new Map<string, Balance[]>()
  for (const balance of balances) {
    const key = scopeKey(balance.scope_kind, balance.scope_id)
    const group = groups.get(key)
    if (group) group.push(balance)
    else groups.set(key, [balance])
  }
  return groups
}
