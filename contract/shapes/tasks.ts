import { z } from 'zod'
import { agentId, artifactId, commitId, goalId, projectId, runId, taskId } from '../ids.ts'
import { limits } from '../limits.ts'
import { listOf, listQuery, pageQuery, queryFlag, queryInteger } from '../lists.ts'
import { agentRef, amount, count, type Data, json, jsonObject, name, text, timestamp, version } from '../values.ts'
import { operationInput, readInput } from './documents.ts'
import { check, checkName } from './policies.ts'

export const taskStatuses = [
  'pending',
  'ready',
  'running',
  'in_review',
  'awaiting_approval',
  'acting',
  'done',
  'failed',
  'rejected',
  'skipped',
  'cancelled',
] as const
export type TaskStatus = (typeof taskStatuses)[number]

/** The statuses that are final. */
export const taskEnds = ['done', 'failed', 'rejected', 'skipped', 'cancelled'] as const satisfies TaskStatus[]

export const priorities = ['low', 'medium', 'high', 'urgent'] as const
export type Priority = (typeof priorities)[number]
export const priority = z.enum(priorities)

export const failurePolicies = ['fail', 'skip', 'continue', 'replan', 'ask'] as const
export type FailurePolicy = (typeof failurePolicies)[number]
export const onFailure = z.enum(failurePolicies)

/** The key of a task within its plan. Children of `for_each` get `key[0]`, `key[1]` and so on. */
export const taskKey = text({ min: 1, max: limits.key_characters_max }).regex(/^[A-Za-z0-9_][A-Za-z0-9_-]*$/)
export const capabilityName = text({ min: 1, max: limits.name_characters_max })

/** `{"$from": key ".output" { "." name | "[" n "]" }}`; inside `for_each` also `item` and `index`, inside `repeat` `previous.output`. */
export const reference = z.strictObject({ $from: text({ min: 1, max: limits.reference_characters_max }) })
export type Reference = Data<z.output<typeof reference>>

export const taskBudget = z.strictObject({ cost_micro_usd: amount.default(0), tokens: amount.default(0) })

/** What says how one task is done, whether it stands in a plan or alone. */
const work = {
  title: name.optional().describe('Absent: the key.'),
  capability: capabilityName,
  agent_id: agentRef
    .nullish()
    .describe('Absent or null: the active agent with the capability and the fewest live runs.'),
  input: json().default({}),
  reads: z.array(readInput).max(limits.task_reads_max).default([]),
  writes: z
    .array(operationInput)
    .max(limits.task_writes_max)
    .optional()
    .describe(
      'Absent: the output is created as `goals/{goal_id}/{key}` (`tasks/{task_id}` for a task without a goal).',
    ),
  output_schema: jsonObject().optional().describe('JSON Schema that the output must satisfy.'),
  checks: z
    .array(z.union([checkName, check]))
    .max(limits.policy_checks_max)
    .default([]),
  approval: z.enum(['none', 'before', 'after', 'always']).default('none'),
  budget: taskBudget.optional(),
  priority: priority.optional().describe('Absent: that of the goal, else medium.'),
  timeout_ms: z.int().min(1).max(limits.task_timeout_ms_max).default(limits.task_timeout_ms_default),
  attempts_max: z.int().min(1).max(limits.attempts_max).default(limits.attempts_default),
}

export const dependency = z.strictObject({ key: taskKey, on_failure: onFailure.optional() })

/** One task of a plan. */
export const planTask = z.strictObject({
  key: taskKey,
  ...work,
  depends_on: z
    .array(z.union([taskKey, dependency]))
    .max(limits.task_dependencies_max)
    .default([]),
  on_failure: onFailure.default('fail').describe('For the edges that name none.'),
  for_each: reference.optional(),
  repeat: z
    .strictObject({
      until: text({ min: 1, max: limits.reference_characters_max }).describe('CEL over `output`.'),
      max: z.int().min(1).max(limits.repeat_max).default(limits.repeat_default),
    })
    .optional(),
})
export type PlanTask = Data<z.output<typeof planTask>>
export type PlanTaskInput = Data<z.input<typeof planTask>>

/** A task without a goal. */
export const taskCreate = z.strictObject({
  project_id: projectId,
  kind: text({ min: 1, max: limits.key_characters_max }).default('work'),
  ...work,
})
export type TaskCreate = Data<z.output<typeof taskCreate>>

