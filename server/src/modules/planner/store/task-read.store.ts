import type { TaskStatus } from '@muster/contract/planner/tasks/tasks'
import type { TaskKindName } from '@muster/contract/platform/task-kind-names'
import type { Tx } from '../../../platform/db/db.ts'
import { allOf, fragment, sql } from '../../../platform/db/sql.ts'
import type { TaskRow } from '../planner.types.ts'

export interface TaskFilter {
  readonly id?: string | undefined
  readonly project_id?: string | undefined
  readonly goal_id?: string | undefined
  readonly status?: string | undefined
  readonly kinds?: readonly TaskKindName[] | undefined
  readonly revision?: number | undefined
  readonly current?: boolean
  /** Only tasks without dependents: the results of the goal. */
  readonly leaf?: boolean | undefined
  readonly before?: string | undefined
  readonly after?: string | undefined
  readonly order: 'oldest' | 'newest'
  readonly offset?: number | undefined
  readonly limit: number
}

/** Statements that read tasks. */
export const taskReadStore = {
  tasks(tx: Tx, organization_id: string, filter: TaskFilter): Promise<TaskRow[]> {
    const order = filter.order === 'oldest' ? fragment`t.id` : fragment`t.id desc`
    return tx.rows<TaskRow>(sql`
      select t.id, t.kind, t.project_id, t.goal_id, t.revision, t.key, t.title, t.capability, t.agent_id, s.status, s.reason,
        t.input, t.spec, t.cost_micro_usd, t.tokens, t.priority, t.timeout_ms, t.attempts_max, t.parent_id, t.retry_of,
        s.run_id, o.output, t.created_at, s.ready_at, s.ended_at, s.attempts, s.leases_lost, s.retries, s.conflicts, (
          select json_agg(json_build_object('key', f.key, 'task_id', f.id, 'on_failure', e.on_failure) order by f.id)
          from planner_task_edges e join planner_tasks f on f.organization_id = e.organization_id and f.id = e.from_id
          where e.organization_id = t.organization_id and e.to_id = t.id) as edges, (
          select json_build_object('id', c.commit_id, 'written', c.written) from state_task_commits_v c
          where c.organization_id = t.organization_id and c.task_id = t.id order by c.commit_id desc limit 1) as commit
      from planner_tasks t join planner_task_states s on s.organization_id = t.organization_id and s.id = t.id
      left join planner_task_outputs o on o.organization_id = t.organization_id and o.task_id = t.id
      where t.organization_id = ${organization_id} and ${filtersOf(filter)}
      order by ${order} limit ${filter.limit} offset ${filter.offset ?? 0}`)
  },

  async kindOf(tx: Tx, organization_id: string, id: string): Promise<TaskKindName | undefined> {
    const row = await tx.row<{ kind: TaskKindName }>(
      sql`select kind from planner_tasks where organization_id = ${organization_id} and id = ${id}`,
    )
    return row?.kind
  },

  async count(tx: Tx, organization_id: string, filter: TaskFilter): Promise<number> {
    const row = await tx.row<{ total: number }>(sql`
      select count(*)::int as total from planner_tasks t join planner_task_states s on s.organization_id = t.organization_id and s.id = t.id
      where t.organization_id = ${organization_id} and ${filtersOf(filter)}`)
    return row?.total ?? 0
  },

  counts(tx: Tx, organization_id: string, project_id: string): Promise<{ status: TaskStatus; tasks: number }[]> {
    return tx.rows(sql`
      select s.status, count(*)::int as tasks from planner_tasks t
      join planner_task_states s on s.organization_id = t.organization_id and s.id = t.id
      where t.organization_id = ${organization_id} and t.project_id = ${project_id} and t.superseded_in is null group by 1`)
  },
}

function filtersOf(filter: TaskFilter) {
  const { id, project_id, goal_id, status, kinds, revision, before, after, leaf, current } = filter
  return allOf([
    id === undefined ? undefined : fragment`t.id = ${id}`,
    project_id === undefined ? undefined : fragment`t.project_id = ${project_id}`,
    goal_id === undefined ? undefined : fragment`t.goal_id = ${goal_id}`,
    status === undefined ? undefined : fragment`s.status = ${status}`,
    kinds === undefined ? undefined : fragment`t.kind = any(${kinds})`,
    before === undefined ? undefined : fragment`t.id < ${before}`,
    after === undefined ? undefined : fragment`t.id > ${after}`,
    current ? fragment`t.superseded_in is null` : undefined,
    revision === undefined
      ? undefined
      : fragment`t.revision <= ${revision} and coalesce(t.superseded_in, 2147483647) > ${revision}`,
    leaf
      ? fragment`not exists (select from planner_task_edges e where e.organization_id = t.organization_id and e.from_id = t.id)`
      : undefined,
  ])
}
