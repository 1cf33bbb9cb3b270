import type { FailurePolicy } from '@muster/contract/planner/tasks/task-definitions'
import type { TaskCounters, TaskStatus } from '@muster/contract/planner/tasks/tasks'
import type { Feedback } from '@muster/contract/worker/briefs'
import type { Tx } from '../../../platform/db/db.ts'
import { sql } from '../../../platform/db/sql.ts'
import type {
  ClaimedTask,
  Counter,
  DoneTask,
  EndedTask,
  HeldTask,
  ReturnedTask,
  ScopedTaskRef,
  TaskRef,
} from '../planner.port.ts'
import type { LockedRow } from '../planner.types.ts'

interface Place {
  readonly organization_id: string
  readonly project_id: string
  readonly goal_id: string | null
}

/** An edge whose first task failed; `standing` is the status of the dependent. */
export interface Broken {
  readonly what: 'broken'
  readonly task_id: string
  readonly on_failure: FailurePolicy
  readonly cause: TaskStatus
  readonly cause_key: string
  readonly standing: TaskStatus
}

/** The next step of a task that waits for nothing. */
type TaskStep = 'run' | 'expand' | 'join' | 'approve'

/** A consequence of ended tasks: a dependent that is free, an edge that broke, a goal that ended. */
export type Consequence = Place &
  (
    | { readonly what: TaskStep; readonly task_id: string }
    | Broken
    | { readonly what: 'goal'; readonly task_id: null; readonly status: 'done' | 'failed' }
  )

const columns = (refs: readonly TaskRef[]): [string[], string[]] => [
  refs.map((ref) => ref.organization_id),
  refs.map((ref) => ref.task_id),
]

function distinct<T>(items: readonly T[], key: (item: T) => string): T[] {
  return [...new Map(items.map((item) => [key(item), item])).values()]
}

export interface WantedOutput {
  readonly organization_id: string
  readonly goal_id: string
  readonly key: string
  readonly revision_max: number
}

