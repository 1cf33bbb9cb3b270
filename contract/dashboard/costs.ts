import { z } from 'zod'
import { budget } from '../budgets/budgets.ts'
import { agentId, projectId } from '../ids.ts'
import { agentRef, count, type Data, day, microUsd } from '../values.ts'

/** Which costs are summed up. */
export const costMetricsQuery = z.strictObject({
  project_id: projectId.optional(),
  agent_id: agentRef.optional(),
  start_date: day.optional().describe('In UTC; absent: thirty days before the end.'),
  end_date: day.optional().describe('In UTC, included; absent: today.'),
})

const spent = { cost_micro_usd: microUsd, tokens: count }

/** What was spent in a time, as totals and by shares. */
export const costMetrics = z.object({
  start_date: z.iso.date(),
  end_date: z.iso.date(),
  total_cost_micro_usd: microUsd,
  total_tokens: count,
  runs: count,
  cost_by_category: z.array(z.object({ category: z.string(), ...spent })),
  cost_by_agent: z.array(z.object({ agent_id: agentId, name: z.string(), runs: count, ...spent })),
  cost_by_project: z.array(z.object({ project_id: projectId, ...spent })).describe('Charges of no project aside.'),
  cost_trends: z.array(z.object({ date: z.iso.date(), ...spent })),
  budget_status: z.array(budget),
})
export type CostMetrics = Data<z.output<typeof costMetrics>>