/** The same under a project's path, where an agent type with instructions may stand for a capability with an input. */
export const projectTaskCreate = z
  .strictObject({
    kind: text({ min: 1, max: limits.key_characters_max }).default('work'),
    ...work,
    capability: capabilityName.optional(),
    agent_type: capabilityName.optional().describe('Another word for `capability`.'),
    instructions: text({ max_bytes: limits.goal_text_bytes_max }).optional().describe('Becomes `input.instructions`.'),
    context_ids: z
      .array(artifactId)
      .max(limits.goal_input_files_max)
      .optional()
      .describe('Becomes `input.artifact_ids`.'),
  })
  .refine((body) => (body.capability === undefined) !== (body.agent_type === undefined), {
    error: 'must name either capability or agent_type',
    path: ['capability'],
  })
export type ProjectTaskCreate = Data<z.output<typeof projectTaskCreate>>

export const taskCounters = z.object({ attempts: count, leases_lost: count, retries: count, conflicts: count })
export type TaskCounters = Data<z.output<typeof taskCounters>>

/** A task as it stands. */
export const task = z.object({
  id: taskId,
  kind: z.string(),
  project_id: projectId,
  goal_id: goalId.optional(),
  key: z.string().optional(),
  title: z.string(),
  capability: z.string(),
  agent_id: agentId.optional().describe('The agent it is pinned to, or was given to.'),
  status: z.enum(taskStatuses),
  reason: z.string().optional().describe('Why it stands where it stands, where that is not plain.'),
  input: json(),
  depends_on: z.array(z.object({ key: z.string(), task_id: taskId.optional(), on_failure: onFailure })),
  on_failure: onFailure,
  reads: z.array(readInput),
  writes: z.array(operationInput).optional(),
  output_schema: jsonObject().optional(),
  checks: z.array(z.union([checkName, check])),
  approval: z.enum(['none', 'before', 'after', 'always']),
  budget: taskBudget.optional(),
  priority,
  timeout_ms: z.int(),
  attempts_max: z.int(),
  for_each: reference.optional(),
  repeat: z.object({ until: z.string(), max: z.int() }).optional(),
  counters: taskCounters,
  plan_revision: z.int().optional(),
  parent_id: taskId.optional().describe('The `for_each` task that it is a child of.'),
  retry_of: taskId.optional(),
  run_id: runId.optional().describe('The live run, else the latest one.'),
  output: json().optional(),
  committed: z
    .object({
      commit_id: commitId,
      documents: z.array(z.object({ document: z.string(), scope: z.enum(['project', 'agent']), version })),
    })
    .optional()
    .describe('What its accepted result wrote.'),
  created_at: timestamp,
  ready_at: timestamp.optional(),
  started_at: timestamp.optional(),
  ended_at: timestamp.optional(),
})
export type Task = Data<z.output<typeof task>>

export const taskQuery = z.strictObject({
  ...listQuery,
  ...pageQuery,
  project_id: projectId.optional(),
  goal_id: goalId.optional(),
  status: z.enum(taskStatuses).optional(),
})
export const projectTaskQuery = taskQuery.omit({ project_id: true })
export const goalTaskQuery = z.strictObject({
  ...listQuery,
  status: z.enum(taskStatuses).optional(),
  revision: queryInteger({ min: 1 }).optional().describe('Absent: the current one.'),
  leaf: queryFlag.optional().describe('Only tasks without dependents, whose documents are the results of the goal.'),
})
export const taskList = listOf(task)

/** What a task under a project's path answers, with the names of the earlier systems beside ours. */
export const submittedTask = task.extend({ task_id: taskId })

export const taskReason = z.strictObject({ reason: text({ max_bytes: limits.reason_bytes_max }).optional() })

export const taskRetry = taskReason.extend({
  input: json().optional().describe('Instead of the input that it had; checked as a plan’s is.'),
})
export type TaskRetry = Data<z.output<typeof taskRetry>>

/** What `/projects/{id}/status` gives. */
export const projectStatus = z.object({
  project_id: projectId,
  status: z.enum(['active', 'paused', 'stopped']),
  counts: z.record(z.enum(taskStatuses), count),
  tasks: z.array(
    z.object({
      task_id: taskId,
      goal_id: goalId.optional(),
      title: z.string(),
      agent_type: z.string().describe('The capability.'),
      status: z.enum(taskStatuses),
      created_at: timestamp,
      updated_at: timestamp,
    }),
  ),
  next_cursor: z.string().optional(),
})
export type ProjectStatus = Data<z.output<typeof projectStatus>>
