import type { EngineTx, Tx } from '../../platform/db/db.ts'
import { system_actor } from '../../platform/journal/events.ts'
import type { Journal } from '../../platform/journal/record.ts'
import type { Admission, BudgetsPort, CallHold, HoldRequest, Refusal, Settlement, SpendScopes } from './budgets.port.ts'
import { byScope, fitting, type Limit, limitsMet, scopeKey, scopesOf } from './budgets.rules.ts'
import {
  type BalanceChange,
  type BalanceRef,
  budgetsStore,
  type ChargeRow,
  type HoldRow,
  type LimitRow,
  type ScopeRow,
} from './budgets.store.ts'

/** Admission, holds and charges: the part of budgets that binds. */
export function createBudgets({ journal }: { readonly journal: Journal }): BudgetsPort {
  const change: Change = (tx, changes) => changeBalances(journal, tx, changes)
  return {
    admit: (tx, candidates, countLive) => admit(change, tx, { candidates, countLive }),
    holdCalls: (tx, calls) => holdCalls(change, tx, calls),
    settle: (tx, settlements) => settle(change, tx, settlements),
    async release(tx, runs) {
      if (runs.length === 0) return
      const holds = await budgetsStore.takeHolds(tx, runs)
      await change(
        tx,
        holds.flatMap((hold) => changesOf(hold, { held: -1, used: 0 })),
      )
    },
  }
}

type Change = (tx: Tx, changes: readonly BalanceChange[]) => Promise<void>

interface Admitting {
  readonly candidates: readonly HoldRequest[]
  readonly countLive: Parameters<BudgetsPort['admit']>[2]
}

async function admit(change: Change, tx: EngineTx, { candidates, countLive }: Admitting): Promise<Admission> {
  const scopes = distinctScopes(candidates)
  const goal_ids = [...new Set(candidates.flatMap(({ goal_id }) => goal_id ?? []))]
  // Sent one behind the other without waiting; the second still sees what stands when the first has its locks.
  const [locked, balances] = await Promise.all([
    budgetsStore.lock(tx, scopes),
    budgetsStore.balances(tx, scopes, goal_ids),
  ])
  const counted = locked.filter((limit) => limit.live_runs !== null)
  const live = counted.length > 0 ? await countLive(counted) : []
  const live_by_limit = new Map(counted.map((limit, index) => [limit.limit_id, live[index] ?? 0]))
  const limits = locked.map((limit): Limit => ({ ...limit, live: live_by_limit.get(limit.limit_id) ?? 0 }))
  return { ...fitting(candidates, { limits, balances }), hold: (runs) => hold(change, tx, { runs, locked }) }
}

async function holdCalls(change: Change, tx: Tx, calls: readonly CallHold[]): Promise<ReadonlyMap<string, Refusal>> {
  const scopes = distinctScopes(calls)
  const goal_ids = [...new Set(calls.flatMap(({ goal_id }) => goal_id ?? []))]
  const [locked, balances] = await Promise.all([
    budgetsStore.lock(tx, scopes),
    budgetsStore.balances(tx, scopes, goal_ids),
  ])
  const limits = locked.map((limit): Limit => ({ ...limit, live_runs: null, live: 0 }))
  const candidates = calls.map((call) => ({ ...call, task_id: call.call_id }))
  const { admitted, refusals } = fitting(candidates, { limits, balances })
  const runs = calls.filter(({ call_id }) => admitted.has(call_id)).map((call) => ({ ...call, run_id: call.call_id }))
  await hold(change, tx, { runs, locked })
  return new Map(refusals.map((refusal) => [refusal.task_id, refusal]))
}

type HeldRun = SpendScopes & Amounts & { readonly run_id: string }

async function hold(
  change: Change,
  tx: Tx,
  { runs, locked }: { readonly runs: readonly HeldRun[]; readonly locked: readonly LimitRow[] },
): Promise<void> {
  const by_scope = byScope(locked)
  const holds = runs
    .filter(spends)
    .map((run) => ({ ...run, balances: balancesOf(run, by_scope) }))
    .filter(({ balances }) => balances.length > 0)
  if (holds.length === 0) return
  await change(
    tx,
    holds.flatMap((one) => changesOf(one, { held: 1, used: 0 })),
  )
  await budgetsStore.hold(tx, holds)
}

