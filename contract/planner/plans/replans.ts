import { z } from 'zod'
import { goalId, taskId } from '../../ids.ts'
import { platformLimits } from '../../platform/limits.ts'
import { type Data, text } from '../../values.ts'
import { goal } from '../goals/goals.ts'
import { plan, taskGraph } from './plans.ts'

/** Why a goal is planned anew. */
export const replanTriggers = ['state_changed', 'goal_updated', 'external_event'] as const
/** Plans a goal anew, by a given plan or by its strategy. */
export const replanRequest = z
  .strictObject({
    goal_id: goalId,
    plan: plan.optional(),
    reason: text({ min: 1, max_bytes: platformLimits.reason_bytes_max }).optional(),
    trigger_reason: z.enum(replanTriggers).optional(),
  })
  .refine((body) => body.plan !== undefined || body.reason !== undefined || body.trigger_reason !== undefined, {
    error: 'must have a plan or a reason',
    path: ['plan'],
  })
export type ReplanRequest = Data<z.output<typeof replanRequest>>

/** What a new revision of a plan changed. */
export const replanned = z.object({
  goal: goal,
  updated_task_dag: taskGraph,
  new_tasks: z.array(taskId),
  cancelled_tasks: z.array(taskId),
  kept_tasks: z.array(taskId).describe('Finished work that the new revision keeps.'),
})
export type Replanned = Data<z.output<typeof replanned>>
