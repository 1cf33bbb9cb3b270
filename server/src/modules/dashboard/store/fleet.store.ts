import type { GoalStatus } from '@muster/contract/planner/goals/goals'
import type { TaskStatus } from '@muster/contract/planner/tasks/tasks'
import type { Tx } from '../../../platform/db/db.ts'
import { inScope, type ReadScope } from '../../../platform/db/read-scope.ts'
import { fragment, sql, sumOf } from '../../../platform/db/sql.ts'
import type { FailedRun, FleetAgent, FleetNumbers, Minute, StopRow } from '../dashboard.types.ts'

const errors_max = 20
const stops_max = 200

/**
 * Statements of the fleet's status, over views of other modules. The time is read once a statement, as a subquery, and
 * not once a row.
 */
export const fleetStore = {
  async hasProject(tx: Tx, { organization_id, project_id }: ReadScope): Promise<boolean> {
    if (project_id === undefined) return true
    const row = await tx.row(sql`
      select 1 from projects_gate_v where organization_id = ${organization_id} and project_id = ${project_id}`)
    return row !== undefined
  },

  agents(tx: Tx, { organization_id }: ReadScope): Promise<FleetAgent[]> {
    return tx.rows<FleetAgent>(sql`
      with live as (
        select agent_id, count(*)::int as runs from worker_live_v where organization_id = ${organization_id} group by 1
      ), latest as (
        select distinct on (agent_id) agent_id, status from worker_runs_v
        where organization_id = ${organization_id} and ended_at > (select muster_now()) - interval '1 hour'
        order by agent_id, ended_at desc
      )
      select a.agent_id, a.name, a.status, a.stopped, a.runtime, a.seen_at, coalesce(live.runs, 0) as live_runs,
        latest.status as last_ended, coalesce(a.seen_at > (select muster_now()) - interval '60 seconds', false) as is_present
      from agents_gate_v a left join live using (agent_id) left join latest using (agent_id)
      where a.organization_id = ${organization_id} and a.status <> 'retired'`)
  },

  async numbers(tx: Tx, scope: ReadScope): Promise<FleetNumbers> {
    const own = inScope(scope)
    const row = await tx.row<FleetNumbers>(sql`
      select muster_now() as at, q.*, v.*, r.*, h.*,
        (select count(*)::int from worker_live_v where ${own}) as live_runs
      from (
        select count(*)::int as task_queue, min(available_at) as task_oldest_at from planner_ready_v where ${own}) q, (
        select count(*)::int as review_queue, min(available_at) as review_oldest_at from worker_reviews_v where ${own}) v, (
        select count(*)::int as hitl_queue, min(created_at) as hitl_oldest_at,
          count(*) filter (where snoozed_until > (select muster_now()))::int as snoozed,
          count(*) filter (where due_at <= (select muster_now()))::int as past_due,
          count(*) filter (where due_at > (select muster_now()) and due_at <= (select muster_now()) + interval '1 hour'
            and (snoozed_until is null or snoozed_until <= (select muster_now())))::int as due_within_hour
        from approvals_waiting_v where ${own} and status = 'open') h, (
        select count(*) filter (where ended_at > (select muster_now()) - interval '1 hour')::int as ended_hour,
          count(*) filter (where ended_at > (select muster_now()) - interval '1 hour' and status in ('failed', 'lost'))::int as failed_hour,
          count(*)::int as ended_day, count(*) filter (where status in ('failed', 'lost'))::int as failed_day
        from worker_runs_v where ${own} and ended_at > (select muster_now()) - interval '24 hours') r`)
    // A row of counts is always there.
    return row as FleetNumbers
  },

  goals(tx: Tx, scope: ReadScope): Promise<{ status: GoalStatus; count: number }[]> {
    return tx.rows(sql`
      select status, count(*)::int as count from planner_goals_v where ${inScope(scope)} group by 1`)
  },

  tasks(tx: Tx, scope: ReadScope): Promise<{ status: TaskStatus; count: number }[]> {
    return tx.rows(sql`
      select status, count(*)::int as count from planner_tasks_v
      where ${inScope(scope)} and superseded_in is null group by 1`)
  },

  /** Live runs by the process that holds them. */
  liveByProcess(tx: Tx, { organization_id }: ReadScope): Promise<{ process_id: string; count: number }[]> {
    return tx.rows(sql`
      select process_id, count(*)::int as count from worker_live_v
      where organization_id = ${organization_id} and process_id is not null group by 1`)
  },

  /** Of the organization, the project that is looked at or all of them, and the agents. */
  stops(tx: Tx, { organization_id, project_id }: ReadScope): Promise<StopRow[]> {
    const own =
      project_id === undefined ? fragment`true` : fragment`(scope_kind <> 'project' or scope_id = ${project_id})`
    return tx.rows<StopRow>(sql`
      select id, scope_kind, scope_id, reason, raised_by, raised_at from projects_stop_v
      where organization_id = ${organization_id} and ${own} order by raised_at desc, id limit ${stops_max}`)
  },

  failures(tx: Tx, scope: ReadScope): Promise<FailedRun[]> {
    return tx.rows<FailedRun>(sql`
      select run_id, agent_id, task_id, status, error, ended_at from worker_runs_v
      where ${inScope(scope)} and ended_at > (select muster_now()) - interval '24 hours' and status in ('failed', 'lost')
      order by ended_at desc, run_id desc limit ${errors_max}`)
  },

  /** Runs that ended in each of the last sixty minutes, oldest first. */
  throughput(tx: Tx, scope: ReadScope): Promise<Minute[]> {
    return tx.rows<Minute>(sql`
      with ended as (
        select date_trunc('minute', ended_at) as at, count(*) filter (where status = 'finished')::int as done,
          count(*) filter (where status in ('failed', 'lost'))::int as failed
        from worker_runs_v
        where ${inScope(scope)} and ended_at >= date_trunc('minute', (select muster_now())) - interval '59 minutes' group by 1
      )
      select m.at, coalesce(e.done, 0) as done, coalesce(e.failed, 0) as failed
      from generate_series(date_trunc('minute', (select muster_now())) - interval '59 minutes', date_trunc('minute', (select muster_now())),
        interval '1 minute') as m (at) left join ended e on e.at = m.at
      order by m.at`)
  },

  async spentToday(tx: Tx, scope: ReadScope): Promise<number> {
    const row = await tx.row<{ spent: number }>(sql`
      select ${sumOf(fragment`cost_micro_usd`)} as spent from budgets_charges_v
      where ${inScope(scope)} and charged_at >= date_trunc('day', (select muster_now()) at time zone 'UTC') at time zone 'UTC'`)
    return row?.spent ?? 0
  },
}
