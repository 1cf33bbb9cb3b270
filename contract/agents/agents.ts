import { z } from 'zod'
import { gatewayLimits } from '../gateway/limits.ts'
import { identityLimits } from '../identity/limits.ts'
import { agentId, goalId, runId, taskId } from '../ids.ts'
import { listOf, listQuery, pageQuery, queryChoices, queryText, sortOrder } from '../lists.ts'
import { platformLimits } from '../platform/limits.ts'
import { projectsLimits } from '../projects/limits.ts'
import { amount, count, type Data, jsonObject, modelName, name, text, timestamp } from '../values.ts'
import { agentsLimits } from './limits.ts'
import { personaFacts, personaGiven } from './personas.ts'

/** How an agent can work: see `runtime` in docs/glossary.md. */
export const runtimes = ['builtin', 'model', 'cli', 'remote', 'user'] as const
export type Runtime = (typeof runtimes)[number]
/** Those whose runs a worker process does by itself; the others come and claim. */
export const localRuntimes = ['builtin', 'model', 'cli'] as const
/** The runtimes that an agent can be made with here. `builtin` is made with each organization. */
export const offeredRuntimes = ['remote', 'builtin', 'model', 'cli'] as const

/** Whether an agent is given work: active, paused for now, or retired for good. */
export const agentStatuses = ['active', 'paused', 'retired'] as const
export type AgentStatus = (typeof agentStatuses)[number]

const capabilities = z
  .array(text({ min: 1, max: platformLimits.name_characters_max }))
  .max(projectsLimits.capabilities_max)

/** How an agent of runtime `model` works: a loop of calls of one model, with tools, that ends by itself. */
export const modelSettings = z.strictObject({
  alias: modelName.describe('The model it calls, as the gateway knows it.'),
  tools: z
    .array(text({ min: 1, max: platformLimits.name_characters_max }))
    .max(agentsLimits.agent_tools_max)
    .default([])
    .describe('Built-in capabilities that it may use.'),
  may_ask: z.boolean().default(true).describe('Whether it may put questions to people; its run rests meanwhile.'),
  steps_max: z.int().min(1).max(agentsLimits.agent_steps_max).default(agentsLimits.agent_steps_default),
  output_tokens_max: z
    .int()
    .min(1)
    .max(identityLimits.model_tokens_max)
    .default(gatewayLimits.model_output_tokens_default)
    .describe('Of one answer of the model.'),
  temperature: z.number().min(0).max(2).optional(),
  cost_micro_usd_max: amount.optional().describe('Of one run, beside the budget of its task.'),
  tokens_max: amount.optional().describe('Of one run, beside the budget of its task.'),
})
export type ModelSettings = Data<z.output<typeof modelSettings>>

/** How an agent of runtime `cli` works: a command line that is described by an adapter file of the server. */
export const commandLineSettings = z.strictObject({
  adapter: text({ min: 1, max: platformLimits.name_characters_max }).describe('The name of an adapter file.'),
  model: modelName.optional().describe('The alias that its calls of models name.'),
  repository: text({ min: 1, max: platformLimits.reference_characters_max })
    .optional()
    .describe('The folder of a repository that the server allows; each run gets a work tree of its own.'),
  metered: z
    .boolean()
    .default(true)
    .describe('Whether its calls of models go through the gateway. Where they do not, a run costs all that it held.'),
})
export type CommandLineSettings = Data<z.output<typeof commandLineSettings>>

const settings = {
  model: modelSettings.optional().describe('Of runtime `model`.'),
  command_line: commandLineSettings.optional().describe('Of runtime `cli`.'),
}

const metered = z
  .boolean()
  .optional()
  .describe(
    'Of runtime `remote`: it calls models with the key of each run alone, so that its runs hold nothing and each call is charged by itself. What it reports as usage was spent elsewhere.',
  )

/** An agent as the API shows it. */
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
  ...settings,
  metered,
  persona: personaFacts.optional(),
  metadata: jsonObject().optional(),
  created_at: timestamp,
})
export type Agent = Data<z.output<typeof agent>>

const fields = {
  description: text({ max_bytes: platformLimits.comment_bytes_max }).optional(),
  live_runs_max: z.int().min(1).max(agentsLimits.agent_live_runs_max).optional(),
  metadata: jsonObject().optional(),
}

/** A new agent. */
export const agentCreate = z
  .strictObject({
    name,
    runtime: z.enum(offeredRuntimes).default('remote'),
    capabilities: capabilities.min(1),
    ...settings,
    metered,
    persona: personaGiven.optional(),
    ...fields,
  })
  .superRefine(({ runtime, model, command_line, metered: is_metered }, context) => {
    const refuse = (path: string, message: string): void => context.addIssue({ code: 'custom', path: [path], message })
    if ((runtime === 'model') !== (model !== undefined)) refuse('model', 'belongs to runtime model, which needs it')
    if ((runtime === 'cli') !== (command_line !== undefined))
      refuse('command_line', 'belongs to runtime cli, which needs it')
    if (is_metered !== undefined && runtime !== 'remote') refuse('metered', 'belongs to runtime remote')
  })
export type AgentCreate = Data<z.output<typeof agentCreate>>

/** What of an agent is changed; fields that are absent stay. */
export const agentChange = z.strictObject({
  name: name.optional(),
  capabilities: capabilities.min(1).optional(),
  ...settings,
  metered,
  ...fields,
})
export type AgentChange = Data<z.output<typeof agentChange>>

/** What a list of agents can be sorted by. */
export const agentSorts = ['created', 'name', 'status', 'live_runs', 'last_seen'] as const
export type AgentSort = (typeof agentSorts)[number]

/** Which agents are listed, in which order. */
export const agentQuery = z.strictObject({
  ...listQuery,
  ...pageQuery,
  q: queryText.optional().describe('Part of the name, compared without case.'),
  status: queryChoices(agentStatuses).optional(),
  runtime: queryChoices(runtimes).optional(),
  capability: text({ min: 1, max: platformLimits.name_characters_max }).optional(),
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
/** A page of agents. */
export const agentList = listOf(agentItem)
