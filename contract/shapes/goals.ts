import { z } from 'zod'
import { agentId, approvalId, artifactId, goalId, planId, projectId, taskId } from '../ids.ts'
import { limits } from '../limits.ts'
import { listOf, listQuery, pageQuery, queryChoices, queryText, sortOrder } from '../lists.ts'
import { count, type Data, json, microUsd, name, text, timestamp } from '../values.ts'
import { actor } from './actors.ts'
import { modelName } from './models.ts'
import { onFailure, planTask, priority, task, taskStatuses } from './tasks.ts'

export const goalStatuses = [
  'planning',
  'awaiting_approval',
  'running',
  'paused',
  'done',
  'failed',
  'cancelled',
] as const
export type GoalStatus = (typeof goalStatuses)[number]

/** The statuses that end a goal; a retry by a person makes it run again. */
export const goalEnds = ['done', 'failed', 'cancelled'] as const satisfies GoalStatus[]

export const strategies = ['explicit', 'playbook', 'outline', 'model'] as const
export type Strategy = (typeof strategies)[number]

export const plan = z.strictObject({ tasks: z.array(planTask).min(1).max(limits.plan_tasks_max) })
export type Plan = Data<z.output<typeof plan>>
export type PlanInput = Data<z.input<typeof plan>>

const goalText = text({ max_bytes: limits.goal_text_bytes_max })
const artifactIds = z.array(artifactId).max(limits.goal_input_files_max)
const variables = z.record(text({ min: 1, max: limits.key_characters_max }), json())
const playbook = text({ min: 1, max_bytes: limits.playbook_bytes_max }).describe('A playbook in YAML.')

/** What a plan can be made of. */
const request = {
  title: name,
  text: goalText.optional(),
  artifact_ids: artifactIds.optional(),
  plan: plan.optional(),
  playbook: playbook.optional(),
  variables: variables.optional().describe('For the playbook.'),
  strategy: z
    .enum(['outline', 'model'])
    .optional()
    .describe(
      'Who plans where nothing is planned yet; absent: the project’s `planner_model`, and without one the outline.',
    ),
  model: modelName.optional().describe('Who plans by model; absent: the project’s `planner_model`.'),
}

const onePlan = {
  error: 'must not stand beside plan',
  path: ['playbook'],
}
const hasOnePlan = (body: { plan?: unknown; playbook?: unknown }) =>
  body.plan === undefined || body.playbook === undefined

export const goalCreate = z
  .strictObject({
    project_id: projectId,
    ...request,
    priority: priority.default('medium'),
    start: z.boolean().default(true).describe('false: stored as `planning`, to be looked at and started by `resume`.'),
  })
  .refine(hasOnePlan, onePlan)
export type GoalCreate = Data<z.output<typeof goalCreate>>
export type GoalCreateInput = Data<z.input<typeof goalCreate>>

export const taskCounts = z.record(z.enum(taskStatuses), count)
export type TaskCounts = Data<z.output<typeof taskCounts>>

/** How people name a goal within its project. */
export const goalLabel = (number: number): string => `GOAL-${number}`

export const goal = z.object({
  id: goalId,
  number: z.int().min(1).describe('Counted within the project; `GOAL-12` on screen.'),
  project_id: projectId,
  title: z.string(),
  text: z.string().optional(),
  artifact_ids: z.array(artifactId).optional(),
  status: z.enum(goalStatuses),
  reason: z.string().optional(),
  strategy: z.enum(strategies),
  priority,
  plan_revision: count,
  counts: taskCounts,
  spent: z.object({ cost_micro_usd: microUsd, tokens: count }),
  stated_by: actor.optional(),
  rerun_of: goalId.optional(),
  created_at: timestamp,
  started_at: timestamp.optional(),
  ended_at: timestamp.optional(),
})
export type Goal = Data<z.output<typeof goal>>

export const goalSorts = ['created', 'title', 'status', 'ended'] as const
export type GoalSort = (typeof goalSorts)[number]

export const goalQuery = z.strictObject({
  ...listQuery,
  ...pageQuery,
  project_id: projectId.optional(),
  q: queryText.optional().describe('Part of the title, compared without case.'),
  status: queryChoices(goalStatuses).optional(),
  from: timestamp.optional().describe('Of `created_at`, included.'),
  to: timestamp.optional().describe('Of `created_at`, included.'),
  sort: z.enum(goalSorts).default('created'),
  order: sortOrder
    .optional()
    .describe('Absent: `asc` by title and status, else `desc`. What has not ended comes last.'),
})
export const goalList = listOf(goal)

export const goalChange = z.strictObject({
  title: name.optional(),
  text: goalText.optional(),
  priority: priority.optional(),
})
export type GoalChange = Data<z.output<typeof goalChange>>

export const goalReason = z.strictObject({ reason: text({ max_bytes: limits.reason_bytes_max }).optional() })

/** A re-run is a new goal; what is left out is taken from the old one. */
export const goalRerun = z.strictObject({
  title: name.optional(),
  text: goalText.optional(),
  artifact_ids: artifactIds.optional(),
  variables: variables.optional(),
  start: z.boolean().default(true),
})
export type GoalRerun = Data<z.output<typeof goalRerun>>

