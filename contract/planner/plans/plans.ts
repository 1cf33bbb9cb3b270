import { z } from 'zod'
import { goalId, planId } from '../../ids.ts'
import { listOf } from '../../lists.ts'
import { actor } from '../../platform/actors.ts'
import { count, type Data, timestamp } from '../../values.ts'
import { plannerLimits } from '../limits.ts'
import { onFailure, planTask } from '../tasks/task-definitions.ts'

/** How a plan is made. */
export const strategies = ['explicit', 'playbook', 'outline', 'model'] as const
export type Strategy = (typeof strategies)[number]

/** A plan as a caller states it. */
export const plan = z.strictObject({ tasks: z.array(planTask).min(1).max(plannerLimits.plan_tasks_max) })
export type Plan = Data<z.output<typeof plan>>
export type PlanInput = Data<z.input<typeof plan>>

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
/** A page of the revisions of a plan, newest first. */
export const planRevisionList = listOf(planRevision)

/** A revision with its tasks as they were planned. */
export const planDetail = planRevision.extend({ tasks: z.array(planTask) })
export type PlanDetail = Data<z.output<typeof planDetail>>

/** That `to` waits for `from`, by the keys of the tasks. */
export const edge = z.object({ from: z.string(), to: z.string(), on_failure: onFailure })
export type Edge = Data<z.output<typeof edge>>

/** A plan as tasks and the edges between them. */
export const taskGraph = z.object({ tasks: z.array(planTask), edges: z.array(edge).describe('By task key.') })
export type TaskGraph = Data<z.output<typeof taskGraph>>
