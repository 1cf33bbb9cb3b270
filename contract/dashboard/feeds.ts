import { z } from 'zod'
import { event, eventTypes, feedFilter } from '../events.ts'
import { goalId, projectId, taskId } from '../ids.ts'
import { listOf, listQuery, pageQuery, queryChoices, queryInteger } from '../lists.ts'
import { platformLimits } from '../platform/limits.ts'
import { count, text, timestamp } from '../values.ts'

const eventNumber = queryInteger({ min: 0, max: Number.MAX_SAFE_INTEGER })

const filters = {
  family: feedFilter.optional(),
  project_id: projectId.optional(),
  goal_id: goalId.optional(),
  task_id: taskId.optional(),
}

/** Which events of the journal are listed. */
export const eventQuery = z.strictObject({
  ...listQuery,
  ...pageQuery,
  ...filters,
  type: queryChoices(eventTypes).optional(),
  event_type: queryChoices(eventTypes).optional().describe('Another word for `type`.'),
  actor: text({ min: 1, max: platformLimits.name_characters_max })
    .optional()
    .describe('The id of who did it, or their kind.'),
  after: eventNumber.optional().describe('Only events with a higher number, lowest first.'),
  from: timestamp.optional(),
  to: timestamp.optional(),
  order: z.enum(['newest', 'oldest']).default('oldest'),
})
/** A page of events of the journal. */
export const eventList = listOf(event).extend({
  sealed_to: count.describe('The number of the last sealed event; what is listed goes no further.'),
  unsealed: count.describe('Rows that no segment holds yet, so that they are not listed yet.'),
})

/**
 * The notice at the beginning of a feed whose cursor leads nowhere any more (the database came from a backup, events were
 * removed after the days that they are kept, the ID is no number). What the reader has read before may be out of date;
 * the feed goes on after `cursor`. As a server-sent event it is named `reset`, over a WebSocket its `type` is `reset`.
 */
export const feedReset = z.object({
  type: z.literal('reset'),
  reason: z
    .enum(['ahead', 'removed', 'unknown'])
    .describe('The cursor lies ahead of the journal, behind events that were removed, or is none.'),
  after: text({ min: 1, max: platformLimits.name_characters_max }).describe('The cursor that was given.'),
  cursor: count.describe('The number after which the feed goes on; 0 for the beginning.'),
})
export type FeedReset = z.output<typeof feedReset>

/** The cursor is the number of the last event seen; `Last-Event-ID` says the same and wins. Absent: from now on. */
export const eventStreamQuery = z.strictObject({ after: eventNumber.optional(), ...filters })
