import { z } from 'zod'
import { agentId, goalId, projectId, taskId } from '../ids.ts'
import { agentRef, count, type Data, day, microUsd, share, timestamp } from '../values.ts'
import { budget } from './budgets.ts'
import { goalStatuses } from './goals.ts'
import { severities } from './policies.ts'
import { stop } from './projects.ts'
import { taskStatuses } from './tasks.ts'

export const queueNames = ['task_queue', 'review_queue', 'hitl_queue'] as const
export type QueueName = (typeof queueNames)[number]

/** What needs a person's attention, the gravest kinds first. */
export const attentionKinds = [
  'stop',
  'unworked_queue',
  'budget_closed',
  'approval_past_due',
  'goal_needs_plan',
  'agent_offline_with_work',
  'goal_failed',
  'approval_due_soon',
  'conflicts',
  'task_failed',
] as const
export type AttentionKind = (typeof attentionKinds)[number]

export const attention = z.object({
  kind: z.enum(attentionKinds),
  severity: z.enum(severities),
  subject_kind: z.enum(['organization', 'project', 'agent', 'goal', 'task', 'approval', 'budget', 'queue']),
  subject_id: z.string().describe('An id; of a queue its name.'),
  project_id: projectId.optional(),
  goal_id: goalId.optional(),
  title: z.string(),
  since: timestamp,
  remedy: z.string().describe('The command that mends it, or what has to happen.'),
})
export type Attention = Data<z.output<typeof attention>>

export const fleetStatusQuery = z.strictObject({
  project_id: projectId
    .optional()
    .describe('Only this project, but for agents, workers and budgets of the organization, which have none.'),
})

export const fleetStatus = z.object({
  fleet_overview: z.object({
    total_agents: count,
    active_agents: count.describe('With a live run.'),
    idle_agents: count,
    error_agents: count.describe('Whose last run failed within the hour.'),
    paused_agents: count,
  }),
  agents_by_state: z
    .object({ working: count, idle: count, offline: count, paused: count, stopped: count, error: count })
    .describe(
      'Each agent that is not retired once: stopped, paused, offline, working, error, idle; the first that fits.',
    ),
  queue_depths: z.object({ task_queue: count, review_queue: count, hitl_queue: count }),
  queues: z.array(
    z.object({
      queue: z.enum(queueNames),
      depth: count,
      oldest_at: timestamp.optional().describe('Since when the oldest waits.'),
      is_worked: z
        .boolean()
        .describe('false: something waits in it that no process, agent or person that is there can take.'),
      remedy: z.string().optional().describe('The command that gets it worked.'),
    }),
  ),
  approvals: z.object({
    waiting: count.describe('Open and not put aside.'),
    snoozed: count,
    past_due: count,
    due_within_hour: count,
    oldest_at: timestamp.optional(),
  }),
  throughput: z
    .array(z.object({ at: timestamp, done: count, failed: count }))
    .describe('Runs that ended in each of the last sixty minutes, oldest first; `failed` are also those lost.'),
  spend: z
    .object({
      today_micro_usd: microUsd,
      budgets: z.array(budget).describe('Of organization and projects, at most 20.'),
    })
    .optional()
    .describe('Absent where the key lacks `budgets:read`.'),
  needs_attention: z.array(attention).describe('The gravest first, at most fifty; only what the key may read.'),
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
  start_date: day.optional().describe('In UTC; absent: thirty days before the end.'),
  end_date: day.optional().describe('In UTC, included; absent: today.'),
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
  cost_by_project: z.array(z.object({ project_id: projectId, ...spent })).describe('Charges of no project aside.'),
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
