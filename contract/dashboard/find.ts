import { z } from 'zod'
import { goalId, projectId } from '../ids.ts'
import { queryInteger, queryText } from '../lists.ts'
import { findKinds } from '../search.ts'
import type { Data } from '../values.ts'
import { dashboardLimits } from './limits.ts'

/** What is searched for. */
export const findQuery = z.strictObject({
  q: queryText.describe(
    'An id or at least 8 digits of its beginning, a goal’s number (`GOAL-12`, `#12` or `12`), words of a title or name, or the beginning of a document’s key.',
  ),
  project_id: projectId
    .optional()
    .describe('Only what belongs to it; agents belong to none and are found all the same.'),
  limit: queryInteger({ min: 1, max: dashboardLimits.find_items_max }).default(dashboardLimits.find_items_default),
})

/** One thing that a search found. */
export const foundItem = z.object({
  kind: z.enum(findKinds),
  id: z.string().describe('Of a document its key, beside `project_id`.'),
  title: z.string(),
  number: z.int().min(1).optional().describe('Of a goal.'),
  project_id: projectId.optional(),
  goal_id: goalId.optional(),
  status: z.string().optional(),
})
export type FoundItem = Data<z.output<typeof foundItem>>

/** What a search found. */
export const found = z.object({
  items: z
    .array(foundItem)
    .describe(
      'By id first, then by number, then by name; only kinds that the key may read. Names of the newest 2,000.',
    ),
})
