import { z } from 'zod'
import { agentId, artifactId, goalId, projectId, runId, taskId } from '../ids.ts'
import { limits } from '../limits.ts'
import { listQuery } from '../lists.ts'
import {
  agentRef,
  count,
  type Data,
  json,
  jsonObject,
  microUsd,
  sha256,
  share,
  text,
  timestamp,
  version,
} from '../values.ts'
import { taskCounters, taskStatuses } from './tasks.ts'
import { violation } from './verdicts.ts'

export const runStatuses = ['live', 'finished', 'failed', 'lost', 'given_back', 'cancelled'] as const
export type RunStatus = (typeof runStatuses)[number]
export const runKinds = ['work', 'judge'] as const

/** Rises with each lease of a task; a write with an old one is refused. */
export const fencingToken = z.int().min(1)

/** Metered use. What is not known is absent, and then the hold is charged. */
export const usage = z.strictObject({ tokens: count.optional(), cost_micro_usd: microUsd.optional() })
export type Usage = Data<z.output<typeof usage>>

export const runError = z.strictObject({
  code: text({ min: 1, max: limits.key_characters_max }),
  message: text({ max_bytes: limits.reason_bytes_max }),
})
export type RunError = Data<z.output<typeof runError>>

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

/** What was wrong with an earlier try, or with what the task builds on, told to the next run. */
export const feedback = z.object({
  from: z
    .enum(['judge', 'person', 'commit', 'dependency'])
    .describe('`dependency`: one failed, and the task runs in spite of it.'),
  at: timestamp,
  text: z.string(),
  violations: z.array(violation),
})
export type Feedback = Data<z.output<typeof feedback>>

export const briefArtifact = z.object({
  artifact_id: artifactId,
  name: z.string(),
  media_type: z.string(),
  size_bytes: count,
  sha256,
})

/** Exactly what a run is told. */
export const brief = z.object({
  run_id: runId,
  task_id: taskId,
  goal_id: goalId.optional(),
  project_id: projectId,
  title: z.string(),
  capability: z.string(),
  input: json(),
  documents: z.array(
    z.object({
      document: z.string(),
      scope: z.enum(['project', 'agent']),
      version: version.describe('0: absent, and the value is null.'),
      value: json({ max_bytes: limits.document_bytes_max }),
    }),
  ),
  artifacts: z.array(briefArtifact),
  feedback: z.array(feedback),
  output_schema: jsonObject().optional(),
  deadline_at: timestamp,
})
export type Brief = Data<z.output<typeof brief>>

const capabilities = z.array(text({ min: 1, max: limits.name_characters_max })).max(limits.capabilities_max)

export const claimRequest = z.strictObject({
  agent_id: agentRef,
  capabilities: capabilities.optional().describe('Absent: all that the agent has.'),
  max: z.int().min(1).max(limits.claim_max).default(1),
  wait_ms: z.int().min(0).max(limits.long_poll_ms_max).default(0),
})
export type ClaimRequest = Data<z.output<typeof claimRequest>>

export const claimedRun = z.object({
  run_id: runId,
  task_id: taskId,
  token: fencingToken,
  expires_at: timestamp,
  brief,
})
export type ClaimedRun = Data<z.output<typeof claimedRun>>
export const claimed = z.object({ runs: z.array(claimedRun) })

export const logLevels = ['debug', 'info', 'warn', 'error'] as const
export const logLine = z.strictObject({
  at: timestamp,
  level: z.enum(logLevels),
  text: text({ max_bytes: limits.log_text_bytes_max }),
})
export type LogLine = Data<z.output<typeof logLine>>

export const heartbeatRequest = z.strictObject({
  runs: z
    .array(
      z.strictObject({
        run_id: runId,
        token: fencingToken,
        progress: share.optional(),
        log: z.array(logLine).max(limits.log_lines_max).optional(),
      }),
    )
    .min(1)
    .max(limits.heartbeat_runs_max),
})
export type HeartbeatRequest = Data<z.output<typeof heartbeatRequest>>

export const heartbeatOutcomes = ['ok', 'lease_lost', 'cancelled', 'stopped'] as const
export type HeartbeatOutcome = (typeof heartbeatOutcomes)[number]
export const heartbeatAnswer = z.object({
  runs: z.array(z.object({ run_id: runId, outcome: z.enum(heartbeatOutcomes), expires_at: timestamp.optional() })),
})

const held = { run_id: runId, token: fencingToken }

export const completeRequest = z.strictObject({
  ...held,
  output: json(),
  artifacts: z
    .array(z.strictObject({ artifact_id: artifactId, role: text({ min: 1, max: limits.name_characters_max }) }))
    .max(limits.run_artifacts_max)
    .optional(),
  confidence: share.optional(),
  usage: usage.optional(),
  effects: z.array(json()).optional().describe('Effects it proposes. Not available yet: anything here is refused.'),
})
export type CompleteRequest = Data<z.output<typeof completeRequest>>

export const failRequest = z.strictObject({ ...held, error: runError, retryable: z.boolean(), usage: usage.optional() })
export type FailRequest = Data<z.output<typeof failRequest>>

export const releaseRequest = z.strictObject({
  ...held,
  reason: text({ max_bytes: limits.reason_bytes_max }).default(''),
})
export type ReleaseRequest = Data<z.output<typeof releaseRequest>>

export const recorded = z.object({ run_id: runId, outcome: z.literal('recorded') })

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

/** One line of `/logs/{task_id}/stream`; its `id` in the stream is the cursor. */
export const taskLogLine = z.object({
  id: z.string(),
  run_id: runId,
  at: timestamp,
  level: z.enum(logLevels),
  text: z.string(),
})
export type TaskLogLine = Data<z.output<typeof taskLogLine>>

export const logStreamQuery = z.strictObject({ after: listQuery.cursor })
