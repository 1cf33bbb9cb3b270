import type { EngineTx, Tx } from '../../platform/db/db.ts'
import type { Extensions } from '../../platform/extension-point.ts'
import type { Journal } from '../../platform/journal/record.ts'
import type { Admission, Amounts, BudgetsPort, HoldRequest, SpendScopes } from './budgets.port.ts'
import { admitCandidates, byScope, type Limit, refusalByStatus } from './budgets.rules.ts'
import { budgetsStore } from './store/holds.store.ts'
import type { LimitRow } from './budgets.types.ts'
import type { CallsPort } from './calls.port.ts'
import { createCalls } from './operations/reserve.ts'
import { type ChangeBalances, changeBalances } from './change-balances.service.ts'
import { countLive } from './operations/count-live.ts'
import { limitStatuses } from './operations/limit-statuses.ts'
import { settleHolds } from './operations/settle.ts'
import { balancesOf, changesOf, distinctScopes, spends } from './rules/balances.ts'
import { presentBudget } from './rules/present.rules.ts'

/** Admission, holds and charges: the port that other modules call. */
export function createBudgets({
  journal,
  extensions,
}: {
  readonly journal: Journal
  readonly extensions: Extensions
}): BudgetsPort & { readonly calls: CallsPort } {
  const change: ChangeBalances = (tx, changes) => changeBalances(journal, tx, changes)
  return {
    admit: (tx, candidates) => admit({ change, extensions }, tx, candidates),
    countLive: (tx, scopes) => countLive(extensions, tx, scopes),
    statuses: (tx, organization_id, filter) => limitStatuses(extensions, tx, { organization_id, ...filter }),
    presentBudget,
    refusalOf: refusalByStatus,
    calls: createCalls(change),
    async settle(tx, settlements) {
      const { changes, charging } = await settleHolds(tx, settlements)
      await Promise.all([charging, change(tx, changes)])
    },
    async runCeilings(tx, scopes) {
      const limits = await budgetsStore.limits(tx, distinctScopes([scopes]))
      return limits.flatMap(({ budget_window, cost_micro_usd, tokens }) =>
        budget_window === 'run'
          ? [{ ...(cost_micro_usd !== null && { cost_micro_usd }), ...(tokens !== null && { tokens }) }]
          : [],
      )
    },
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

async function admit(
  { change, extensions }: { readonly change: ChangeBalances; readonly extensions: Extensions },
  tx: EngineTx,
  candidates: readonly HoldRequest[],
): Promise<Admission> {
  const scopes = distinctScopes(candidates)
  const goal_ids = [...new Set(candidates.flatMap(({ goal_id }) => goal_id ?? []))]
  // Sent one after the other without waiting; the second runs when the first has its locks.
  const [lockedLimits, balances] = await Promise.all([
    budgetsStore.lock(tx, scopes),
    budgetsStore.balances(tx, scopes, goal_ids),
  ])
  const liveRunLimits = lockedLimits.filter((limit) => limit.live_runs !== null)
  const live = await countLive(extensions, tx, liveRunLimits)
  const live_by_limit = new Map(liveRunLimits.map((limit, index) => [limit.limit_id, live[index] ?? 0]))
  const limits = lockedLimits.map((limit): Limit => ({ ...limit, live: live_by_limit.get(limit.limit_id) ?? 0 }))
  return {
    ...admitCandidates(candidates, { limits, balances }),
    hold: (runs) => hold(change, tx, { runs, lockedLimits }),
  }
}

type HeldRun = SpendScopes & Amounts & { readonly run_id: string }

async function hold(
  change: ChangeBalances,
  tx: Tx,
  { runs, lockedLimits }: { readonly runs: readonly HeldRun[]; readonly lockedLimits: readonly LimitRow[] },
): Promise<void> {
  const by_scope = byScope(lockedLimits)
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
