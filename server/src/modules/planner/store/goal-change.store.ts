import type { FailurePolicy } from '@muster/contract/planner/tasks/task-definitions'
import type { TaskStatus } from '@muster/contract/planner/tasks/tasks'
import type { Tx } from '../../../platform/db/db.ts'
import { type Fragment, fragment, sql } from '../../../platform/db/sql.ts'

export interface GoalLock {
  readonly id: string
  readonly project_id: string
  readonly status: string
  readonly plan_revision: number
  readonly priority: number
}

export interface OpenTask {
  readonly task_id: string
  readonly key: string
  readonly status: TaskStatus
  readonly step: string
  readonly run_id: string | null
}

/** What stands behind `from`: the states `s` of a goal's tasks `t`, and the first of the conditions. */
const tasksOf = (organization_id: string, goal_id: string): Fragment => fragment`planner_task_states s
  join planner_tasks t on t.organization_id = s.organization_id and t.id = s.id
  where s.organization_id = ${organization_id} and s.goal_id = ${goal_id}`

/** Statements that pause, resume, cancel and revise goals. */
export const goalChangeStore = {
  lock(tx: Tx, organization_id: string, goal_id: string): Promise<GoalLock | undefined> {
    return tx.row<GoalLock>(sql`
      select id, project_id, status, plan_revision, priority from planner_goals
      where organization_id = ${organization_id} and id = ${goal_id} for no key update`)
  },

  async setStatus(
    tx: Tx,
    organization_id: string,
    change: { goal_id: string; status: string; reason: string | null },
  ): Promise<void> {
    await tx.execute(sql`
      update planner_goals set status = ${change.status}, reason = ${change.reason},
        started_at = case when ${change.status} = 'running' then coalesce(started_at, muster_now()) else started_at end,
        ended_at = case when ${change.status} in ('done', 'failed', 'cancelled') then muster_now() end
      where organization_id = ${organization_id} and id = ${change.goal_id}`)
  },

  /** The model that plans the goal anew; undefined where none planned it, or one has planned as often as it may. */
  async replanningModel(
    tx: Tx,
    organization_id: string,
    { goal_id, plans_max }: { readonly goal_id: string; readonly plans_max: number },
  ): Promise<string | undefined> {
    const row = await tx.row<{ planner_model: string }>(sql`
      select g.planner_model from planner_goals g
      where g.organization_id = ${organization_id} and g.id = ${goal_id} and g.strategy = 'model' and g.planner_model is not null
        and (select count(*) from planner_plans p where p.organization_id = g.organization_id and p.goal_id = g.id
          and p.created_by ->> 'kind' = 'system') < ${plans_max}`)
    return row?.planner_model
  },

  async change(
    tx: Tx,
    organization_id: string,
    change: { goal_id: string; title: string | null; text: string | null; priority: number | null },
  ): Promise<void> {
    await tx.execute(sql`
      with goal as (
        update planner_goals set title = coalesce(${change.title}, title), text = coalesce(${change.text}, text),
          priority = coalesce(${change.priority}::smallint, priority)
        where organization_id = ${organization_id} and id = ${change.goal_id} returning id
      ), task as (
        update planner_tasks t set priority = ${change.priority}::smallint
        where t.organization_id = ${organization_id} and t.goal_id = ${change.goal_id} and ${change.priority}::smallint is not null
      )
      update planner_task_queue q set priority = ${change.priority}::smallint
      where q.organization_id = ${organization_id} and q.goal_id = ${change.goal_id} and ${change.priority}::smallint is not null`)
  },

  /** Removes a paused goal's tasks from the queue, so that the claim need not look at goals. */
  async unqueue(tx: Tx, organization_id: string, goal_id: string): Promise<void> {
    await tx.execute(
      sql`delete from planner_task_queue where organization_id = ${organization_id} and goal_id = ${goal_id}`,
    )
  },

  /** Puts a goal's ready tasks into the queue. */
  async enqueue(tx: Tx, organization_id: string, goal_id: string): Promise<void> {
    await tx.execute(sql`
      insert into planner_task_queue (organization_id, task_id, project_id, goal_id, priority, capability, agent_id, cost_micro_usd,
        tokens, available_at)
      select t.organization_id, t.id, t.project_id, t.goal_id, t.priority, t.capability,
        coalesce(t.agent_id, '00000000-0000-0000-0000-000000000000'), t.cost_micro_usd, t.tokens, muster_now()
      from ${tasksOf(organization_id, goal_id)} and s.status = 'ready'
      on conflict do nothing`)
  },

  /** Tasks that wait for nothing but a step of their own: an approval before the run, or their expansion. */
  steps(
    tx: Tx,
    organization_id: string,
    goal_id: string,
  ): Promise<
    { what: 'approve' | 'expand'; organization_id: string; project_id: string; goal_id: string; task_id: string }[]
  > {
    return tx.rows(sql`
      select s.step as what, s.organization_id, t.project_id, s.goal_id, s.id as task_id
      from ${tasksOf(organization_id, goal_id)} and s.status = 'pending'
        and s.waits_on = 0 and s.step in ('approve', 'expand')
      order by s.id`)
  },

  /** A goal's tasks that have not ended, locked. */
  open(tx: Tx, organization_id: string, goal_id: string): Promise<OpenTask[]> {
    return tx.rows<OpenTask>(sql`
      select s.id as task_id, t.key, s.status, s.step, s.run_id
      from ${tasksOf(organization_id, goal_id)} and s.ended_at is null
      order by s.organization_id, s.id for no key update of s`)
  },

  /** All current tasks of a goal with their edges to others, for a new revision. */
  current(
    tx: Tx,
    organization_id: string,
    goal_id: string,
  ): Promise<(OpenTask & { parent_id: string | null; item_index: number | null })[]> {
    return tx.rows(sql`
      select s.id as task_id, t.key, s.status, s.step, s.run_id, t.parent_id, t.item_index
      from ${tasksOf(organization_id, goal_id)} and t.superseded_in is null
      order by s.organization_id, s.id for no key update of s`)
  },

  edges(
    tx: Tx,
    organization_id: string,
    goal_id: string,
  ): Promise<{ from_id: string; to_id: string; on_failure: FailurePolicy }[]> {
    return tx.rows(sql`
      select e.from_id, e.to_id, e.on_failure from planner_task_edges e
      join planner_tasks t on t.organization_id = e.organization_id and t.id = e.to_id
      where e.organization_id = ${organization_id} and t.goal_id = ${goal_id} and t.superseded_in is null
      order by e.from_id, e.to_id`)
  },

  /** Marks tasks as superseded; those that have not ended are cancelled and returned. */
  async supersede(
    tx: Tx,
    organization_id: string,
    change: { task_ids: readonly string[]; revision: number },
  ): Promise<string[]> {
    const rows = await tx.rows<{ id: string }>(sql`
      with superseded_tasks as (
        update planner_tasks set superseded_in = ${change.revision}
        where organization_id = ${organization_id} and id = any(${change.task_ids}::uuid[])
      ), queue_rows as (
        delete from planner_task_queue where organization_id = ${organization_id} and task_id = any(${change.task_ids}::uuid[])
      )
      update planner_task_states set status = 'cancelled', reason = ${`replaced in revision ${change.revision}`}, ended_at = muster_now()
      where organization_id = ${organization_id} and id = any(${change.task_ids}::uuid[]) and ended_at is null
      returning id`)
    return rows.map((row) => row.id)
  },

  /** Waits for claims under way: the queue's rows are locked before the tasks', as the claim does. */
  async lockQueue(tx: Tx, organization_id: string, goal_id: string): Promise<void> {
    await tx.execute(sql`
      select from planner_task_queue where organization_id = ${organization_id} and goal_id = ${goal_id} order by task_id for update`)
  },

  /** Whether a task waits over an edge that asks for a new plan, since what it depends on has failed. */
  async needsPlan(tx: Tx, organization_id: string, goal_id: string): Promise<boolean> {
    const row = await tx.row<{ needs_plan: boolean }>(sql`
      select exists (
        select from planner_task_states s
        join planner_task_edges e on e.organization_id = s.organization_id and e.to_id = s.id and e.on_failure = 'replan'
        join planner_task_states f on f.organization_id = e.organization_id and f.id = e.from_id
          and f.status in ('failed', 'rejected', 'cancelled')
        where s.organization_id = ${organization_id} and s.goal_id = ${goal_id} and s.ended_at is null) as needs_plan`)
    return row?.needs_plan ?? false
  },

  /** The goal goes on with a new revision: its counters follow from the current tasks. */
  async revise(
    tx: Tx,
    organization_id: string,
    change: { goal_id: string; revision: number; status: string },
  ): Promise<void> {
    await tx.execute(sql`
      update planner_goals g set plan_revision = ${change.revision}, status = ${change.status}, reason = null,
        ended_at = case when ${change.status} = 'done' then muster_now() end,
        started_at = case when ${change.status} = 'running' then coalesce(g.started_at, muster_now()) else g.started_at end,
        open_tasks = c.open_tasks, leaf_failed = c.leaf_failed
      from (
        select count(*) filter (where s.ended_at is null)::int as open_tasks,
          coalesce(bool_or(s.status in ('failed', 'rejected', 'cancelled') and not exists (
            select from planner_task_edges e where e.organization_id = s.organization_id and e.from_id = s.id)), false) as leaf_failed
        from planner_task_states s join planner_tasks t on t.organization_id = s.organization_id and t.id = s.id
        where s.organization_id = ${organization_id} and s.goal_id = ${change.goal_id} and t.superseded_in is null) c
      where g.organization_id = ${organization_id} and g.id = ${change.goal_id}`)
  },

  /** Kept children get the new row of their container, so that its output is still theirs in order. */
  async adopt(
    tx: Tx,
    organization_id: string,
    change: { ids: ReadonlyMap<string, string>; droppedIds: readonly string[] },
  ): Promise<void> {
    const old = [...change.ids.keys()]
    await tx.execute(sql`
      update planner_tasks t set parent_id = i.new_id
      from unnest(${old}::uuid[], ${old.map((id) => change.ids.get(id) ?? id)}::uuid[]) as i (old_id, new_id)
      where t.organization_id = ${organization_id} and t.parent_id = i.old_id and t.superseded_in is null
        and not (t.id = any(${change.droppedIds}::uuid[]))`)
  },

  plan(tx: Tx, organization_id: string, at: { goal_id: string; revision: number }): Promise<{ plan: string }[]> {
    return tx.rows(sql`
      select plan::text as plan from planner_plans
      where organization_id = ${organization_id} and goal_id = ${at.goal_id} and revision = ${at.revision}`)
  },
}
