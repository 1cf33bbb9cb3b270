import { z } from 'zod'
import { commitId } from '../ids.ts'
import { sha256, version } from '../values.ts'
import { documentScopes } from './documents.ts'

const written = z.object({
  document: z.string(),
  scope: z.enum(documentScopes).optional(),
  scope_id: z.string().optional(),
  version,
})

/** Each type of event with the shape of its `data`. */
export const stateEvents = {
  'state.committed': z.object({
    commit_id: commitId.optional().describe('Absent for the result of a run, whose commit is found by the run.'),
    documents: z.array(z.union([z.string(), written])).optional(),
    commit_hash: sha256.optional(),
  }),
} as const
