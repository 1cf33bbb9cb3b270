import { z } from 'zod'
import { taskId } from '../ids.ts'
import { int4 } from '../values.ts'
import { strategies } from './plans/plans.ts'

const nothing = z.object({})
const why = z.object({ reason: z.string() })
const perhapsWhy = why.partial()
const retry = z.object({ retry_of: taskId, input_changed: z.boolean() }).partial()

/** A revision of a plan. Only the first, where it comes with its goal, names the strategy; all others say their reason. */
const planned = z.object({
  revision: int4({ min: 1 }),
  strategy: z.enum(strategies).optional(),
  reason: z.string().optional(),
  keys: z.array(z.string()).describe('Of the tasks that it adds.'),
  input_changed: z.array(z.string()).optional().describe('Keys of retried tasks that got other input.'),
})

/** Each type of event with the shape of its `data`. */
export const plannerEvents = {
  'task.ready': retry.extend({ key: z.string().optional().describe('Of a child of a `for_each` task.') }),
  'task.returned': retry.extend({ reason: z.string().optional() }),
  'task.waiting': why,
  'task.done': nothing,
  'task.failed': why,
  'task.rejected': why,
  'task.skipped': why,
  'task.cancelled': why,
  'goal.created': nothing,
  'goal.planned': planned,
  'goal.replanned': planned,
  'goal.started': nothing,
  'goal.paused': perhapsWhy,
  'goal.resumed': nothing,
  'goal.done': nothing,
  'goal.failed': perhapsWhy,
  'goal.cancelled': perhapsWhy,
} as const
