import type { FailurePolicy } from '@muster/contract/planner/task-definitions'
import type { TaskStatus } from '@muster/contract/planner/tasks'
import type { Tx } from '../../../platform/db/db.ts'
import { sql } from '../../../platform/db/sql.ts'

export interface NodeRow {
  readonly id: string
  readonly key: string
  readonly title: string
  readonly capability: string
  readonly status: TaskStatus
  readonly reason: string | null
  readonly agent_id: string | null
  readonly parent_id: string | null
  readonly attempts: number
  readonly leases_lost: number
  readonly retries: number
  readonly conflicts: number
  readonly ready_at: string | null
  /** Of its latest run. */
  readonly started_at: string | null
  readonly ended_at: string | null
  readonly is_leaf: boolean
  readonly approval_id: string | null
}

const nodes_max = 11_000

/** Statements of a goal's graph, over views of planner, worker and approvals. */
export const graphStore = {
  async revision(tx: Tx, organization_id: string, goal_id: string): Promise<number | undefined> {
    const row = await tx.row<{ plan_revision: number }>(sql`
      select plan_revision from planner_goal_times_v where organization_id = ${organization_id} and goal_id = ${goal_id}`)
    return row?.plan_revision
  },

  nodes(tx: Tx, organization_id: string, goal_id: string): Promise<NodeRow[]> {
    return tx.rows<NodeRow>(sql`
      with asked as materialized (
        select task_id, min(approval_id::text)::uuid as approval_id from approvals_waiting_v
        where organization_id = ${organization_id} and goal_id = ${goal_id} and status = 'open' and task_id is not null group by 1
      )
      select t.task_id as id, t.key, t.title, t.capability, t.status, t.reason, coalesce(r.agent_id, t.agent_id) as agent_id,
        t.parent_id, t.attempts, t.leases_lost, t.retries, t.conflicts, t.ready_at, r.claimed_at as started_at, t.ended_at,
        not exists (select from planner_edges_v e where e.organization_id = t.organization_id and e.from_id = t.task_id) as is_leaf,
        a.approval_id
      from planner_tasks_v t left join asked a on a.task_id = t.task_id
      left join lateral (
        select * from (
          (select l.agent_id, l.claimed_at, l.run_id from worker_live_v l
          where l.organization_id = t.organization_id and l.task_id = t.task_id and l.kind = 'work')
          union all
          (select e.agent_id, e.claimed_at, e.run_id from worker_runs_v e
          where e.organization_id = t.organization_id and e.task_id = t.task_id order by e.run_id desc limit 1)) both_kinds
        order by run_id desc limit 1) r on true
      where t.organization_id = ${organization_id} and t.goal_id = ${goal_id} and t.superseded_in is null
      order by t.task_id limit ${nodes_max}`)
  },

  edges(
    tx: Tx,
    organization_id: string,
    goal_id: string,
  ): Promise<{ from: string; to: string; on_failure: FailurePolicy }[]> {
    return tx.rows(sql`
      select e.from_id as "from", e.to_id as "to", e.on_failure from planner_edges_v e
      join planner_tasks_v t on t.organization_id = e.organization_id and t.task_id = e.to_id and t.superseded_in is null
      join planner_tasks_v f on f.organization_id = e.organization_id and f.task_id = e.from_id and f.superseded_in is null
      where e.organization_id = ${organization_id} and t.goal_id = ${goal_id} order by 1, 2`)
  },
}
