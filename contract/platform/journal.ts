import { z } from 'zod'
import { count, type Data, sha256, timestamp } from '../values.ts'

/** Something that a check of the journal found wrong. */
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
