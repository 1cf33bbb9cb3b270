import type { Tx } from '../../../platform/db/db.ts'
import { allOf, type Fragment, fragment, sql } from '../../../platform/db/sql.ts'
import type { GoalRow, PlanRow } from '../planner.types.ts'

export interface GoalFilter {
  readonly id?: string | undefined
  readonly project_id?: string | undefined
  readonly status?: string | undefined
  /** Goals made before this one, which is the last of the page before. */
  readonly before?: string | undefined
  readonly limit: number
}

/** The statements that show goals. */
export const goalReadStore = {
  async goal(tx: Tx, organization_id: string, id: string): Promise<GoalRow | undefined> {
    const [row] = await this.goals(tx, organization_id, { id, limit: 1 })
    return row
  },

  goals(tx: Tx, organization_id: string, filter: GoalFilter): Promise<GoalRow[]> {
    const filters: (Fragment | undefined)[] = [
      filter.id === undefined ? undefined : fragment`g.id = ${filter.id}`,
      filter.project_id === undefined ? undefined : fragment`g.project_id = ${filter.project_id}`,
      filter.status === undefined ? undefined : fragment`g.status = ${filter.status}`,
      filter.before === undefined ? undefined : fragment`g.id < ${filter.before}`,
    ]
    return tx.rows<GoalRow>(sql`
      select g.id, g.number, g.project_id, g.title, g.text, g.status, g.because, g.strategy, g.plan_revision, g.priority, g.artifacts,
        g.variables, g.playbook, g.rerun_of, g.created_by, g.created_at, g.started_at, g.ended_at,
        coalesce(spent.cost_micro_usd, 0) as spent_micro_usd, coalesce(spent.tokens, 0) as spent_tokens, (
          select json_object_agg(c.status, c.tasks) from (
            select s.status, count(*)::int as tasks from task_states s
            join tasks t on t.organization_id = s.organization_id and t.id = s.id and t.superseded_in is null
            where s.organization_id = g.organization_id and s.goal_id = g.id group by 1) c) as counts
      from goals g left join lateral (
        select sum(b.cost_micro_usd)::bigint as cost_micro_usd, sum(b.tokens)::bigint as tokens from budgets_charges_v b
        where b.organization_id = g.organization_id and b.goal_id = g.id) spent on true
      where g.organization_id = ${organization_id} and ${allOf(filters)}
      order by g.id desc limit ${filter.limit}`)
  },

  plans(
    tx: Tx,
    organization_id: string,
    filter: { goal_id: string; revision?: number | undefined; before?: number | undefined; limit: number },
  ): Promise<PlanRow[]> {
    const filters = [
      filter.revision === undefined ? undefined : fragment`revision = ${filter.revision}`,
      filter.before === undefined ? undefined : fragment`revision < ${filter.before}`,
    ]
    return tx.rows<PlanRow>(sql`
      select id, goal_id, revision, plan, because, created_by, created_at from plans
      where organization_id = ${organization_id} and goal_id = ${filter.goal_id} and ${allOf(filters)}
      order by revision desc limit ${filter.limit}`)
  },
}
