import type { Tx } from '../../../platform/db/db.ts'
import { sql } from '../../../platform/db/sql.ts'

/** Statements of budget versions. */
export const versionsStore = {
  of(
    tx: Tx,
    organization_ids: readonly string[],
  ): Promise<{ readonly organization_id: string; readonly budget_version: string }[]> {
    return tx.rows(sql`
      select organization_id, budget_version from budgets_versions_v where organization_id = any (${organization_ids}::uuid[])`)
  },

  /** Voids the reservations of the organizations. */
  async raise(tx: Tx, organization_ids: readonly string[]): Promise<void> {
    await tx.execute(sql`
      insert into budgets_versions (organization_id, version)
      select organization_id, 1 from unnest(${[...new Set(organization_ids)].sort()}::uuid[]) as i (organization_id)
      on conflict (organization_id) do update set version = budgets_versions.version + 1`)
  },
}
