import { z } from 'zod'
import { budgetId } from '../ids.ts'
import { amount, int4 } from '../values.ts'
import { budgetScopes } from './budgets.ts'

const scope = { scope_kind: z.enum(budgetScopes), scope_id: z.string() }
const passed = z.object({ budget_id: budgetId, ...scope })

/** Each type of event with the shape of its `data`. */
export const budgetsEvents = {
  'budget.changed': z.object({
    budget_id: budgetId.optional().describe('Absent for the limit of live runs that comes with an agent.'),
    ...scope,
    what: z.enum(['set', 'changed', 'removed']),
    cost_micro_usd: amount.nullish(),
    tokens: amount.nullish(),
    live_runs: int4().nullish(),
  }),
  'budget.warned': passed,
  'budget.closed': passed,
} as const
