import type { Tx } from '../../../platform/db/db.ts'
import { inScope, type ReadScope } from '../../../platform/db/read-scope.ts'
import { sql } from '../../../platform/db/sql.ts'
import { type AttentionRow, attention_rows_max } from '../../../platform/module/attention-source.ts'

/** Statements that find goals that need attention. */
export const goalAttentionStore = {
  /** Goals that wait for a new plan, since a task failed. */
  needingPlan(tx: Tx, scope: ReadScope): Promise<AttentionRow[]> {
    return tx.rows<AttentionRow>(sql`
      select g.goal_id as id, g.project_id, g.goal_id, g.title, coalesce((
        select max(t.ended_at) from planner_tasks_v t
        where t.organization_id = g.organization_id and t.goal_id = g.goal_id and t.status <> 'done'), g.started_at, g.created_at) as since
      from (
        select * from planner_goal_times_v where ${inScope(scope)} and status = 'paused' and reason = 'needs_plan'
        order by goal_id limit ${attention_rows_max}) g`)
  },

  /** Goals that failed within the day and were not created again. */
  failed(tx: Tx, scope: ReadScope): Promise<AttentionRow[]> {
    return tx.rows<AttentionRow>(sql`
      with recent as (
        select * from planner_goal_times_v where ${inScope(scope)} and created_at > (select muster_now()) - interval '30 days'
      )
      select goal_id as id, project_id, goal_id, title, ended_at as since from recent
      where status = 'failed' and ended_at > (select muster_now()) - interval '24 hours'
        and not exists (select from recent r where r.rerun_of = recent.goal_id)
      order by ended_at desc, goal_id limit ${attention_rows_max}`)
  },
}
