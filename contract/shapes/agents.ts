import { z } from 'zod'
import { agentId, goalId, runId, taskId } from '../ids.ts'
import { limits } from '../limits.ts'
import { listOf, listQuery, pageQuery, queryChoices, queryText, sortOrder } from '../lists.ts'
import { count, type Data, jsonObject, name, text, timestamp } from '../values.ts'

export const runtimes = ['builtin', 'model', 'cli', 'remote', 'user'] as const
export type Runtime = (typeof runtimes)[number]
/** The runtimes that an agent can be made with here. `builtin` is made with each organization. */
export const offeredRuntimes = ['remote', 'builtin'] as const

export const agentStatuses = ['active', 'paused', 'retired'] as const
export type AgentStatus = (typeof agentStatuses)[number]

const capabilities = z.array(text({ min: 1, max: limits.name_characters_max })).max(limits.capabilities_max)

export const agent = z.object({
  id: agentId,
  name: z.string(),
  description: z.string().optional(),
  runtime: z.enum(runtimes),
  capabilities: z.array(z.string()),
  status: z.enum(agentStatuses),
  stopped: z.boolean().describe('Whether an emergency stop holds for it.'),
  presence: z.object({ online: z.boolean(), last_seen_at: timestamp.optional() }),
  live_runs: count,
  live_runs_max: count.optional(),
  metadata: jsonObject().optional(),
  created_at: timestamp,
})
export type Agent = Data<z.output<typeof agent>>

const fields = {
  description: text({ max_bytes: limits.comment_bytes_max }).optional(),
  live_runs_max: z.int().min(1).max(limits.plan_tasks_max).optional(),
  metadata: jsonObject().optional(),
}

export const agentCreate = z.strictObject({
  name,
  runtime: z.enum(offeredRuntimes).default('remote'),
  capabilities: capabilities.min(1),
  ...fields,
})
export type AgentCreate = Data<z.output<typeof agentCreate>>

export const agentChange = z.strictObject({
  name: name.optional(),
  capabilities: capabilities.min(1).optional(),
  ...fields,
})
export type AgentChange = Data<z.output<typeof agentChange>>

export const agentSorts = ['created', 'name', 'status', 'live_runs', 'last_seen'] as const
export type AgentSort = (typeof agentSorts)[number]

export const agentQuery = z.strictObject({
  ...listQuery,
  ...pageQuery,
  q: queryText.optional().describe('Part of the name, compared without case.'),
  status: queryChoices(agentStatuses).optional(),
  runtime: queryChoices(runtimes).optional(),
  capability: text({ min: 1, max: limits.name_characters_max }).optional(),
  sort: z.enum(agentSorts).default('created'),
  order: sortOrder.optional().describe('Absent: `asc` by name and status, else `desc`.'),
})

/** A live run as an agent's row shows it. */
export const agentDoing = z.object({
  run_id: runId,
  task_id: taskId,
  title: z.string(),
  goal_id: goalId.optional(),
  started_at: timestamp,
})

/** An agent in a list, with what it does just now. */
export const agentItem = agent.extend({
  doing: z
    .array(agentDoing)
    .describe('At most three of its live runs, the longest first; none where the key lacks `tasks:read`.'),
})
export type AgentItem = Data<z.output<typeof agentItem>>
export const agentList = listOf(agentItem)
