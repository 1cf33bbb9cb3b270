import type { FailurePolicy } from '@muster/contract/planner/tasks/task-definitions'
import type { TaskStatus } from '@muster/contract/planner/tasks/tasks'
import type { Tx } from '../../../platform/db/db.ts'
import { sql } from '../../../platform/db/sql.ts'

export interface GraphNodeRow {
  readonly id: string
  readonly key: string
  readonly title: string
  readonly capability: string
  readonly status: TaskStatus
  readonly reason: string | null
  /** That the task names. */
  readonly agent_id: string | null
  readonly parent_id: string | null
  readonly attempts: number
  readonly leases_lost: number
  readonly retries: number
  readonly conflicts: number
  readonly ready_at: string | null
  readonly ended_at: string | null
  readonly is_leaf: boolean
  readonly approval_id: string | null
}

const nodes_max = 11_000

/** Statements of a goal's graph. */
export const goalGraphStore = {
  async revision(tx: Tx, organization_id: string, goal_id: string): Promise<number | undefined> {
    const row = await tx.row<{ plan_revision: number }>(sql`
      select plan_revision from planner_goals where organization_id = ${organization_id} and id = ${goal_id}`)
    return row?.plan_revision
  },

  nodes(tx: Tx, organization_id: string, goal_id: string): Promise<GraphNodeRow[]> {
    return tx.rows<GraphNodeRow>(sql`
      with open_approvals as materialized (
        select task_id, min(approval_id::text)::uuid as approval_id from approvals_waiting_v
        where organization_id = ${organization_id} and goal_id = ${goal_id} and status = 'open' and task_id is not null group by 1
      )
      select t.id, t.key, t.title, t.capability, s.status, s.reason, t.agent_id, t.parent_id, s.attempts, s.leases_lost, s.retries,
        s.conflicts, s.ready_at, s.ended_at, a.approval_id,
        not exists (select from planner_task_edges e where e.organization_id = t.organization_id and e.from_id = t.id) as is_leaf
      from planner_tasks t join planner_task_states s on s.organization_id = t.organization_id and s.id = t.id
      left join open_approvals a on a.task_id = t.id
      where t.organization_id = ${organization_id} and t.goal_id = ${goal_id} and t.superseded_in is null
      order by t.id limit ${nodes_max}`)
  },

  edges(
    tx: Tx,
    organization_id: string,
    goal_id: string,
  ): Promise<{ from: string; to: string; on_failure: FailurePolicy }[]> {
    return tx.rows(sql`
      select e.from_id as "from", e.to_id as "to", e.on_failure from planner_task_edges e
      join planner_tasks t on t.organization_id = e.organization_id and t.id = e.to_id and t.superseded_in is null
      join planner_tasks f on f.organization_id = e.organization_id and f.id = e.from_id and f.superseded_in is null
      where e.organization_id = ${organization_id} and t.goal_id = ${goal_id} order by 1, 2`)
  },
}
