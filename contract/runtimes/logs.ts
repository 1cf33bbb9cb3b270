import { z } from 'zod'
import { runId } from '../ids.ts'
import { listQuery } from '../lists.ts'
import { type Data, text, timestamp } from '../values.ts'
import { runtimesLimits } from './limits.ts'

/** The levels of log lines of runs. */
export const logLevels = ['debug', 'info', 'warn', 'error'] as const
/** One line of the log of a run. */
export const logLine = z.strictObject({
  at: timestamp,
  level: z.enum(logLevels),
  text: text({ max_bytes: runtimesLimits.log_text_bytes_max }),
})
export type LogLine = Data<z.output<typeof logLine>>

/** One line of `/logs/{task_id}/stream`; its `id` in the stream is the cursor. */
export const taskLogLine = z.object({
  id: z.string(),
  run_id: runId,
  at: timestamp,
  level: z.enum(logLevels),
  text: z.string(),
})
export type TaskLogLine = Data<z.output<typeof taskLogLine>>

/** After which line a log is followed. */
export const logStreamQuery = z.strictObject({ after: listQuery.cursor })