/** One revision of a goal's plan, without its tasks. */
export const planRevision = z.object({
  id: planId,
  goal_id: goalId,
  revision: z.int().min(1),
  strategy: z.enum(strategies),
  reason: z.string().optional().describe('Why there is a revision at all, from the second on.'),
  created_by: actor,
  created_at: timestamp,
  task_count: count,
  current: z.boolean(),
})
export type PlanRevision = Data<z.output<typeof planRevision>>
export const planRevisionList = listOf(planRevision)

/** A revision with its tasks as they were planned. */
export const planDetail = planRevision.extend({ tasks: z.array(planTask) })
export type PlanDetail = Data<z.output<typeof planDetail>>

export const edge = z.object({ from: z.string(), to: z.string(), on_failure: onFailure })
export type Edge = Data<z.output<typeof edge>>

/** A task in the graph of its goal. */
export const goalNode = task
  .pick({
    id: true,
    title: true,
    capability: true,
    status: true,
    reason: true,
    parent_id: true,
    counters: true,
    ready_at: true,
    started_at: true,
    ended_at: true,
  })
  .extend({
    key: z.string(),
    agent_id: agentId.optional().describe('Who works on it, else who did last, else the agent it is pinned to.'),
    is_leaf: z.boolean().describe('Nothing depends on it: its output is a result of the goal.'),
    approval_id: approvalId.optional().describe('Of a question about it that waits for a person.'),
  })
export type GoalNode = Data<z.output<typeof goalNode>>

/** The graph of a goal as it runs; `mermaid` is the same as a drawing. */
export const goalGraph = z.object({
  goal_id: goalId,
  plan_revision: count,
  nodes: z.array(goalNode),
  edges: z.array(edge).describe('By task id.'),
  mermaid: z.string(),
})
export type GoalGraph = Data<z.output<typeof goalGraph>>

export const decomposeRequest = z
  .strictObject({ project_id: projectId.optional(), ...request, priority: priority.default('medium') })
  .refine(hasOnePlan, onePlan)
export type DecomposeRequest = Data<z.output<typeof decomposeRequest>>

export const taskGraph = z.object({ tasks: z.array(planTask), edges: z.array(edge).describe('By task key.') })
export type TaskGraph = Data<z.output<typeof taskGraph>>

/** A plan that was checked and not stored. */
export const decomposed = z.object({
  strategy: z.enum(strategies),
  task_dag: taskGraph,
  depth: count.describe('Tasks on the longest chain.'),
  questions: z
    .array(z.object({ key: z.string(), reason: z.string() }))
    .describe('Where a person will be asked as far as that is known beforehand.'),
  estimates: z.object({
    tasks: count.describe('As planned; `for_each` makes more as it runs.'),
    depth: count,
    cost_micro_usd: microUsd.describe('The sum of what the tasks may cost by their budgets.'),
    tokens: count,
    duration_ms: count
      .optional()
      .describe(
        'Along the longest chain, by the median of past runs of each capability; absent where one of them has run less than five times here.',
      ),
  }),
})
export type Decomposed = Data<z.output<typeof decomposed>>

export const replanTriggers = ['state_changed', 'goal_updated', 'external_event'] as const
export const replanRequest = z
  .strictObject({
    goal_id: goalId,
    plan: plan.optional(),
    reason: text({ min: 1, max_bytes: limits.reason_bytes_max }).optional(),
    trigger_reason: z.enum(replanTriggers).optional(),
  })
  .refine((body) => body.plan !== undefined || body.reason !== undefined || body.trigger_reason !== undefined, {
    error: 'must have a plan or a reason',
    path: ['plan'],
  })
export type ReplanRequest = Data<z.output<typeof replanRequest>>

export const replanned = z.object({
  goal: goal,
  updated_task_dag: taskGraph,
  new_tasks: z.array(taskId),
  cancelled_tasks: z.array(taskId),
  kept_tasks: z.array(taskId).describe('Finished work that the new revision keeps.'),
})
export type Replanned = Data<z.output<typeof replanned>>

export const semanticFilterRequest = z.strictObject({
  agent_id: text({ min: 1, max: limits.name_characters_max }).optional(),
  content: z.strictObject({
    type: z.enum(['text', 'image', 'video']).default('text'),
    content: text({ max_bytes: limits.inline_bytes_max }),
    source: text({ max: limits.reference_characters_max }).optional(),
  }),
  context: z.strictObject({
    project_id: projectId.optional().describe('Its running goals count as active where `active_goals` is absent.'),
    active_goals: z.array(goalText).max(limits.page_size_max).optional(),
    relevance_threshold: z.number().min(0).max(1).default(0.75),
  }),
  model: modelName
    .optional()
    .describe('Who scores it; absent: the project’s `planner_model`, and without one the terms they share.'),
})

export const semanticFiltered = z.object({
  filtered: z.boolean().describe('true: below the threshold, dropped.'),
  relevance_score: z.number().min(0).max(1),
  relevance_threshold: z.number(),
  reasoning: z.string(),
  should_create_task: z.boolean(),
})
