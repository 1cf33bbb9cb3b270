import { z } from 'zod'
import { agentId } from '../ids.ts'
import { limits } from '../limits.ts'
import { listOf, listQuery } from '../lists.ts'
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

export const agentQuery = z.strictObject({
  ...listQuery,
  status: z.enum(agentStatuses).optional(),
  capability: text({ min: 1, max: limits.name_characters_max }).optional(),
})
export const agentList = listOf(agent)
