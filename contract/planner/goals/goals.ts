import { z } from 'zod'
import { artifactId, goalId, projectId } from '../../ids.ts'
import { listOf, listQuery, pageQuery, queryChoices, queryText, sortOrder } from '../../lists.ts'
import { actor } from '../../platform/actors.ts'
import { platformLimits } from '../../platform/limits.ts'
import { count, type Data, microUsd, name, text, timestamp } from '../../values.ts'
import { artifactIds, goalText, hasOnePlan, onePlan, planSources, variables } from '../plans/plan-sources.ts'
import { strategies } from '../plans/plans.ts'
import { priority } from '../tasks/task-definitions.ts'
import { taskStatuses } from '../tasks/tasks.ts'

/** The statuses of a goal; the last three are ends. */
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

/** A new goal, with at most one source of its plan. */
export const goalCreate = z
  .strictObject({
    project_id: projectId,
    ...planSources,
    priority: priority.default('medium'),
    start: z.boolean().default(true).describe('false: stored as `planning`, to be looked at and started by `resume`.'),
  })
  .refine(hasOnePlan, onePlan)
export type GoalCreate = Data<z.output<typeof goalCreate>>
export type GoalCreateInput = Data<z.input<typeof goalCreate>>

/** How many tasks of a goal have which status. */
export const taskCounts = z.record(z.enum(taskStatuses), count)
export type TaskCounts = Data<z.output<typeof taskCounts>>

/** How people name a goal within its project. */
export const goalLabel = (number: number): string => `GOAL-${number}`

/** A goal as the API shows it. */
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

/** What a list of goals can be sorted by. */
export const goalSorts = ['created', 'title', 'status', 'ended'] as const
export type GoalSort = (typeof goalSorts)[number]

/** Which goals are listed, in which order. */
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
/** A page of goals. */
export const goalList = listOf(goal)

/** What of a goal is changed; fields that are absent stay. */
export const goalChange = z.strictObject({
  title: name.optional(),
  text: goalText.optional(),
  priority: priority.optional(),
})
export type GoalChange = Data<z.output<typeof goalChange>>

/** Why a goal is paused, resumed or cancelled. */
export const goalReason = z.strictObject({ reason: text({ max_bytes: platformLimits.reason_bytes_max }).optional() })

/** A re-run is a new goal; what is left out is taken from the old one. */
export const goalRerun = z.strictObject({
  title: name.optional(),
  text: goalText.optional(),
  artifact_ids: artifactIds.optional(),
  variables: variables.optional(),
  start: z.boolean().default(true),
})
export type GoalRerun = Data<z.output<typeof goalRerun>>
