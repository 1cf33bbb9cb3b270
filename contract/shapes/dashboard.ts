import { z } from 'zod'
import { agentId, projectId, taskId } from '../ids.ts'
import { agentRef, count, type Data, microUsd, share, timestamp } from '../values.ts'
import { budget } from './budgets.ts'
import { goalStatuses } from './goals.ts'
import { stop } from './projects.ts'
import { taskStatuses } from './tasks.ts'

export const fleetStatus = z.object({
  fleet_overview: z.object({
    total_agents: count,
    active_agents: count.describe('With a live run.'),
    idle_agents: count,
    error_agents: count.describe('Whose last run failed within the hour.'),
    paused_agents: count,
  }),
  queue_depths: z.object({ task_queue: count, review_queue: count, hitl_queue: count }),
  goals: z.record(z.enum(goalStatuses), count),
  tasks: z.record(z.enum(taskStatuses), count),
  live_runs: count,
  workers: z.array(
    z.object({
      id: z.string(),
      service: z.string(),
      agent_id: agentId.optional(),
      last_seen_at: timestamp,
      live_runs: count,
    }),
  ),
  stops: z.array(stop),
  error_rates: z
    .object({ last_hour: share, last_24_hours: share })
    .describe('Failed and lost runs among those that ended.'),
  recent_errors: z.array(
    z.object({
      error_id: z.string(),
      agent_id: agentId.optional(),
      task_id: taskId,
      error_type: z.string(),
      message: z.string(),
      timestamp,
    }),
  ),
  journal_lag_ms: z.number().min(0),
  at: timestamp,
})
export type FleetStatus = Data<z.output<typeof fleetStatus>>

export const costMetricsQuery = z.strictObject({
  project_id: projectId.optional(),
  agent_id: agentRef.optional(),
  start_date: z.iso.date().optional().describe('In UTC; absent: thirty days before the end.'),
  end_date: z.iso.date().optional().describe('In UTC, included; absent: today.'),
})

const spent = { cost_micro_usd: microUsd, tokens: count }

export const costMetrics = z.object({
  start_date: z.iso.date(),
  end_date: z.iso.date(),
  total_cost_micro_usd: microUsd,
  total_tokens: count,
  runs: count,
  cost_by_category: z.array(z.object({ category: z.string(), ...spent })),
  cost_by_agent: z.array(z.object({ agent_id: agentId, name: z.string(), runs: count, ...spent })),
  cost_trends: z.array(z.object({ date: z.iso.date(), ...spent })),
  budget_status: z.array(budget),
})
export type CostMetrics = Data<z.output<typeof costMetrics>>

export const blockReasons = [
  'dependency',
  'lease',
  'backoff',
  'budget',
  'limit',
  'approval',
  'paused',
  'stopped',
  'no_agent',
  'no_worker',
] as const
export type BlockReason = (typeof blockReasons)[number]

/** Why a task is not running. An empty list: nothing is in its way, or it has ended. */
export const why = z.object({
  task_id: taskId,
  status: z.enum(taskStatuses),
  blocked_by: z.array(
    z.object({
      reason: z.enum(blockReasons),
      subject_id: z.string().optional(),
      until: timestamp.optional(),
      remedy: z.string(),
    }),
  ),
})
export type Why = Data<z.output<typeof why>>
