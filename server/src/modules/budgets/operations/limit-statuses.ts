import type { Tx } from '../../../platform/db/db.ts'
import type { Extensions } from '../../../platform/module/extension-point.ts'
import type { LimitFilter, LimitStatus } from '../budgets.port.ts'
import { type BudgetRow, limitsStore } from '../store/limits.store.ts'
import { countLive } from './count-live.ts'

/** Limits with what is held and used of them now. */
export async function limitStatuses(
  extensions: Extensions,
  tx: Tx,
  { organization_id, ...filter }: LimitFilter & { readonly organization_id: string },
): Promise<readonly LimitStatus[]> {
  return withLiveRuns(extensions, tx, await limitsStore.ofScopes(tx, organization_id, filter))
}

/** Adds the runs under lease in the scope of each limit. */
export async function withLiveRuns(
  extensions: Extensions,
  tx: Tx,
  rows: readonly BudgetRow[],
): Promise<readonly LimitStatus[]> {
  const live = await countLive(extensions, tx, rows)
  return rows.map((row, index) => ({ ...row, live: live[index] ?? 0 }))
}
