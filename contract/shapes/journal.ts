import { z } from 'zod'
import { event, eventFamily, eventTypes } from '../events.ts'
import { goalId, projectId, taskId } from '../ids.ts'
import { limits } from '../limits.ts'
import { listOf, listQuery, pageQuery, queryChoices, queryInteger } from '../lists.ts'
import { count, type Data, sha256, text, timestamp } from '../values.ts'

const eventNumber = queryInteger({ min: 0, max: Number.MAX_SAFE_INTEGER })

const filters = {
  family: eventFamily.optional(),
  project_id: projectId.optional(),
  goal_id: goalId.optional(),
  task_id: taskId.optional(),
}

export const eventQuery = z.strictObject({
  ...listQuery,
  ...pageQuery,
  ...filters,
  type: queryChoices(eventTypes).optional(),
  event_type: queryChoices(eventTypes).optional().describe('Another word for `type`.'),
  actor: text({ min: 1, max: limits.name_characters_max }).optional().describe('The id of who did it, or their kind.'),
  after: eventNumber.optional().describe('Only events with a higher number, lowest first.'),
  from: timestamp.optional(),
  to: timestamp.optional(),
  order: z.enum(['newest', 'oldest']).default('oldest'),
})
export const eventList = listOf(event).extend({
  sealed_to: count.describe('The number of the last sealed event; what is listed goes no further.'),
  unsealed: count.describe('Rows that no segment holds yet, so that they are not listed yet.'),
})

/** The cursor is the number of the last event seen; `Last-Event-ID` says the same and wins. Absent: from now on. */
export const eventStreamQuery = z.strictObject({ after: eventNumber.optional(), ...filters })

export const journalProblem = z.object({
  segment: count,
  event_number: count.optional(),
  problem: z.enum(['root', 'chain', 'signature', 'gap', 'leaf', 'missing', 'epoch', 'retired']),
  message: z.string(),
})

/** What a check of the chain found, and what such a check cannot see. */
export const journalVerified = z.object({
  valid: z.boolean(),
  segments: count,
  events: count,
  erased_payloads: count,
  unsealed: count.describe('Rows that no segment holds yet.'),
  retired_through: count.describe('The last event that was removed for its age (MUSTER_JOURNAL_DAYS); 0: none was.'),
  head: z
    .object({ segment: count, last_number: count, sha256, signature: z.string(), sealed_at: timestamp })
    .optional(),
  public_key: z.string().optional(),
  problems: z.array(journalProblem),
  cannot_see: z.array(z.string()),
})
export type JournalVerified = Data<z.output<typeof journalVerified>>