async function settle(change: Change, tx: Tx, settlements: readonly Settlement[]): Promise<void> {
  if (settlements.length === 0) return
  const holds = new Map((await budgetsStore.takeHolds(tx, settlements)).map((one) => [one.run_id, one]))
  const charged = settlements
    .map((settlement) => ({ settlement, hold: holds.get(settlement.run_id) }))
    .map((item) => ({ ...item, used: usedOf(item.settlement, item.hold) }))
    .filter((item) => item.hold || spends(item.used))
  if (charged.length === 0) return
  const charging = budgetsStore.charge(
    tx,
    charged.map(({ settlement, used }) => chargeOf(settlement, used)),
  )
  const unheld = charged.filter((item) => !item.hold)
  const fresh = new Set(unheld.length > 0 ? await charging : [])
  const runs = unheld.filter(({ settlement }) => fresh.has(settlement.run_id))
  const more = await unheldChanges(
    tx,
    runs.map(({ settlement, used }) => ({ ...settlement, ...used })),
  )
  const changes = charged.flatMap(({ hold: held, used }) =>
    held ? [...changesOf(held, { held: -1, used: 0 }), ...changesOf({ ...held, ...used }, { held: 0, used: 1 })] : [],
  )
  await Promise.all([charging, change(tx, [...changes, ...more])])
}

/** Writes changes of balances, and tells the journal what this brought near its limit or over it. */
async function changeBalances(journal: Journal, tx: Tx, changes: readonly BalanceChange[]): Promise<void> {
  if (changes.length === 0) return
  const passed = await budgetsStore.change(tx, summed(changes))
  if (passed.length === 0) return
  await budgetsStore.told(tx, passed)
  for (const { organization_id, limit_id: budget_id, scope_kind, scope_id, is_over } of passed) {
    const type = is_over ? 'budget.closed' : 'budget.warned'
    const data = { budget_id, scope_kind, scope_id }
    journal.record(tx, organization_id, [{ type, actor: system_actor, ...placeOf(scope_kind, scope_id), data }])
  }
}

/** Where events of a scope are seen in feeds. */
export function placeOf(scope_kind: string, scope_id: string): { project_id?: string; goal_id?: string } {
  if (scope_kind === 'project') return { project_id: scope_id }
  return scope_kind === 'goal' ? { goal_id: scope_id } : {}
}

interface Amounts {
  readonly cost_micro_usd: number
  readonly tokens: number
}

const spends = ({ cost_micro_usd, tokens }: Amounts): boolean => cost_micro_usd > 0 || tokens > 0

/** What was used although nothing was held counts all the same, under the limits that stand now. */
async function unheldChanges(
  tx: Tx,
  runs: readonly (SpendScopes & Amounts & { readonly run_id: string })[],
): Promise<BalanceChange[]> {
  if (runs.length === 0) return []
  const by_scope = byScope(await budgetsStore.limits(tx, distinctScopes(runs)))
  return runs.flatMap((run) => changesOf({ ...run, balances: balancesOf(run, by_scope) }, { held: 0, used: 1 }))
}

/** Unknown usage costs the hold, never zero. */
function usedOf({ usage, held }: Settlement, hold: HoldRow | undefined): Amounts {
  const known = usage ?? held
  if (known) return known
  return { cost_micro_usd: hold?.cost_micro_usd ?? 0, tokens: hold?.tokens ?? 0 }
}

function chargeOf(settlement: Settlement, used: Amounts): ChargeRow {
  const { organization_id, run_id, project_id, goal_id, task_id, agent_id, usage, source = 'run' } = settlement
  const { cost_micro_usd, tokens } = used
  return {
    organization_id,
    run_id,
    project_id,
    goal_id,
    task_id,
    agent_id,
    cost_micro_usd,
    tokens,
    unknown_usage: usage === undefined,
    source,
  }
}

function changesOf(
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
function summed(changes: readonly BalanceChange[]): BalanceChange[] {
  const sums = new Map<string, BalanceChange>()
  for (const change of changes) {
    const key = `${change.limit_id} ${change.window_start} ${change.goal_id}`
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

function distinctScopes(runs: readonly SpendScopes[]): ScopeRow[] {
  const scopes = new Map<string, ScopeRow>()
  for (const run of runs)
    for (const [scope_kind, scope_id] of scopesOf(run)) {
      const { organization_id } = run
      scopes.set(scopeKey(scope_kind, scope_id), { organization_id, scope_kind, scope_id })
    }
  return [...scopes.values()]
}

/** The balances that a run's money stands in: those of the limits on money or tokens that it meets. */
function balancesOf(run: SpendScopes, by_scope: ReadonlyMap<string, readonly LimitRow[]>): BalanceRef[] {
  return limitsMet(run, by_scope).flatMap(({ limit, goal_id }) => {
    const { limit_id, window_start, cost_micro_usd, tokens } = limit
    const counts = (cost_micro_usd !== null || tokens !== null) && goal_id !== undefined
    return counts ? [{ limit_id, window_start, goal_id }] : []
  })
}
