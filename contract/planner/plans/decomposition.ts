import { z } from 'zod'
import { projectId } from '../../ids.ts'
import { count, type Data, microUsd } from '../../values.ts'
import { priority } from '../tasks/task-definitions.ts'
import { hasOnePlan, onePlan, planSources } from './plan-sources.ts'
import { strategies, taskGraph } from './plans.ts'

/** What is planned without being stored. */
export const decomposeRequest = z
  .strictObject({ project_id: projectId.optional(), ...planSources, priority: priority.default('medium') })
  .refine(hasOnePlan, onePlan)
export type DecomposeRequest = Data<z.output<typeof decomposeRequest>>

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
