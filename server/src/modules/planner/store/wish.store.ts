import type { EngineTx, Tx } from '../../../platform/db/db.ts'
import { heldRows } from '../../../platform/db/held-rows.ts'
import { type Fragment, fragment, sql } from '../../../platform/db/sql.ts'

/** A goal that a model is to plan. */
export interface WishRow {
  readonly organization_id: string
  readonly goal_id: string
  readonly model: string
  readonly starts: boolean
  readonly because: string | null
  readonly tries: number
  readonly token: number
}

const held = ({ organization_id, goal_id, token }: WishRow): Fragment =>
  fragment`organization_id = ${organization_id} and goal_id = ${goal_id} and token = ${token}`

/** The statements of goals that wait for a plan by a model. */
export const wishStore = {
  ...heldRows<WishRow>(fragment`plan_wishes`, held),

  async put(
    tx: Tx,
    wish: Pick<WishRow, 'organization_id' | 'goal_id' | 'model' | 'starts'> & { readonly because: string | null },
  ): Promise<void> {
    await tx.execute(sql`
      insert into plan_wishes (organization_id, goal_id, model, starts, because)
      values (${wish.organization_id}, ${wish.goal_id}, ${wish.model}, ${wish.starts}, ${wish.because})
      on conflict (organization_id, goal_id) do nothing`)
  },

  /** A goal that a model planned is to be planned anew by it, so often at most; others wait for a person's plan. */
  async again(
    tx: Tx,
    {
      organization_id,
      goal_id,
      because,
      starts,
      plans_max,
    }: { organization_id: string; goal_id: string; because: string; starts: boolean; plans_max: number },
  ): Promise<void> {
    await tx.execute(sql`
      insert into plan_wishes (organization_id, goal_id, model, starts, because)
      select g.organization_id, g.id, g.planner_model, ${starts}, ${because} from goals g
      where g.organization_id = ${organization_id} and g.id = ${goal_id} and g.strategy = 'model' and g.planner_model is not null
        and (select count(*) from plans p where p.organization_id = g.organization_id and p.goal_id = g.id
          and p.created_by ->> 'kind' = 'system') < ${plans_max}
      on conflict (organization_id, goal_id) do nothing`)
  },

  /** Another plan is in force, or none is wanted any more: whoever plans the goal now does so in vain. */
  async drop(tx: Tx, { organization_id, goal_id }: Pick<WishRow, 'organization_id' | 'goal_id'>): Promise<void> {
    await tx.execute(sql`
      delete from plan_wishes where organization_id = ${organization_id} and goal_id = ${goal_id}`)
  },

  /** The goal is planned, and somebody else starts it. */
  async doNotStart(tx: Tx, { organization_id, goal_id }: Pick<WishRow, 'organization_id' | 'goal_id'>): Promise<void> {
    await tx.execute(sql`
      update plan_wishes set starts = false where organization_id = ${organization_id} and goal_id = ${goal_id}`)
  },

  /** No goal is held for longer than `hold_ms`, nor put back for longer. */
  clampTimes(tx: EngineTx, hold_ms: number): Promise<number> {
    return tx.execute(sql`
      update plan_wishes set held_until = muster_now() where held_until > muster_now() + ${hold_ms} * interval '1 millisecond'`)
  },

  /** In how many milliseconds the next goal may be taken for planning; null: none waits. */
  async dueIn(tx: EngineTx): Promise<number | null> {
    const row = await tx.row<{ due_in_ms: number | null }>(sql`
      select (extract(epoch from min(w.held_until) - muster_now()) * 1000)::float8 as due_in_ms from plan_wishes w
      join goals g on g.organization_id = w.organization_id and g.id = w.goal_id
      join projects_gate_v v on v.organization_id = g.organization_id and v.project_id = g.project_id
        and v.status = 'active' and not v.stopped`)
    return row?.due_in_ms ?? null
  },

  /** Takes wishes that nobody holds, for so long. */
  claim(tx: EngineTx, { max, hold_ms }: { readonly max: number; readonly hold_ms: number }): Promise<WishRow[]> {
    return tx.rows<WishRow>(sql`
      update plan_wishes w set token = w.token + 1, held_until = muster_now() + ${hold_ms} * interval '1 millisecond'
      from (select p.organization_id, p.goal_id from plan_wishes p
        join goals g on g.organization_id = p.organization_id and g.id = p.goal_id
        join projects_gate_v v on v.organization_id = g.organization_id and v.project_id = g.project_id
          and v.status = 'active' and not v.stopped
        where p.held_until <= muster_now() order by p.held_until limit ${max} for update of p skip locked) due
      where w.organization_id = due.organization_id and w.goal_id = due.goal_id
      returning w.organization_id, w.goal_id, w.model, w.starts, w.because, w.tries, w.token`)
  },

  /** The wish as it stands now, where the caller still held it; then it is gone. The goal is locked by the caller. */
  take(tx: Tx, wish: WishRow): Promise<Pick<WishRow, 'starts'> | undefined> {
    return tx.row<Pick<WishRow, 'starts'>>(sql`
      delete from plan_wishes where ${held(wish)} returning starts`)
  },
}
