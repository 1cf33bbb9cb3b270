import type { EngineTx } from '../../../platform/db/db.ts'
import { sql } from '../../../platform/db/sql.ts'

interface Retention {
  readonly days: number
  /** The most rows to remove. */
  readonly limit: number
}

/** Statements that remove old runs and log lines. */
export const retentionStore = {
  /** Returns how many lines were removed. */
  removeLogs(tx: EngineTx, { days, limit }: Retention): Promise<number> {
    return tx.execute(sql`
      delete from worker_run_logs l using (
        select organization_id, id from worker_run_logs
        where id < muster_uuid_at(muster_now() - ${days} * interval '1 day')
        limit ${limit} for update skip locked) old
      where l.organization_id = old.organization_id and l.id = old.id`)
  },

  /**
   * Removes runs of ended tasks, but not the one whose result was accepted, which is the history of a commit. Returns
   * how many were removed.
   */
  removeRuns(tx: EngineTx, { days, limit }: Retention): Promise<number> {
    return tx.execute(sql`
      delete from worker_runs r using (
        select e.organization_id, e.id from worker_runs e
        join planner_tasks_v t on t.organization_id = e.organization_id and t.task_id = e.task_id and t.ended_at is not null
        where e.ended_at < muster_now() - ${days} * interval '1 day'
          and not exists (select from planner_outputs_v o
            where o.organization_id = e.organization_id and o.task_id = e.task_id and o.run_id = e.id)
        limit ${limit} for update of e skip locked) old
      where r.organization_id = old.organization_id and r.id = old.id`)
  },
}
