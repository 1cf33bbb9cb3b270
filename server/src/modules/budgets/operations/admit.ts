import type { EngineTx, Tx } from '../../../platform/db/db.ts'
import type { Extensions } from '../../../platform/module/extension-point.ts'
import type { ChangeBalances } from '../balances.service.ts'
import type { Admission, Amounts, HoldRequest, SpendScopes } from '../budgets.port.ts'
import { admitCandidates, byScope, type Limit } from '../budgets.rules.ts'
import type { LimitRow } from '../budgets.types.ts'
import { spends } from '../rules/amounts.ts'
import { balancesOf, changesOf, distinctScopes } from '../rules/balances.ts'
import { holdsStore } from '../store/holds.store.ts'
import { countLive } from './count-live.ts'

/** Locks the limits of the candidates, and says which of them fit. */
export async function admit(
  { change, extensions }: { readonly change: ChangeBalances; readonly extensions: Extensions },
  tx: EngineTx,
  candidates: readonly HoldRequest[],
): Promise<Admission> {
  const scopes = distinctScopes(candidates)
  const goal_ids = [...new Set(candidates.flatMap(({ goal_id }) => goal_id ?? []))]
  // Sent one after the other without waiting; the second runs when the first has its locks.
  const [lockedLimits, balances] = await Promise.all([
    holdsStore.lock(tx, scopes),
    holdsStore.balances(tx, scopes, goal_ids),
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
    .map((run) => ({ ...run, id: run.run_id, balances: balancesOf(run, by_scope) }))
    .filter(({ balances }) => balances.length > 0)
  if (holds.length === 0) return
  await change(
    tx,
    holds.flatMap((one) => changesOf(one, { held: 1, used: 0 })),
  )
  await holdsStore.hold(tx, holds)
}
