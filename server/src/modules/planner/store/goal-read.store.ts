import type { GoalSort } from '@muster/contract/planner/goals/goals'
import type { Tx } from '../../../platform/db/db.ts'
import { allOf, containsText, type Fragment, fragment, sql, sumOf } from '../../../platform/db/sql.ts'
import type { GoalRow, PlanRow } from '../planner.types.ts'

export interface GoalFilter {
  readonly id?: string | undefined
  readonly project_id?: string | undefined
  readonly statuses?: readonly string[] | undefined
  /** Part of the title. */
  readonly q?: string | undefined
  /** Bounds of the time of creation, both included. */
  readonly from?: string | undefined
  readonly to?: string | undefined
}

export interface GoalPage {
  readonly sort?: GoalSort
  readonly order?: 'asc' | 'desc'
  /** The last goal of the previous page, where the list is ordered by creation. */
  readonly after?: string | undefined
  readonly offset?: number
  readonly limit: number
}

export interface NamedRow {
  readonly what: 'goal' | 'task'
  readonly id: string
  readonly title: string
  readonly project_id: string
  readonly goal_id: string | null
}

/** Statements that read goals. */
export const goalReadStore = {
  async goal(tx: Tx, organization_id: string, id: string): Promise<GoalRow | undefined> {
    const [row] = await this.goals(tx, organization_id, { filter: { id }, page: { limit: 1 } })
    return row
  },

  /** The page is found first, and only its goals are counted and added up. */
  goals(
    tx: Tx,
    organization_id: string,
    { filter, page }: { readonly filter: GoalFilter; readonly page: GoalPage },
  ): Promise<GoalRow[]> {
    const { sort = 'created', order = 'desc', after, offset = 0, limit } = page
    const way = order === 'asc' ? fragment`asc` : fragment`desc`
    const by = sort === 'created' ? fragment`g.id ${way}` : fragment`${sorts[sort]} ${way} nulls last, g.id ${way}`
    const beyond = order === 'asc' ? fragment`g.id > ${after}` : fragment`g.id < ${after}`
    const filters = [...filtersOf(filter), after === undefined ? undefined : beyond]
    return tx.rows<GoalRow>(sql`
      select g.id, g.number, g.project_id, g.title, g.text, g.status, g.reason, g.strategy, g.planner_model, g.plan_revision, g.priority, g.artifacts,
        g.variables, g.playbook, g.rerun_of, g.created_by, g.created_at, g.started_at, g.ended_at,
        coalesce(spent.cost_micro_usd, 0) as spent_micro_usd, coalesce(spent.tokens, 0) as spent_tokens, (
          select json_object_agg(c.status, c.tasks) from (
            select s.status, count(*)::int as tasks from planner_task_states s
            join planner_tasks t on t.organization_id = s.organization_id and t.id = s.id and t.superseded_in is null
            where s.organization_id = g.organization_id and s.goal_id = g.id group by 1) c) as counts
      from (
        select * from planner_goals g where g.organization_id = ${organization_id} and ${allOf(filters)}
        order by ${by} limit ${limit} offset ${offset}) g
      left join lateral (
        select ${sumOf(fragment`b.cost_micro_usd`)} as cost_micro_usd, ${sumOf(fragment`b.tokens`)} as tokens from budgets_charges_v b
        where b.organization_id = g.organization_id and b.goal_id = g.id) spent on true
      order by ${by}`)
  },

  async count(tx: Tx, organization_id: string, filter: GoalFilter): Promise<number> {
    const row = await tx.row<{ total: number }>(sql`
      select count(*)::int as total from planner_goals g
      where g.organization_id = ${organization_id} and ${allOf(filtersOf(filter))}`)
    return row?.total ?? 0
  },

  /** Goals or tasks by their ids. */
  named(
    tx: Tx,
    organization_id: string,
    { what, ids }: { readonly what: NamedRow['what']; readonly ids: readonly string[] },
  ): Promise<NamedRow[]> {
    return tx.rows<NamedRow>(
      what === 'goal'
        ? sql`
      select 'goal' as what, id, title, project_id, id as goal_id from planner_goals
      where organization_id = ${organization_id} and id = any (${ids}::uuid[])`
        : sql`
      select 'task' as what, id, title, project_id, goal_id from planner_tasks
      where organization_id = ${organization_id} and id = any (${ids}::uuid[])`,
    )
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
      select id, goal_id, revision, plan, reason, created_by, created_at from planner_plans
      where organization_id = ${organization_id} and goal_id = ${filter.goal_id} and ${allOf(filters)}
      order by revision desc limit ${filter.limit}`)
  },
}

const sorts: Readonly<Record<Exclude<GoalSort, 'created'>, Fragment>> = {
  title: fragment`g.title`,
  status: fragment`g.status`,
  ended: fragment`g.ended_at`,
}

function filtersOf({ id, project_id, statuses, q, from, to }: GoalFilter): (Fragment | undefined)[] {
  return [
    id === undefined ? undefined : fragment`g.id = ${id}`,
    project_id === undefined ? undefined : fragment`g.project_id = ${project_id}`,
    statuses === undefined ? undefined : fragment`g.status = any (${statuses}::text[])`,
    q === undefined ? undefined : containsText(fragment`g.title`, q),
    from === undefined ? undefined : fragment`g.created_at >= ${from}::timestamptz`,
    to === undefined ? undefined : fragment`g.created_at <= ${to}::timestamptz`,
  ]
}
