import type { Tx } from '../../../platform/db/db.ts'
import { sql } from '../../../platform/db/sql.ts'
import type { TaskRef } from '../planner.port.ts'

/** Statements of `for_each` and `repeat`. */
export const expansionStore = {
  /** The task now waits for its children; says whether the goal runs, so that they may be queued. */
  async grow(tx: Tx, task: TaskRef & { readonly goal_id: string | null }, children: number): Promise<boolean> {
    const row = await tx.row<{ running: boolean }>(sql`
      with task_state as (
        update planner_task_states set step = 'join', waits_on = ${children}
        where organization_id = ${task.organization_id} and id = ${task.task_id}
      ), goal as (
        update planner_goals set open_tasks = open_tasks + ${children}
        where organization_id = ${task.organization_id} and id = ${task.goal_id} returning status
      )
      select coalesce((select status = 'running' from goal), true) as running`)
    return row?.running ?? true
  },

  /** The children's outputs as JSON text, in the order of their items, with the revisions that made them. */
  children(tx: Tx, task: TaskRef): Promise<{ output: string; revision: number }[]> {
    return tx.rows<{ output: string; revision: number }>(sql`
      select coalesce(o.output::text, 'null') as output, t.revision from planner_tasks t
      left join planner_task_outputs o on o.organization_id = t.organization_id and o.task_id = t.id
      where t.organization_id = ${task.organization_id} and t.parent_id = ${task.task_id}
      order by t.item_index`)
  },
}
