import { z } from 'zod'
import { runId, taskId } from '../ids.ts'
import { platformLimits } from '../platform/limits.ts'
import { projectsLimits } from '../projects/limits.ts'
import { agentRef, type Data, text, timestamp } from '../values.ts'
import { brief } from './briefs.ts'
import { workerLimits } from './limits.ts'
import { fencingToken } from './runs.ts'

const capabilities = z
  .array(text({ min: 1, max: platformLimits.name_characters_max }))
  .max(projectsLimits.capabilities_max)

/** What a claimer can do, and how many runs it takes. */
export const claimRequest = z.strictObject({
  agent_id: agentRef,
  capabilities: capabilities.optional().describe('Absent: all that the agent has.'),
  max: z.int().min(1).max(workerLimits.claim_max).default(1),
  wait_ms: z.int().min(0).max(workerLimits.long_poll_ms_max).default(0),
})
export type ClaimRequest = Data<z.output<typeof claimRequest>>

/** A run that was claimed, with its lease and its brief. */
export const claimedRun = z.object({
  run_id: runId,
  task_id: taskId,
  token: fencingToken,
  expires_at: timestamp,
  brief,
  model_key: z
    .string()
    .optional()
    .describe(
      'A key for calls of models at /v1 while the run lives and the key that claimed it is in force, charged to its agent, goal and project. Absent where that key may not call models.',
    ),
})
export type ClaimedRun = Data<z.output<typeof claimedRun>>
/** The runs that a claim gave; none where nothing is ready. */
export const claimed = z.object({ runs: z.array(claimedRun) })
