import { z } from 'zod'
import { approvalId, artifactId, runId } from '../ids.ts'
import { platformLimits } from '../platform/limits.ts'
import { runtimesLimits } from '../runtimes/limits.ts'
import { type Data, json, share, text } from '../values.ts'
import { fencingToken, runError, usage } from './runs.ts'

const held = { run_id: runId, token: fencingToken }

/** The result of a run, to be judged. */
export const completeRequest = z.strictObject({
  ...held,
  output: json(),
  artifacts: z
    .array(z.strictObject({ artifact_id: artifactId, role: text({ min: 1, max: platformLimits.name_characters_max }) }))
    .max(runtimesLimits.run_artifacts_max)
    .optional(),
  confidence: share.optional(),
  usage: usage.optional(),
  effects: z.array(json()).optional().describe('Effects it proposes. Not available yet: anything here is refused.'),
})
export type CompleteRequest = Data<z.output<typeof completeRequest>>

/** That a run failed, and whether another try may help. */
export const failRequest = z.strictObject({ ...held, error: runError, retryable: z.boolean(), usage: usage.optional() })
export type FailRequest = Data<z.output<typeof failRequest>>

/** Gives a run back that nobody works on. */
export const releaseRequest = z.strictObject({
  ...held,
  reason: text({ max_bytes: platformLimits.reason_bytes_max }).default(''),
})
export type ReleaseRequest = Data<z.output<typeof releaseRequest>>

/** A question that a run cannot go on without: its lease is given back, and another run goes on with the answer. */
export const askRequest = z.strictObject({
  ...held,
  question: text({ min: 1, max_bytes: platformLimits.reason_bytes_max }),
  options: z
    .array(text({ min: 1, max: platformLimits.name_characters_max }))
    .max(runtimesLimits.questions_max)
    .optional()
    .describe('Answers to choose from; anything else may be answered too.'),
  checkpoint: json({ max_bytes: runtimesLimits.checkpoint_bytes_max })
    .optional()
    .describe('Given to the run that goes on, as it is.'),
  usage: usage.optional(),
})
export type AskRequest = Data<z.output<typeof askRequest>>

/** That the question was recorded and the lease given back. */
export const asked = z.object({ run_id: runId, outcome: z.literal('recorded'), approval_id: approvalId })

/** That the report was recorded. */
export const recorded = z.object({ run_id: runId, outcome: z.literal('recorded') })
