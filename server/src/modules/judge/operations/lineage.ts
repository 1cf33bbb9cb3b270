import type { Tx } from '../../../platform/db/db.ts'
import type { Principal } from '../../../platform/principal.ts'
import type { Lineage } from '../../approvals/approvals.port.ts'
import type { JudgeDeps } from './settle.ts'

interface RunMakers {
  readonly organization_id: string
  readonly goal_id: string | null
  readonly task_id: string | null
  readonly run_id: string | null
  readonly claimed_by: Principal | undefined
  readonly completed_by: Principal | null | undefined
}

/** Everybody who made a run's result or stated its work, for the test of own work. */
export async function lineageOf(
  { planner, approvals }: Pick<JudgeDeps, 'planner' | 'approvals'>,
  tx: Tx,
  { organization_id, goal_id, task_id, run_id, claimed_by, completed_by }: RunMakers,
): Promise<Lineage> {
  const amended_by = run_id === null ? [] : await approvals.amendedBy(tx, { organization_id, run_id })
  return {
    made_by: [claimed_by, completed_by, ...amended_by].filter((actor) => actor != null),
    stated_by: await planner.statedBy(tx, { organization_id, goal_id, task_id }),
    amended_by,
  }
}
