import { z } from 'zod'
import { runId } from '../ids.ts'
import { logLine } from '../runtimes/logs.ts'
import { type Data, share, timestamp } from '../values.ts'
import { workerLimits } from './limits.ts'
import { fencingToken } from './runs.ts'

/** Signs of life for leases, with progress and log lines. */
export const heartbeatRequest = z.strictObject({
  runs: z
    .array(
      z.strictObject({
        run_id: runId,
        token: fencingToken,
        progress: share.optional(),
        log: z.array(logLine).max(workerLimits.log_lines_max).optional(),
      }),
    )
    .min(1)
    .max(workerLimits.heartbeat_runs_max),
})
export type HeartbeatRequest = Data<z.output<typeof heartbeatRequest>>

/** What a claimer learns of a run by its heartbeat; all but `ok` end the work on it. */
export const heartbeatOutcomes = ['ok', 'lease_lost', 'cancelled', 'stopped'] as const
export type HeartbeatOutcome = (typeof heartbeatOutcomes)[number]
/** What became of each run of a heartbeat. */
export const heartbeatAnswer = z.object({
  runs: z.array(z.object({ run_id: runId, outcome: z.enum(heartbeatOutcomes), expires_at: timestamp.optional() })),
})
