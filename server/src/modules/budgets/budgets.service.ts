import type { Tx } from '../../platform/db/db.ts'
import { system_actor } from '../../platform/journal/events.ts'
import type { Journal } from '../../platform/journal/record.ts'
import type { BudgetsPort, Settlement } from './budgets.port.ts'
import { type Balance, fitting, scopeKey, scopesOf } from './budgets.rules.ts'
import { type BalanceChange, budgetsStore, type ChargeRow, type HoldRow, type ScopeRow } from './budgets.store.ts'

export function createBudgets({ journal }: { readonly journal: Journal }): BudgetsPort {
  async function change(tx: Tx, changes: readonly BalanceChange[]): Promise<void> {
    if (changes.length === 0) return
    const passed = await budgetsStore.change(tx, summed(changes))
    if (passed.length === 0) return
    await budgetsStore.warned(tx, passed)
    for (const { organization_id, limit_id, scope_kind, scope_id, closed } of passed)
      journal.record(tx, organization_id, [
        { type: closed ? 'budget.closed' : 'budget.warned', actor: system_actor, data: { limit_id, scope_kind, scope_id } },
      ])
  }

  return {
    async admit(tx, candidates, countLive) {
      const locked = await budgetsStore.lock(tx, distinctScopes(candidates))
      const counted = locked.filter((balance) => balance.live_runs !== null)
      const live = counted.length > 0 ? await countLive(counted) : []
      const live_by_limit = new Map(counted.map((balance, index) => [balance.limit_id, live[index] ?? 0]))
      const balances = locked.map((balance): Balance => ({ ...balance, live: live_by_limit.get(balance.limit_id) ?? 0 }))
      return {
        ...fitting(candidates, balances),
        async hold(runs) {
          const spending = runs.filter(({ cost_micro_usd, tokens }) => cost_micro_usd > 0 || tokens > 0)
          const holds = spending.map((run) => ({ ...run, balances: moneyLimitsOf(run, balances) })).filter((hold) => hold.balances.length > 0)
          if (holds.length === 0) return
          await change(tx, holds.flatMap((hold) => changesOf(hold, { held: 1, used: 0 })))
          await budgetsStore.hold(tx, holds)
        },
      }
    },

    async settle(tx, settlements) {
      const holds = new Map((await budgetsStore.takeHolds(tx, settlements)).map((hold) => [hold.run_id, hold]))
      const changes: BalanceChange[] = []
      const charges: ChargeRow[] = []
      for (const settlement of settlements) {
        const hold = holds.get(settlement.run_id)
        const used = usedOf(settlement, hold)
        if (hold) changes.push(...changesOf(hold, { held: -1, used: 0 }), ...changesOf({ ...hold, ...used }, { held: 0, used: 1 }))
        if (hold || used.cost_micro_usd > 0 || used.tokens > 0) charges.push(chargeOf(settlement, used))
      }
      await change(tx, changes)
      if (charges.length > 0) await budgetsStore.charge(tx, charges)
    },

    async release(tx, runs) {
      const holds = await budgetsStore.takeHolds(tx, runs)
      await change(tx, holds.flatMap((hold) => changesOf(hold, { held: -1, used: 0 })))
    },
  }
}

/** Unknown usage costs the hold, never zero. */
function usedOf({ usage }: Settlement, hold: HoldRow | undefined): { cost_micro_usd: number; tokens: number } {
  if (usage) return usage
  return { cost_micro_usd: hold?.cost_micro_usd ?? 0, tokens: hold?.tokens ?? 0 }
}

function chargeOf(settlement: Settlement, used: { cost_micro_usd: number; tokens: number }): ChargeRow {
  const { organization_id, run_id, project_id, goal_id, task_id, agent_id, usage } = settlement
  return { organization_id, run_id, project_id, goal_id, task_id, agent_id, ...used, unknown_usage: usage === undefined }
}

function changesOf(hold: HoldRow, times: { readonly held: 1 | 0 | -1; readonly used: 0 | 1 }): BalanceChange[] {
  const { organization_id, cost_micro_usd, tokens } = hold
  return hold.balances.map(({ limit_id, window_start }) => ({
    organization_id,
    limit_id,
    window_start,
    held_micro_usd: times.held * cost_micro_usd,
    held_tokens: times.held * tokens,
    used_micro_usd: times.used * cost_micro_usd,
    used_tokens: times.used * tokens,
  }))
}

/** One change a balance: a batch touches each row once. */
function summed(changes: readonly BalanceChange[]): BalanceChange[] {
  const sums = new Map<string, BalanceChange>()
  for (const change of changes) {
    const key = `${change.limit_id} ${change.window_start}`
    const sum = sums.get(key)
    sums.set(key, sum ? added(sum, change) : change)
  }
  return [...sums.values()]
}

function added(a: BalanceChange, b: BalanceChange): BalanceChange {
  return {
    ...a,
    held_micro_usd: a.held_micro_usd + b.held_micro_usd,
    held_tokens: a.held_tokens + b.held_tokens,
    used_micro_usd: a.used_micro_usd + b.used_micro_usd,
    used_tokens: a.used_tokens + b.used_tokens,
  }
}

function distinctScopes(candidates: readonly Parameters<typeof scopesOf>[0][]): ScopeRow[] {
  const scopes = new Map<string, ScopeRow>()
  for (const candidate of candidates)
    for (const [scope_kind, scope_id] of scopesOf(candidate)) {
      const { organization_id } = candidate
      scopes.set(scopeKey(scope_kind, scope_id), { organization_id, scope_kind, scope_id })
    }
  return [...scopes.values()]
}

function moneyLimitsOf(run: Parameters<typeof scopesOf>[0], balances: readonly Balance[]): { limit_id: string; window_start: string }[] {
  const scopes = new Set(scopesOf(run).map(([kind, id]) => scopeKey(kind, id)))
  return balances.flatMap(({ limit_id, window_start, scope_kind, scope_id, cost_micro_usd, tokens }) =>
    (cost_micro_usd !== null || tokens !== null) && scopes.has(scopeKey(scope_kind, scope_id)) ? [{ limit_id, window_start }] : [],
  )
}
