import type { Tx } from '../../../platform/db/db.ts'
import { fragment, sql } from '../../../platform/db/sql.ts'
import type { Finding } from '../dashboard.types.ts'
import { type FleetScope, ownOf } from './fleet.store.ts'

/** A few more than are shown, so that the ranking can choose. */
const found_max = 50

/** Statements that find what may need attention, each kind bounded, over views of other modules. */
export const attentionStore = {
  /** Open questions that are past due, or due within the hour and not put aside; the soonest due first. */
  approvals(
    tx: Tx,
    scope: FleetScope,
  ): Promise<(Finding & { readonly is_past_due: boolean; readonly rule: string })[]> {
    return tx.rows(sql`
      select approval_id as id, project_id, goal_id, question as title, created_at as since, due_at <= (select muster_now()) as is_past_due, rule
      from approvals_questions_v
      where ${ownOf(scope)} and status = 'open' and due_at <= (select muster_now()) + interval '1 hour'
        and (due_at <= (select muster_now()) or snoozed_until is null or snoozed_until <= (select muster_now()))
      order by due_at, approval_id limit ${found_max}`)
  },

  /** Goals that wait for a new plan, since a task failed. */
  needingPlan(tx: Tx, scope: FleetScope): Promise<Finding[]> {
    return tx.rows<Finding>(sql`
      select g.goal_id as id, g.project_id, g.goal_id, g.title, coalesce((
        select max(t.ended_at) from planner_tasks_v t
        where t.organization_id = g.organization_id and t.goal_id = g.goal_id and t.status <> 'done'), g.started_at, g.created_at) as since
      from (
        select * from planner_goal_times_v where ${ownOf(scope)} and status = 'paused' and reason = 'needs_plan'
        order by goal_id limit ${found_max}) g`)
  },

  /** Goals that failed within the day and were not stated again. */
  failedGoals(tx: Tx, scope: FleetScope): Promise<Finding[]> {
    return tx.rows<Finding>(sql`
      with recent as (
        select * from planner_goal_times_v where ${ownOf(scope)} and created_at > (select muster_now()) - interval '30 days'
      )
      select goal_id as id, project_id, goal_id, title, ended_at as since from recent
      where status = 'failed' and ended_at > (select muster_now()) - interval '24 hours'
        and not exists (select from recent r where r.rerun_of = recent.goal_id)
      order by ended_at desc, goal_id limit ${found_max}`)
  },

  /** Tasks that failed by themselves within the day, where that did not end their goal. */
  failedTasks(tx: Tx, scope: FleetScope): Promise<(Finding & { readonly reason: string | null })[]> {
    return tx.rows(sql`
      with failed as (
        select task_id, max(ended_at) as ended_at from worker_runs_v
        where ${ownOf(scope)} and ended_at > (select muster_now()) - interval '24 hours' and status in ('failed', 'lost')
        group by 1 order by 2 desc limit 500
      )
      select t.task_id as id, t.project_id, t.goal_id, t.title, t.reason, t.ended_at as since
      from failed f join planner_tasks_v t on t.organization_id = ${scope.organization_id} and t.task_id = f.task_id
      left join planner_goals_v g on g.organization_id = t.organization_id and g.goal_id = t.goal_id
      where t.status = 'failed' and t.superseded_in is null and coalesce(g.status, 'running') in ('running', 'paused')
      order by t.ended_at desc, t.task_id limit ${found_max}`)
  },

  /** Remote agents that hold runs, or that ready tasks name, and that have fallen silent. */
  silentAgents(tx: Tx, { organization_id, project_id }: FleetScope): Promise<Finding[]> {
    const own = project_id === undefined ? fragment`true` : fragment`w.project_id = ${project_id}`
    return tx.rows<Finding>(sql`
      select a.agent_id as id, null as project_id, null as goal_id, a.name as title, coalesce(a.seen_at, a.created_at) as since
      from agents_list_v a
      where a.organization_id = ${organization_id} and a.status = 'active' and not a.stopped and a.runtime not in ('builtin', 'model', 'cli')
        and coalesce(a.seen_at <= (select muster_now()) - interval '60 seconds', true)
        and (exists (select from worker_live_v w where w.organization_id = a.organization_id and w.agent_id = a.agent_id and ${own})
          or exists (select from planner_ready_v w where w.organization_id = a.organization_id and w.agent_id = a.agent_id and ${own}))
      order by since, a.agent_id limit ${found_max}`)
  },

  /** Tasks whose commits were refused again and again within the hour, and that have not ended. */
  conflicts(tx: Tx, scope: FleetScope): Promise<(Finding & { readonly refused: number })[]> {
    return tx.rows(sql`
      with refused as (
        select task_id, count(*)::int as refused, min(refused_at) as since from state_conflicts_v
        where ${ownOf(scope)} and refused_at > (select muster_now()) - interval '1 hour' and task_id is not null
        group by 1 having count(*) > 1 order by 2 desc limit ${found_max}
      )
      select t.task_id as id, t.project_id, t.goal_id, t.title, r.since, r.refused
      from refused r join planner_tasks_v t on t.organization_id = ${scope.organization_id} and t.task_id = r.task_id
      where t.ended_at is null order by r.refused desc, t.task_id`)
  },

  /** Names of the scopes of limits and stops. */
  names(tx: Tx, organization_id: string, ids: readonly string[]): Promise<{ id: string; name: string }[]> {
    return tx.rows(sql`
      select agent_id as id, name from agents_gate_v
      where organization_id = ${organization_id} and agent_id = any (${ids}::uuid[])
      union all
      select project_id, name from projects_list_v
      where organization_id = ${organization_id} and project_id = any (${ids}::uuid[])
      union all
      select goal_id, title from planner_goals_v
      where organization_id = ${organization_id} and goal_id = any (${ids}::uuid[])`)
  },
}
