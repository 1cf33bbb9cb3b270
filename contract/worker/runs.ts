import { z } from 'zod'
import { agentId, artifactId, goalId, projectId, runId, taskId } from '../ids.ts'
import { listOf, listQuery, queryChoices } from '../lists.ts'
import { taskCounters, taskStatuses } from '../planner/tasks/tasks.ts'
import { platformLimits } from '../platform/limits.ts'
import { agentRef, amount, type Data, int4, share, text, timestamp } from '../values.ts'

/** The statuses of a run; all but `live` are ends. */
export const runStatuses = ['live', 'finished', 'failed', 'lost', 'given_back', 'cancelled'] as const
export type RunStatus = (typeof runStatuses)[number]
/** What a run is for: work on a task, or scoring by a model. */
export const runKinds = ['work', 'judge'] as const

/** Rises with each lease of a task; a write with an old one is refused. */
export const fencingToken = int4({ min: 1 })

/** Metered use. What is not known is absent, and then the hold is charged. */
export const usage = z.strictObject({ tokens: amount.optional(), cost_micro_usd: amount.optional() })
export type Usage = Data<z.output<typeof usage>>

/** Why a run failed. */
export const runError = z.strictObject({
  code: text({ min: 1, max: platformLimits.key_characters_max }),
  message: text({ max_bytes: platformLimits.reason_bytes_max }),
})
export type RunError = Data<z.output<typeof runError>>

/** A run as the API shows it. */
export const run = z.object({
  id: runId,
  task_id: taskId,
  agent_id: agentId.optional(),
  kind: z.enum(runKinds),
  status: z.enum(runStatuses),
  token: fencingToken,
  progress: share.optional(),
  confidence: share.optional().describe('As the agent sees it; recorded, and never raises the verdict.'),
  error: runError.optional(),
  usage: usage.optional(),
  artifacts: z.array(z.object({ artifact_id: artifactId, role: z.string() })),
  started_at: timestamp,
  expires_at: timestamp.optional(),
  ended_at: timestamp.optional(),
})
export type Run = Data<z.output<typeof run>>

/** A run in a list, with what it is a try at. */
export const runItem = run.extend({
  title: z.string().describe('Of its task.'),
  goal_id: goalId.optional(),
  project_id: projectId,
  capability: z.string(),
})
export type RunItem = Data<z.output<typeof runItem>>

/** Which runs are listed. */
export const runQuery = z.strictObject({
  ...listQuery,
  task_id: taskId.optional(),
  goal_id: goalId.optional(),
  agent_id: agentRef.optional(),
  project_id: projectId.optional(),
  status: queryChoices(runStatuses).optional(),
})
/** A page of the runs of a task. */
export const taskRunQuery = z.strictObject(listQuery)
/** A page of runs. */
export const runList = listOf(runItem)

/** What `/worker/task/{id}/status` gives. */
export const workerTaskStatus = z.object({
  task_id: taskId,
  status: z.enum(taskStatuses),
  result_id: runId.optional().describe('The run whose result is recorded.'),
  error: runError.optional(),
  counters: taskCounters,
  runs: z.array(run).describe('Newest first.'),
})
export type WorkerTaskStatus = Data<z.output<typeof workerTaskStatus>>
