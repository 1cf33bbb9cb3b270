import type { Caller } from '../../platform/caller.ts'
import type { TenantTx } from '../../platform/db/db.ts'
import type { RequestTransactions } from '../../platform/db/request-transactions.ts'
import { invalid, notFound } from '../../platform/errors.ts'
import type { BudgetsPort } from '../budgets/budgets.port.ts'
import { type CostFilter, costsStore } from './store/costs.store.ts'

export interface CostQuery {
  readonly project_id?: string | undefined
  readonly agent_id?: string | undefined
  readonly start_date?: string | undefined
  readonly end_date?: string | undefined
}

const day_ms = 86_400_000
const days_default = 30
const days_max = 366

export interface CostsDeps {
  readonly transactions: RequestTransactions
  readonly budgets: Pick<BudgetsPort, 'statuses' | 'presentBudget'>
}

/** Costs of a range of days, and the present state of budgets. */
export function createCosts({ transactions, budgets }: CostsDeps) {
  return function costMetrics(caller: Caller, query: CostQuery) {
    const { organization_id } = caller
    return transactions.read(caller, async (tx) => {
      const filter = await filterOf(tx, organization_id, query)
      const [categories, agents, projects, days, statuses] = await Promise.all([
        costsStore.byCategory(tx, organization_id, filter),
        costsStore.byAgent(tx, organization_id, filter),
        costsStore.byProject(tx, organization_id, filter),
        costsStore.byDay(tx, organization_id, filter),
        budgets.statuses(tx, organization_id, limitFilter(organization_id, filter)),
      ])
      const sum = (field: 'cost_micro_usd' | 'tokens' | 'runs') =>
        categories.reduce((total, row) => total + row[field], 0)
      return {
        start_date: filter.start_date,
        end_date: filter.end_date,
        total_cost_micro_usd: sum('cost_micro_usd'),
        total_tokens: sum('tokens'),
        runs: sum('runs'),
        cost_by_category: categories.map(({ runs: _, ...spent }) => spent),
        cost_by_agent: agents,
        cost_by_project: projects,
        cost_trends: days,
        budget_status: statuses.map(budgets.presentBudget),
      }
    })
  }
}

async function filterOf(tx: TenantTx, organization_id: string, query: CostQuery): Promise<CostFilter> {
  const { project_id, agent_id: ref } = query
  const end_date = query.end_date ?? (await costsStore.today(tx))
  const start_date = query.start_date ?? defaultStart(end_date)
  const days = (Date.parse(end_date) - Date.parse(start_date)) / day_ms
  if (days < 0) throw invalid('start_date', 'start_date must not be after end_date.', start_date)
  if (days > days_max) throw invalid('start_date', `The period can have at most ${days_max} days.`, start_date)
  const agent_id = ref === undefined ? undefined : await costsStore.agentId(tx, organization_id, ref)
  if (ref !== undefined && agent_id === undefined) throw notFound('agent', ref)
  return { project_id, agent_id, start_date, end_date }
}

/** Limits of the project or agent that is looked at, and of the organization; without either, all. */
function limitFilter(organization_id: string, { project_id, agent_id }: CostFilter) {
  if (project_id === undefined && agent_id === undefined) return {}
  return { scope_ids: [organization_id, ...(project_id ? [project_id] : []), ...(agent_id ? [agent_id] : [])] }
}

/** There is no day before the first of the year 1. */
function defaultStart(end_date: string): string {
  const start_ms = Math.max(Date.parse(end_date) - days_default * day_ms, Date.parse('0001-01-01'))
  return new Date(start_ms).toISOString().slice(0, 10)
}
