import { z } from 'zod'
import { commitId, verdictId } from '../ids.ts'
import { version } from '../values.ts'

/** The verdict whose result is committed. */
export const commitRequest = z.strictObject({ verdict_id: verdictId })

/** What a commit wrote. */
export const committed = z.object({
  commit_id: commitId,
  committed: z.literal(true),
  documents: z.array(z.object({ document: z.string(), scope: z.enum(['project', 'agent']), version })),
  new_state_version: version.optional().describe('Of the highest document, where something was written.'),
})
