import type { Tx } from '../../platform/db/db.ts'
import { inScope, type ReadScope } from '../../platform/db/read-scope.ts'
import { sql } from '../../platform/db/sql.ts'
import { type AttentionRow, attention_rows_max } from '../../platform/module/attention-source.ts'

/** Tasks whose commits were refused again and again within the hour, and that have not ended. */
export function conflictingTasks(tx: Tx, scope: ReadScope): Promise<AttentionRow[]> {
  return tx.rows<AttentionRow>(sql`
      with refused as (
        select task_id, count(*)::int as refused, min(refused_at) as since from state_conflicts_v
        where ${inScope(scope)} and refused_at > (select muster_now()) - interval '1 hour' and task_id is not null
        group by 1 having count(*) > 1 order by 2 desc limit ${attention_rows_max}
      )
      select t.task_id as id, t.project_id, t.goal_id, t.title, r.since
      from refused r join planner_tasks_v t on t.organization_id = ${scope.organization_id} and t.task_id = r.task_id
      where t.ended_at is null order by r.refused desc, t.task_id`)
}
