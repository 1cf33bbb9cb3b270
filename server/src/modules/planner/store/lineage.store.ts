import type { Tx } from '../../../platform/db/db.ts'
import { sql } from '../../../platform/db/sql.ts'
import type { ClaimedTask } from '../planner.port.ts'

type Principal = ClaimedTask['created_by']

/** Statements that find who stated, planned or retried goals and tasks. */
export const lineageStore = {
  /**
   * Who created the goal and those it is a re-run of, who wrote any revision of their plans (a retry writes one), and
   * who created the task, the task it is a retry of, and its parent.
   */
  async statedBy(
    tx: Tx,
    { organization_id, goal_id, task_id }: { organization_id: string; goal_id: string | null; task_id: string | null },
  ): Promise<Principal[]> {
    const rows = await tx.rows<{ by: Principal }>(sql`
      with recursive goal_line (id, rerun_of, created_by) as (
        select id, rerun_of, created_by::jsonb from planner_goals where organization_id = ${organization_id} and id = ${goal_id}::uuid
        union
        select g.id, g.rerun_of, g.created_by::jsonb from goal_line l
        join planner_goals g on g.organization_id = ${organization_id} and g.id = l.rerun_of
      ), task_line (id, retry_of, parent_id, created_by) as (
        select id, retry_of, parent_id, created_by::jsonb from planner_tasks
        where organization_id = ${organization_id} and id = ${task_id}::uuid
        union
        select t.id, t.retry_of, t.parent_id, t.created_by::jsonb from task_line l
        join planner_tasks t on t.organization_id = ${organization_id} and t.id in (l.retry_of, l.parent_id)
      )
      select created_by as by from goal_line
      union
      select p.created_by::jsonb from goal_line l
      join planner_plans p on p.organization_id = ${organization_id} and p.goal_id = l.id
      union
      select created_by from task_line`)
    return rows.map(({ by }) => by)
  },
}
