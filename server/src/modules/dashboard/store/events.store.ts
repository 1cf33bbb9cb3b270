import type { Tx } from '../../../platform/db/db.ts'
import { sql } from '../../../platform/db/sql.ts'

/** What narrows a search of the journal, over views of other modules. */
export const eventsStore = {
  taskScope(
    tx: Tx,
    organization_id: string,
    task_id: string,
  ): Promise<{ project_id: string; goal_id: string | null } | undefined> {
    return tx.row(sql`
      select project_id, goal_id from planner_tasks_v where organization_id = ${organization_id} and task_id = ${task_id}`)
  },
}
