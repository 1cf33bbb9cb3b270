import type { Tx } from '../../../platform/db/db.ts'
import { sql } from '../../../platform/db/sql.ts'
import type { Stop, WhyAgent, WhyApproval, WhyParent, WhyTask } from '../task-why.types.ts'

const parents_max = 20
const agents_max = 50

/** Statements of the facts around one task, also over views of other modules. */
export const taskWhyStore = {
  task(tx: Tx, organization_id: string, task_id: string): Promise<WhyTask | undefined> {
    return tx.row<WhyTask>(sql`
      select muster_now() as now, t.task_id, t.status, t.project_id, t.goal_id, t.capability, t.agent_id, t.cost_micro_usd,
        t.tokens, p.status as project_status, g.status as goal_status, g.reason as goal_reason, q.available_at,
        l.run_id, l.kind as run_kind, l.expires_at as run_expires_at, r.available_at as review_since
      from planner_tasks_v t
      join projects_gate_v p on p.organization_id = t.organization_id and p.project_id = t.project_id
      left join planner_goals_v g on g.organization_id = t.organization_id and g.goal_id = t.goal_id
      left join planner_ready_v q on q.organization_id = t.organization_id and q.task_id = t.task_id
      left join lateral (
        select run_id, kind, expires_at from worker_live_v l
        where l.organization_id = t.organization_id and l.task_id = t.task_id order by claimed_at desc limit 1) l on true
      left join lateral (
        select available_at from worker_reviews_v r
        where r.organization_id = t.organization_id and r.task_id = t.task_id limit 1) r on true
      where t.organization_id = ${organization_id} and t.task_id = ${task_id}`)
  },

  /** Its open dependencies; those with an approval come first, since that can be answered now. */
  parents(tx: Tx, organization_id: string, task_id: string): Promise<WhyParent[]> {
    return tx.rows<WhyParent>(sql`
      select t.task_id, t.key, t.status, a.approval_id, a.subject_kind
      from planner_edges_v e
      join planner_tasks_v t on t.organization_id = e.organization_id and t.task_id = e.from_id
      left join lateral (
        select approval_id, subject_kind from approvals_waiting_v a
        where a.organization_id = t.organization_id and a.task_id = t.task_id and a.status = 'open' limit 1) a on true
      where e.organization_id = ${organization_id} and e.to_id = ${task_id} and t.ended_at is null
      order by a.approval_id nulls last, t.task_id limit ${parents_max}`)
  },

  approvals(tx: Tx, organization_id: string, { task_id, goal_id }: WhyTask): Promise<WhyApproval[]> {
    return tx.rows<WhyApproval>(sql`
      select approval_id, subject_kind, status, due_at, effective_at from approvals_waiting_v
      where organization_id = ${organization_id}
        and (task_id = ${task_id} or (goal_id = ${goal_id} and subject_kind = 'plan'))
      order by approval_id`)
  },

  agents(tx: Tx, organization_id: string, { agent_id, capability }: WhyTask): Promise<WhyAgent[]> {
    return tx.rows<WhyAgent>(sql`
      select a.agent_id, a.name, a.runtime, a.status, a.stopped, a.seen_at,
        coalesce(a.seen_at > muster_now() - interval '60 seconds', false) as is_present, (
          select count(*)::int from worker_live_v l
          where l.organization_id = a.organization_id and l.agent_id = a.agent_id) as live_runs
      from agents_gate_v a
      where a.organization_id = ${organization_id} and a.status <> 'retired'
        and case when ${agent_id}::uuid is null then ${capability} = any (a.capabilities) else a.agent_id = ${agent_id}::uuid end
      order by a.agent_id limit ${agents_max}`)
  },

  stops(tx: Tx, organization_id: string, scope_ids: readonly string[]): Promise<Stop[]> {
    return tx.rows<Stop>(sql`
      select scope_kind, scope_id from projects_stop_v
      where organization_id = ${organization_id} and scope_id = any(${scope_ids}::uuid[]) order by scope_kind, id`)
  },
}
