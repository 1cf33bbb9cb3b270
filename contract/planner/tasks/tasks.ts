import { z } from 'zod'
import { agentId, commitId, goalId, projectId, runId, taskId } from '../../ids.ts'
import { listOf, listQuery, pageQuery, queryFlag, queryInteger } from '../../lists.ts'
import { platformLimits } from '../../platform/limits.ts'
import { taskKind } from '../../platform/task-kind-names.ts'
import { check, checkName } from '../../projects/checks.ts'
import { operationInput, readInput } from '../../state/documents.ts'
import { count, type Data, json, jsonObject, text, timestamp, version } from '../../values.ts'
import { onFailure, priority, reference, taskBudget } from './task-definitions.ts'

/** The statuses of a task; see docs/generated/states.md. */
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

/** How often each kind of setback came. */
export const taskCounters = z.object({ attempts: count, leases_lost: count, retries: count, conflicts: count })
export type TaskCounters = Data<z.output<typeof taskCounters>>

/** A task as it stands. */
export const task = z.object({
  id: taskId,
  kind: taskKind,
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
/** A task as the server gives it, before it is read: ids are plain text. */
export type TaskAnswer = Data<z.input<typeof task>>

/** Which tasks are listed. */
export const taskQuery = z.strictObject({
  ...listQuery,
  ...pageQuery,
  project_id: projectId.optional(),
  goal_id: goalId.optional(),
  status: z.enum(taskStatuses).optional(),
  kind: taskKind.optional().describe('Absent: all kinds that the caller may see.'),
})
/** The same within one project. */
export const projectTaskQuery = taskQuery.omit({ project_id: true })
/** Which tasks of one goal are listed. */
export const goalTaskQuery = z.strictObject({
  ...listQuery,
  status: z.enum(taskStatuses).optional(),
  revision: queryInteger({ min: 1 }).optional().describe('Absent: the current one.'),
  leaf: queryFlag.optional().describe('Only tasks without dependents, whose documents are the results of the goal.'),
})
/** A page of tasks. */
export const taskList = listOf(task)

/** What a task under a project's path answers, with the names of the earlier systems beside ours. */
export const submittedTask = task.extend({ task_id: taskId })

/** Why a task is cancelled, skipped or tried again. */
export const taskReason = z.strictObject({ reason: text({ max_bytes: platformLimits.reason_bytes_max }).optional() })

/** Tries a task again, where it is stated with another input. */
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
