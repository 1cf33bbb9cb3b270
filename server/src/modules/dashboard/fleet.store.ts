import type { GoalStatus } from '@muster/contract/shapes/goals'
import type { TaskStatus } from '@muster/contract/shapes/tasks'
import type { Tx } from '../../platform/db/db.ts'
import { sql } from '../../platform/db/sql.ts'
import type { StopRow } from './dashboard.types.ts'

export interface FleetAgent {
  readonly agent_id: string
  readonly status: 'active' | 'paused'
  readonly runtime: string
  readonly seen_at: string | null
  readonly is_present: boolean
  readonly live_runs: number
  /** How its last run ended, where it ended within the hour. */
  readonly last_ended: string | null
}

export interface FleetNumbers {
  readonly at: string
  readonly task_queue: number
  readonly review_queue: number
  readonly hitl_queue: number
  readonly live_runs: number
  readonly ended_hour: number
  readonly failed_hour: number
  readonly ended_day: number
  readonly failed_day: number
}

export interface FailedRun {
  readonly run_id: string
  readonly agent_id: string
  readonly task_id: string
  readonly status: 'failed' | 'lost'
  readonly error: { readonly code: string; readonly message: string } | null
  readonly ended_at: string
}

const errors_max = 20
const stops_max = 200

/** The fleet of one organization, out of the views that other modules lend. */
export const fleetStore = {
  agents(tx: Tx, organization_id: string): Promise<FleetAgent[]> {
    return tx.rows<FleetAgent>(sql`
      with live as (
        select agent_id, count(*)::int as runs from worker_live_v where organization_id = ${organization_id} group by 1
      ), latest as (
        select distinct on (agent_id) agent_id, status from worker_runs_v
        where organization_id = ${organization_id} and ended_at > muster_now() - interval '1 hour'
        order by agent_id, ended_at desc
      )
      select a.agent_id, a.status, a.runtime, a.seen_at, coalesce(live.runs, 0) as live_runs, latest.status as last_ended,
        coalesce(a.seen_at > muster_now() - interval '60 seconds', false) as is_present
      from agents_gate_v a left join live using (agent_id) left join latest using (agent_id)
      where a.organization_id = ${organization_id} and a.status <> 'retired'`)
  },

  async numbers(tx: Tx, organization_id: string): Promise<FleetNumbers> {
    const row = await tx.row<FleetNumbers>(sql`
      select muster_now() as at,
        (select count(*)::int from planner_ready_v where organization_id = ${organization_id}) as task_queue,
        (select count(*)::int from worker_reviews_v where organization_id = ${organization_id}) as review_queue,
        (select count(*)::int from approvals_waiting_v where organization_id = ${organization_id} and status = 'open') as hitl_queue,
        (select count(*)::int from worker_live_v where organization_id = ${organization_id}) as live_runs,
        r.*
      from (
        select count(*) filter (where ended_at > muster_now() - interval '1 hour')::int as ended_hour,
          count(*) filter (where ended_at > muster_now() - interval '1 hour' and status in ('failed', 'lost'))::int as failed_hour,
          count(*)::int as ended_day, count(*) filter (where status in ('failed', 'lost'))::int as failed_day
        from worker_runs_v
        where organization_id = ${organization_id} and ended_at > muster_now() - interval '24 hours') r`)
    // A row of counts is always there.
    return row as FleetNumbers
  },

  goals(tx: Tx, organization_id: string): Promise<{ status: GoalStatus; count: number }[]> {
    return tx.rows(sql`
      select status, count(*)::int as count from planner_goals_v where organization_id = ${organization_id} group by 1`)
  },

  tasks(tx: Tx, organization_id: string): Promise<{ status: TaskStatus; count: number }[]> {
    return tx.rows(sql`
      select status, count(*)::int as count from planner_tasks_v
      where organization_id = ${organization_id} and superseded_in is null group by 1`)
  },

  /** Live runs by the process that holds them. */
  liveByProcess(tx: Tx, organization_id: string): Promise<{ process_id: string; count: number }[]> {
    return tx.rows(sql`
      select process_id, count(*)::int as count from worker_live_v
      where organization_id = ${organization_id} and process_id is not null group by 1`)
  },

  stops(tx: Tx, organization_id: string): Promise<StopRow[]> {
    return tx.rows<StopRow>(sql`
      select id, scope_kind, scope_id, reason, raised_by, raised_at from projects_stop_v
      where organization_id = ${organization_id} order by raised_at desc, id limit ${stops_max}`)
  },

  failures(tx: Tx, organization_id: string): Promise<FailedRun[]> {
    return tx.rows<FailedRun>(sql`
      select run_id, agent_id, task_id, status, error, ended_at from worker_runs_v
      where organization_id = ${organization_id} and ended_at > muster_now() - interval '24 hours'
        and status in ('failed', 'lost')
      order by ended_at desc, run_id desc limit ${errors_max}`)
  },
}