/** The statements that move tasks. All but `take` run under the lock of the tasks' goals. */
export const plannerStore = {
  take(tx: Tx, refs: readonly TaskRef[]): Promise<(ClaimedTask & { readonly token: number })[]> {
    const [organization_ids, task_ids] = columns(refs)
    return tx.rows(sql`
      with queue_rows as (
        select q.organization_id, q.task_id, i.place
        from unnest(${organization_ids}::uuid[], ${task_ids}::uuid[]) with ordinality as i (organization_id, task_id, place)
        join planner_task_queue q on q.organization_id = i.organization_id and q.task_id = i.task_id
        for update of q skip locked
      ), taken_rows as (
        delete from planner_task_queue q using queue_rows w
        where q.organization_id = w.organization_id and q.task_id = w.task_id
        returning q.organization_id, q.task_id, w.place
      ), running_states as (
        update planner_task_states s set status = 'running', reason = null, leases = s.leases + 1 from taken_rows k
        where s.organization_id = k.organization_id and s.id = k.task_id
        returning s.organization_id, s.id, s.leases, k.place
      )
      select t.organization_id, t.id as task_id, t.project_id, t.goal_id, t.revision, t.key, t.title, t.capability,
        t.agent_id, t.priority, t.cost_micro_usd, t.tokens, t.timeout_ms, t.attempts_max, t.input, t.spec, t.created_by, r.leases as token,
        coalesce(case when r.leases > 1 or t.spec ->> 'continues' is not null then (
          select json_agg(json_build_object('from', f."from", 'at', f.at, 'text', f.text, 'violations', f.violations) order by f.at)
          from planner_task_feedback f where f.organization_id = t.organization_id and f.task_id in (t.id, t.parent_id)) end, '[]'::json) as feedback
      from running_states r join planner_tasks t on t.organization_id = r.organization_id and t.id = r.id
      order by r.place`)
  },

  /**
   * Notes that projects were served: among equals the one served longest ago comes first. A row that another claimer
   * writes is skipped.
   */
  async served(tx: Tx, projects: readonly { organization_id: string; project_id: string }[]): Promise<void> {
    const organization_ids = projects.map((project) => project.organization_id)
    const project_ids = projects.map((project) => project.project_id)
    await tx.execute(sql`
      with served_projects as (
        select * from unnest(${organization_ids}::uuid[], ${project_ids}::uuid[]) as i (organization_id, project_id)
      ), free_turns as (
        select t.organization_id, t.project_id from planner_project_turns t join served_projects using (organization_id, project_id)
        for update of t skip locked
      ), updated_turns as (
        update planner_project_turns t set served_at = muster_now() from free_turns f
        where t.organization_id = f.organization_id and t.project_id = f.project_id
      )
      insert into planner_project_turns (organization_id, project_id, served_at)
      select organization_id, project_id, muster_now() from served_projects order by 1, 2 on conflict do nothing`)
  },

  tasks(tx: Tx, refs: readonly TaskRef[]): Promise<ClaimedTask[]> {
    const [organization_ids, task_ids] = columns(refs)
    return tx.rows<ClaimedTask>(sql`
      select t.organization_id, t.id as task_id, t.project_id, t.goal_id, t.revision, t.key, t.title, t.capability,
        t.agent_id, t.priority, t.cost_micro_usd, t.tokens, t.timeout_ms, t.attempts_max, t.input, t.spec, t.created_by, '[]'::json as feedback
      from unnest(${organization_ids}::uuid[], ${task_ids}::uuid[]) as i (organization_id, task_id)
      join planner_tasks t on t.organization_id = i.organization_id and t.id = i.task_id`)
  },

  /** The feedback that a run starting at that time was given. */
  feedback(tx: Tx, ref: TaskRef, until: string): Promise<Feedback[]> {
    return tx.rows<Feedback>(sql`
      select f."from", f.at, f.text, f.violations from planner_tasks t
      join planner_task_feedback f on f.organization_id = t.organization_id and f.task_id in (t.id, t.parent_id)
      where t.organization_id = ${ref.organization_id} and t.id = ${ref.task_id} and f.at < ${until}::timestamptz + interval '1 millisecond' order by f.at`)
  },

  /**
   * Locks goals, then gates, then tasks, each in the order of their ids: a `union all` runs its parts one after the
   * other. Everything that moves a goal's tasks holds the goal's lock, so the tasks' own locks are not contended.
   * `lockedStates` joins the parts, which is cheaper than SQL joins of unknown size.
   */
  lock(tx: Tx, refs: readonly ScopedTaskRef[]): Promise<LockedRow[]> {
    const [organization_ids, task_ids] = columns(refs)
    const goals = distinct(
      refs.filter((ref) => ref.goal_id !== null),
      (ref) => ref.goal_id ?? '',
    )
    const projects = distinct(refs, (ref) => ref.project_id)
    return tx.rows<LockedRow>(sql`
      with goal as (
        select g.id, g.status
        from unnest(${goals.map((ref) => ref.organization_id)}::uuid[], ${goals.map((ref) => ref.goal_id)}::uuid[]) as i (organization_id, id)
        join planner_goals g on g.organization_id = i.organization_id and g.id = i.id
        order by g.organization_id, g.id for no key update of g
      ), gate as (
        select p.project_id as id, p.stopped, p.policy_version
        from unnest(${projects.map((ref) => ref.organization_id)}::uuid[], ${projects.map((ref) => ref.project_id)}::uuid[]) as i (organization_id, id)
        join projects_gate_v p on p.organization_id = i.organization_id and p.project_id = i.id
        order by p.organization_id, p.project_id for share of p
      ), state as (
        select s.id, s.status, s.attempts, s.leases_lost, s.retries, s.conflicts
        from unnest(${organization_ids}::uuid[], ${task_ids}::uuid[]) as i (organization_id, id)
        join planner_task_states s on s.organization_id = i.organization_id and s.id = i.id
        order by s.organization_id, s.id for no key update of s
      )
      select 'goal' as what, id, status, null::boolean as stopped, null::int as policy_version, null::smallint as attempts,
        null::smallint as leases_lost, null::smallint as retries, null::smallint as conflicts from goal
      union all
      select 'gate', id, null, stopped, policy_version, null, null, null, null from gate
      union all
      select 'state', id, status, null, null, attempts, leases_lost, retries, conflicts from state`)
  },

  /**
   * Ends any number of tasks in one statement: their rows and outputs, the counts and queue rows of dependents that
   * become free, and their goals. Edges broken by a failure and tasks to be expanded are returned. Edges between tasks
   * that end together are ignored, since a statement may change a row only once.
   */
  end(tx: Tx, tasks: readonly (DoneTask | EndedTask)[]): Promise<Consequence[]> {
    const [organization_ids, task_ids] = columns(tasks)
    return tx.rows<Consequence>(sql`
      with ends as (
        select * from unnest(${organization_ids}::uuid[], ${task_ids}::uuid[], ${tasks.map((one) => one.to)}::text[],
          ${tasks.map((one) => (one.to === 'done' ? null : one.reason))}::text[],
          ${tasks.map((one) => one.run_id)}::uuid[], ${tasks.map((one) => (one.to === 'done' ? one.output : null))}::text[],
          ${tasks.map((one) => (one.to === 'done' ? one.output_sha256 : null))}::text[])
          as i (organization_id, id, status, reason, run_id, output, sha256)
      ), ended_states as (
        update planner_task_states s set status = i.status, reason = i.reason, run_id = coalesce(i.run_id, s.run_id), ended_at = muster_now()
        from ends i where s.organization_id = i.organization_id and s.id = i.id and s.ended_at is null
        returning s.organization_id, s.id, s.goal_id, s.status, s.reason
      ), outputs as (
        insert into planner_task_outputs (organization_id, task_id, run_id, output, sha256)
        select i.organization_id, i.id, i.run_id, i.output::json, i.sha256 from ends i where i.output is not null
      ), edges as (
        select e.organization_id, e.from_id, e.to_id, e.on_failure, m.status, m.reason
        from ended_states m join planner_task_edges e on e.organization_id = m.organization_id and e.from_id = m.id
        where not (e.to_id = any(${task_ids}::uuid[]))
      ), feedback as (
        insert into planner_task_feedback (organization_id, task_id, "from", text, violations)
        select e.organization_id, e.to_id, 'dependency', left(format('“%s” %s: %s', t.key, e.status, e.reason), 1000), '[]'
        from edges e join planner_tasks t on t.organization_id = e.organization_id and t.id = e.from_id
        where e.status <> 'done' and e.on_failure = 'continue'
      ), unblocked_states as (
        update planner_task_states s set waits_on = s.waits_on - r.parents,
          status = case when s.waits_on = r.parents and s.step = 'run' and s.status = 'pending' then 'ready' else s.status end,
          ready_at = case when s.waits_on = r.parents and s.status = 'pending' then muster_now() end
        from (select organization_id, to_id, count(*)::int as parents from edges
          where status = 'done' or on_failure = 'continue' group by 1, 2) r
        where s.organization_id = r.organization_id and s.id = r.to_id and s.status in ('pending', 'awaiting_approval')
        returning s.organization_id, s.id, s.goal_id, s.waits_on, s.step, s.status
      ), free_tasks as (
        select u.organization_id, u.id, u.goal_id, u.step, t.project_id, t.priority, t.capability, t.agent_id,
          t.cost_micro_usd, t.tokens
        from unblocked_states u join planner_tasks t on t.organization_id = u.organization_id and t.id = u.id
        where u.waits_on = 0 and u.status <> 'awaiting_approval'
      ), queue_rows as (
        insert into planner_task_queue (organization_id, task_id, project_id, goal_id, priority, capability, agent_id,
          cost_micro_usd, tokens, available_at)
        select f.organization_id, f.id, f.project_id, f.goal_id, f.priority, f.capability,
          coalesce(f.agent_id, '00000000-0000-0000-0000-000000000000'), f.cost_micro_usd, f.tokens, muster_now()
        from free_tasks f join planner_goals g on g.organization_id = f.organization_id and g.id = f.goal_id
        where f.step = 'run' and g.status = 'running'
      ), goal as (
        update planner_goals g set open_tasks = g.open_tasks - m.tasks, leaf_failed = g.leaf_failed or m.leaf_failed,
          status = case when g.open_tasks > m.tasks or g.status = 'cancelled' then g.status
            when g.leaf_failed or m.leaf_failed then 'failed' else 'done' end,
          ended_at = case when g.open_tasks = m.tasks then muster_now() end
        from (select organization_id, goal_id, count(*)::int as tasks,
            bool_or(status in ('failed', 'rejected', 'cancelled') and not exists (
              select from planner_task_edges e where e.organization_id = ended_states.organization_id and e.from_id = ended_states.id)) as leaf_failed
          from ended_states where goal_id is not null group by 1, 2) m
        where g.organization_id = m.organization_id and g.id = m.goal_id
        returning g.organization_id, g.id, g.project_id, g.open_tasks, g.status
      )
      select f.step as what, f.organization_id, f.project_id, f.goal_id, f.id as task_id, null as on_failure, null as cause,
        null as cause_key, null as standing, null as status
      from free_tasks f
      union all
      select 'broken', e.organization_id, t.project_id, t.goal_id, e.to_id, e.on_failure, e.status, t.key, s.status, null
      from edges e join planner_tasks t on t.organization_id = e.organization_id and t.id = e.from_id
      join planner_task_states s on s.organization_id = e.organization_id and s.id = e.to_id and s.ended_at is null
      where e.status <> 'done' and e.on_failure <> 'continue'
      union all
      select 'goal', organization_id, project_id, id, null, null, null, null, null, status
      from goal where open_tasks = 0 and status <> 'cancelled'`)
  },

  /** Puts tasks back into the queue, or leaves them ready outside of it where their goal is paused. */
  async requeue(tx: Tx, tasks: readonly ReturnedTask[]): Promise<void> {
    const [organization_ids, task_ids] = columns(tasks)
    await tx.execute(sql`
      with returned_tasks as (
        select * from unnest(${organization_ids}::uuid[], ${task_ids}::uuid[], ${tasks.map((one) => one.reason)}::text[],
          ${tasks.map((one) => one.run_id)}::uuid[], ${tasks.map((one) => one.counts)}::text[],
          ${tasks.map((one) => one.delay_ms)}::float8[],
          ${tasks.map((one) => (one.feedback ? JSON.stringify(one.feedback) : null))}::text[]::json[])
          as i (organization_id, id, reason, run_id, counts, delay_ms, feedback)
      ), ready_states as (
        update planner_task_states s set status = 'ready', reason = i.reason, run_id = coalesce(i.run_id, s.run_id),
          ready_at = muster_now(),
          attempts = s.attempts + (i.counts = 'attempts')::int, leases_lost = s.leases_lost + (i.counts = 'leases_lost')::int,
          retries = s.retries + (i.counts = 'retries')::int, conflicts = s.conflicts + (i.counts = 'conflicts')::int
        from returned_tasks i where s.organization_id = i.organization_id and s.id = i.id
        returning s.organization_id, s.id, s.goal_id, i.delay_ms
      ), feedback as (
        insert into planner_task_feedback (organization_id, task_id, "from", text, violations)
        select i.organization_id, i.id, i.feedback ->> 'from', i.feedback ->> 'text', i.feedback -> 'violations'
        from returned_tasks i where i.feedback is not null
      )
      insert into planner_task_queue (organization_id, task_id, project_id, goal_id, priority, capability, agent_id,
        cost_micro_usd, tokens, available_at)
      select t.organization_id, t.id, t.project_id, t.goal_id, t.priority, t.capability,
        coalesce(t.agent_id, '00000000-0000-0000-0000-000000000000'), t.cost_micro_usd, t.tokens,
        muster_now() + make_interval(secs => m.delay_ms / 1000)
      from ready_states m join planner_tasks t on t.organization_id = m.organization_id and t.id = m.id
      left join planner_goals g on g.organization_id = t.organization_id and g.id = t.goal_id
      where g.id is null or g.status = 'running'`)
  },

  /** Adds to the counters of tasks that ended or wait; `requeue` counts for those it puts back. */
  async count(tx: Tx, tasks: readonly (TaskRef & { readonly counts?: Counter | undefined })[]): Promise<void> {
    const [organization_ids, task_ids] = columns(tasks)
    await tx.execute(sql`
      update planner_task_states s set attempts = s.attempts + (i.counts = 'attempts')::int, leases_lost = s.leases_lost + (i.counts = 'leases_lost')::int,
        retries = s.retries + (i.counts = 'retries')::int, conflicts = s.conflicts + (i.counts = 'conflicts')::int
      from unnest(${organization_ids}::uuid[], ${task_ids}::uuid[], ${tasks.map((one) => one.counts)}::text[]) as i (organization_id, id, counts)
      where s.organization_id = i.organization_id and s.id = i.id`)
  },

  async hold(tx: Tx, tasks: readonly HeldTask[]): Promise<void> {
    const [organization_ids, task_ids] = columns(tasks)
    await tx.execute(sql`
      update planner_task_states s set status = i.status, reason = i.reason, run_id = coalesce(i.run_id, s.run_id)
      from unnest(${organization_ids}::uuid[], ${task_ids}::uuid[], ${tasks.map((one) => one.to)}::text[],
        ${tasks.map((one) => one.reason)}::text[], ${tasks.map((one) => one.run_id)}::uuid[])
        as i (organization_id, id, status, reason, run_id)
      where s.organization_id = i.organization_id and s.id = i.id`)
  },

  statuses(
    tx: Tx,
    refs: readonly TaskRef[],
  ): Promise<(TaskRef & TaskCounters & { status: TaskStatus; step: string; ended: boolean })[]> {
    const [organization_ids, task_ids] = columns(refs)
    return tx.rows(sql`
      select s.organization_id, s.id as task_id, s.status, s.step, s.ended_at is not null as ended, s.attempts, s.leases_lost, s.retries, s.conflicts
      from unnest(${organization_ids}::uuid[], ${task_ids}::uuid[]) as i (organization_id, task_id)
      join planner_task_states s on s.organization_id = i.organization_id and s.id = i.task_id`)
  },

  async ancestors(tx: Tx, ref: TaskRef): Promise<string[]> {
    const rows = await tx.rows<{ id: string }>(sql`
      with recursive above as (
        select e.from_id as id from planner_task_edges e where e.organization_id = ${ref.organization_id} and e.to_id = ${ref.task_id}
        union
        select e.from_id from above a join planner_task_edges e on e.organization_id = ${ref.organization_id} and e.to_id = a.id
      ) select id from above`)
    return rows.map((row) => row.id)
  },

  /** A task that waited for a person is pending again, to be expanded. */
  async reopen(tx: Tx, ref: TaskRef): Promise<void> {
    await tx.execute(sql`
      update planner_task_states set status = 'pending', reason = null, step = 'expand'
      where organization_id = ${ref.organization_id} and id = ${ref.task_id}`)
  },

  /**
   * Lets a task continue over its failed dependencies; its next run gets them as feedback. Returns what the task still
   * waits for.
   */
  async ignoreFailedDependency(tx: Tx, ref: TaskRef): Promise<{ waits_on: number; step: TaskStep } | undefined> {
    return tx.row(sql`
      with ignored_edges as (
        update planner_task_edges e set on_failure = 'continue' from planner_task_states f
        where e.organization_id = ${ref.organization_id} and e.to_id = ${ref.task_id} and e.on_failure <> 'continue'
          and f.organization_id = e.organization_id and f.id = e.from_id and f.ended_at is not null and f.status <> 'done'
        returning e.from_id, f.status, f.reason
      ), feedback as (
        insert into planner_task_feedback (organization_id, task_id, "from", text, violations)
        select t.organization_id, ${ref.task_id}::uuid, 'dependency', left(format('“%s” %s: %s', t.key, g.status, g.reason), 1000), '[]'
        from ignored_edges g join planner_tasks t on t.organization_id = ${ref.organization_id} and t.id = g.from_id
      )
      update planner_task_states set status = 'pending', reason = null, waits_on = waits_on - (select count(*)::int from ignored_edges)
      where organization_id = ${ref.organization_id} and id = ${ref.task_id} returning waits_on, step`)
  },

  /** The children of a `for_each` task that have not ended. */
  async openChildren(tx: Tx, ref: TaskRef): Promise<string[]> {
    const rows = await tx.rows<{ id: string }>(sql`
      select s.id from planner_tasks t join planner_task_states s on s.organization_id = t.organization_id and s.id = t.id
      where t.organization_id = ${ref.organization_id} and t.parent_id = ${ref.task_id} and s.ended_at is null order by s.id`)
    return rows.map((row) => row.id)
  },

  async failedParents(tx: Tx, ref: TaskRef): Promise<string[]> {
    const rows = await tx.rows<{ id: string }>(sql`
      select s.id from planner_task_edges e join planner_task_states s on s.organization_id = e.organization_id and s.id = e.from_id
      where e.organization_id = ${ref.organization_id} and e.to_id = ${ref.task_id}
        and s.status in ('failed', 'rejected', 'cancelled', 'skipped') order by s.id`)
    return rows.map((row) => row.id)
  },

  async unqueue(tx: Tx, refs: readonly TaskRef[]): Promise<void> {
    const [organization_ids, task_ids] = columns(refs)
    await tx.execute(sql`
      delete from planner_task_queue q using unnest(${organization_ids}::uuid[], ${task_ids}::uuid[]) as i (organization_id, task_id)
      where q.organization_id = i.organization_id and q.task_id = i.task_id`)
  },

  /** The artifacts of the tasks' goals. */
  goalArtifacts(tx: Tx, refs: readonly ScopedTaskRef[]): Promise<{ goal_id: string; artifacts: unknown }[]> {
    return tx.rows(sql`
      select distinct on (g.id) g.id as goal_id, g.artifacts
      from unnest(${refs.map((ref) => ref.organization_id)}::uuid[], ${refs.map((ref) => ref.goal_id)}::uuid[]) as i (organization_id, id)
      join planner_goals g on g.organization_id = i.organization_id and g.id = i.id
      order by g.id`)
  },

  /** Outputs of a goal's tasks by key, in the newest revision up to `revision_max` that has the key. */
  outputs(
    tx: Tx,
    wantedOutputs: readonly WantedOutput[],
  ): Promise<
    {
      organization_id: string
      goal_id: string
      key: string
      status: TaskStatus
      reason: string | null
      output: string | null
    }[]
  > {
    return tx.rows(sql`
      select distinct on (t.organization_id, t.goal_id, t.key)
        t.organization_id, t.goal_id, t.key, s.status, s.reason, o.output::text as output
      from unnest(${wantedOutputs.map((one) => one.organization_id)}::uuid[], ${wantedOutputs.map((one) => one.goal_id)}::uuid[],
        ${wantedOutputs.map((one) => one.key)}::text[], ${wantedOutputs.map((one) => one.revision_max)}::int[])
        as i (organization_id, goal_id, key, revision_max)
      join planner_tasks t on t.organization_id = i.organization_id and t.goal_id = i.goal_id and t.key = i.key
        and t.revision <= i.revision_max
      join planner_task_states s on s.organization_id = t.organization_id and s.id = t.id
      left join planner_task_outputs o on o.organization_id = t.organization_id and o.task_id = t.id
      order by t.organization_id, t.goal_id, t.key, t.revision desc`)
  },
}
