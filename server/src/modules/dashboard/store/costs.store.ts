import type { Tx } from '../../../platform/db/db.ts'
import { allOf, type Fragment, fragment, sql, sumOf } from '../../../platform/db/sql.ts'

export interface CostFilter {
  readonly project_id: string | undefined
  readonly agent_id: string | undefined
  /** Days in UTC, both included. */
  readonly start_date: string
  readonly end_date: string
}

interface Spent {
  readonly cost_micro_usd: number
  readonly tokens: number
}

const agents_max = 500
const projects_max = 500

/** Statements of charges, over views of budgets. */
export const costsStore = {
  async today(tx: Tx): Promise<string> {
    const row = await tx.row<{ today: string }>(
      sql`select to_char(muster_now() at time zone 'UTC', 'YYYY-MM-DD') as today`,
    )
    return row?.today ?? ''
  },

  async agentId(tx: Tx, organization_id: string, ref: string): Promise<string | undefined> {
    const row = await tx.row<{ agent_id: string }>(sql`
      select agent_id from agents_gate_v
      where organization_id = ${organization_id} and (agent_id::text = ${ref} or name = ${ref})
      order by agent_id::text = ${ref} desc limit 1`)
    return row?.agent_id
  },

  byCategory(
    tx: Tx,
    organization_id: string,
    filter: CostFilter,
  ): Promise<(Spent & { category: string; runs: number })[]> {
    return tx.rows(sql`
      select category, count(*) filter (where c.source = 'run')::int as runs, ${sumOf(fragment`cost_micro_usd`)} as cost_micro_usd, ${sumOf(fragment`tokens`)} as tokens
      from budgets_charges_v c where organization_id = ${organization_id} and ${chargedIn(filter)}
      group by 1 order by 3 desc, 1`)
  },

  byAgent(
    tx: Tx,
    organization_id: string,
    filter: CostFilter,
  ): Promise<(Spent & { agent_id: string; name: string; runs: number })[]> {
    return tx.rows(sql`
      select c.agent_id, a.name, count(*) filter (where c.source = 'run')::int as runs, ${sumOf(fragment`c.cost_micro_usd`)} as cost_micro_usd,
        ${sumOf(fragment`c.tokens`)} as tokens
      from budgets_charges_v c join agents_gate_v a on a.organization_id = c.organization_id and a.agent_id = c.agent_id
      where c.organization_id = ${organization_id} and ${chargedIn(filter)}
      group by 1, 2 order by 4 desc, 1 limit ${agents_max}`)
  },

  byProject(tx: Tx, organization_id: string, filter: CostFilter): Promise<(Spent & { project_id: string })[]> {
    return tx.rows(sql`
      select project_id, ${sumOf(fragment`cost_micro_usd`)} as cost_micro_usd, ${sumOf(fragment`tokens`)} as tokens
      from budgets_charges_v c where organization_id = ${organization_id} and project_id is not null and ${chargedIn(filter)}
      group by 1 order by 2 desc, 1 limit ${projects_max}`)
  },

  byDay(tx: Tx, organization_id: string, filter: CostFilter): Promise<(Spent & { date: string })[]> {
    return tx.rows(sql`
      select to_char(charged_at at time zone 'UTC', 'YYYY-MM-DD') as date, ${sumOf(fragment`cost_micro_usd`)} as cost_micro_usd,
        ${sumOf(fragment`tokens`)} as tokens
      from budgets_charges_v c where organization_id = ${organization_id} and ${chargedIn(filter)} group by 1 order by 1`)
  },
}

function chargedIn({ project_id, agent_id, start_date, end_date }: CostFilter): Fragment {
  return allOf([
    fragment`c.charged_at >= ${start_date}::date::timestamp at time zone 'UTC'`,
    fragment`c.charged_at < (${end_date}::date + 1)::timestamp at time zone 'UTC'`,
    project_id === undefined ? undefined : fragment`c.project_id = ${project_id}`,
    agent_id === undefined ? undefined : fragment`c.agent_id = ${agent_id}`,
  ])
}
