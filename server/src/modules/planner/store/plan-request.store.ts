import type { EngineTx, Tx } from '../../../platform/db/db.ts'
import { leasedRows } from '../../../platform/db/leased-rows.ts'
import { type Fragment, fragment, sql } from '../../../platform/db/sql.ts'

/** A goal that a model is to plan. */
export interface PlanRequestRow {
  readonly organization_id: string
  readonly goal_id: string
  readonly model: string
  readonly starts: boolean
  readonly reason: string | null
  readonly attempts: number
  readonly token: number
}

const isLeasedTo = ({ organization_id, goal_id, token }: PlanRequestRow): Fragment =>
  fragment`organization_id = ${organization_id} and goal_id = ${goal_id} and token = ${token}`

/** Statements of plan requests: goals that wait for a model's plan. */
export const planRequestStore = {
  ...leasedRows<PlanRequestRow>(fragment`planner_plan_requests`, isLeasedTo),

  async put(
    tx: Tx,
    planRequest: Pick<PlanRequestRow, 'organization_id' | 'goal_id' | 'model' | 'starts'> & {
      readonly reason: string | null
    },
  ): Promise<void> {
    await tx.execute(sql`
      insert into planner_plan_requests (organization_id, goal_id, model, starts, reason)
      values (${planRequest.organization_id}, ${planRequest.goal_id}, ${planRequest.model}, ${planRequest.starts}, ${planRequest.reason})
      on conflict (organization_id, goal_id) do nothing`)
  },

  /**
   * Requests another plan for a goal that a model planned, up to a maximum; then the goal waits for a person's plan.
   */
  async again(
    tx: Tx,
    {
      organization_id,
      goal_id,
      reason,
      starts,
      plans_max,
    }: { organization_id: string; goal_id: string; reason: string; starts: boolean; plans_max: number },
  ): Promise<void> {
    await tx.execute(sql`
      insert into planner_plan_requests (organization_id, goal_id, model, starts, reason)
      select g.organization_id, g.id, g.planner_model, ${starts}, ${reason} from planner_goals g
      where g.organization_id = ${organization_id} and g.id = ${goal_id} and g.strategy = 'model' and g.planner_model is not null
        and (select count(*) from planner_plans p where p.organization_id = g.organization_id and p.goal_id = g.id
          and p.created_by ->> 'kind' = 'system') < ${plans_max}
      on conflict (organization_id, goal_id) do nothing`)
  },

  /** Drops the request: there is another plan, or none is needed any more. */
  async drop(tx: Tx, { organization_id, goal_id }: Pick<PlanRequestRow, 'organization_id' | 'goal_id'>): Promise<void> {
    await tx.execute(sql`
      delete from planner_plan_requests where organization_id = ${organization_id} and goal_id = ${goal_id}`)
  },

  /** The goal will be planned but not started. */
  async doNotStart(
    tx: Tx,
    { organization_id, goal_id }: Pick<PlanRequestRow, 'organization_id' | 'goal_id'>,
  ): Promise<void> {
    await tx.execute(sql`
      update planner_plan_requests set starts = false where organization_id = ${organization_id} and goal_id = ${goal_id}`)
  },

  /** Shortens leases and waits that lie too far in the future, after the clock was put back. */
  clampTimes(tx: EngineTx, lease_ms: number): Promise<number> {
    return tx.execute(sql`
      update planner_plan_requests set lease_expires_at = muster_now() where lease_expires_at > muster_now() + ${lease_ms} * interval '1 millisecond'`)
  },

  /** Milliseconds until the next request is due; null: there is none. */
  async dueIn(tx: EngineTx): Promise<number | null> {
    const row = await tx.row<{ due_in_ms: number | null }>(sql`
      select (extract(epoch from min(w.lease_expires_at) - muster_now()) * 1000)::float8 as due_in_ms from planner_plan_requests w
      join planner_goals g on g.organization_id = w.organization_id and g.id = w.goal_id
      join projects_gate_v v on v.organization_id = g.organization_id and v.project_id = g.project_id
        and v.status = 'active' and not v.stopped`)
    return row?.due_in_ms ?? null
  },

  /** Claims plan requests whose lease is free, for so long. */
  claim(
    tx: EngineTx,
    { max, lease_ms }: { readonly max: number; readonly lease_ms: number },
  ): Promise<PlanRequestRow[]> {
    return tx.rows<PlanRequestRow>(sql`
      update planner_plan_requests w set token = w.token + 1, lease_expires_at = muster_now() + ${lease_ms} * interval '1 millisecond'
      from (select p.organization_id, p.goal_id from planner_plan_requests p
        join planner_goals g on g.organization_id = p.organization_id and g.id = p.goal_id
        join projects_gate_v v on v.organization_id = g.organization_id and v.project_id = g.project_id
          and v.status = 'active' and not v.stopped
        where p.lease_expires_at <= muster_now() order by p.lease_expires_at limit ${max} for update of p skip locked) due
      where w.organization_id = due.organization_id and w.goal_id = due.goal_id
      returning w.organization_id, w.goal_id, w.model, w.starts, w.reason, w.attempts, w.token`)
  },

  /** The plan request as it stands now, where the caller still has its lease; then it is deleted. The goal is locked by the caller. */
  take(tx: Tx, planRequest: PlanRequestRow): Promise<Pick<PlanRequestRow, 'starts'> | undefined> {
    return tx.row<Pick<PlanRequestRow, 'starts'>>(sql`
      delete from planner_plan_requests where ${isLeasedTo(planRequest)} returning starts`)
  },
}
