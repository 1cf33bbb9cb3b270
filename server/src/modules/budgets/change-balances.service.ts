import type { Tx } from '../../platform/db/db.ts'
import type { Journal } from '../../platform/journal/record.ts'
import { system_principal } from '../../platform/principal.ts'
import { budgetsStore } from './store/holds.store.ts'
import type { BalanceChange } from './budgets.types.ts'
import { sumByBalance } from './rules/balances.ts'
import { reservationsStore } from './store/reservations.store.ts'

export type ChangeBalances = (tx: Tx, changes: readonly BalanceChange[]) => Promise<void>

/** Writes changes of balances, and records warnings of limits that are nearly or fully used. */
export async function changeBalances(journal: Journal, tx: Tx, changes: readonly BalanceChange[]): Promise<void> {
  if (changes.length === 0) return
  const passedRows = await budgetsStore.change(tx, sumByBalance(changes))
  if (passedRows.length === 0) return
  await budgetsStore.markWarned(tx, passedRows)
  for (const { organization_id, limit_id: budget_id, scope_kind, scope_id, is_over } of passedRows) {
    const type = is_over ? 'budget.closed' : 'budget.warned'
    const data = { budget_id, scope_kind, scope_id }
    journal.record(tx, organization_id, [
      { type, actor: system_principal, ...eventSubject(scope_kind, scope_id), data },
    ])
  }
  // A closed limit raises the budget version, so that reservations admit nothing more.
  const organization_ids = passedRows.filter(({ is_over }) => is_over).map(({ organization_id }) => organization_id)
  if (organization_ids.length > 0) await reservationsStore.raiseVersions(tx, organization_ids)
}

/** The subject of a scope's events, for feeds. */
export function eventSubject(scope_kind: string, scope_id: string): { project_id?: string; goal_id?: string } {
  if (scope_kind === 'project') return { project_id: scope_id }
  return scope_kind === 'goal' ? { goal_id: scope_id } : {}
}
