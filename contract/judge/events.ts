import { z } from 'zod'
import { verdictId } from '../ids.ts'
import { route } from '../worker/verdicts.ts'

/** Each type of event with the shape of its `data`. */
export const judgeEvents = {
  'task.judged': z
    .object({ verdict_id: verdictId, to: route.shape.to, row: route.shape.row })
    .partial()
    .describe('Nothing of a verdict that routes to a commit, which is found by the run.'),
  'task.conflicted': z.object({ moved: z.array(z.string()).describe('Documents.') }),
} as const
