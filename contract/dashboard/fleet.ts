import { z } from 'zod'
import { attention } from '../attention.ts'
import { budget } from '../budgets/budgets.ts'
import { agentId, projectId, taskId } from '../ids.ts'
import { goalStatuses } from '../planner/goals/goals.ts'
import { taskStatuses } from '../planner/tasks/tasks.ts'
import { stop } from '../projects/stops.ts'
import { count, type Data, microUsd, share, timestamp } from '../values.ts'

/** The queues that the status of the fleet counts. */
export const queueNames = ['task_queue', 'review_queue', 'hitl_queue'] as const
export type QueueName = (typeof queueNames)[number]

/** Of what the status of the fleet is asked. */
export const fleetStatusQuery = z.strictObject({
  project_id: projectId
    .optional()
    .describe('Only this project, but for agents, workers and budgets of the organization, which have none.'),
})

/** The fleet at a glance: agents, queues, and what needs attention. */
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
