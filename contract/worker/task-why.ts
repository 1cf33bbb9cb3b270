import { z } from 'zod'
import { taskId } from '../ids.ts'
import { taskStatuses } from '../planner/tasks/tasks.ts'
import { type Data, timestamp } from '../values.ts'

/** Why a task is not running. */
export const blockReasons = [
  'dependency',
  'lease',
  'backoff',
  'budget',
  'limit',
  'approval',
  'paused',
  'stopped',
  'no_agent',
  'no_worker',
] as const
export type BlockReason = (typeof blockReasons)[number]

/** Why a task is not running. An empty list: nothing is in its way, or it has ended. */
export const why = z.object({
  task_id: taskId,
  status: z.enum(taskStatuses),
  blocked_by: z.array(
    z.object({
      reason: z.enum(blockReasons),
      subject_id: z.string().optional(),
      until: timestamp.optional(),
      remedy: z.string(),
    }),
  ),
})
export type Why = Data<z.output<typeof why>>
