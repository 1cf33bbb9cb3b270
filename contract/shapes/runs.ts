import { z } from 'zod'
import { eventType } from '../events.ts'
import { agentId, approvalId, artifactId, commitId, goalId, projectId, runId, taskId } from '../ids.ts'
import { limits } from '../limits.ts'
import { listOf, listQuery, queryChoices } from '../lists.ts'
import {
  agentRef,
  amount,
  count,
  type Data,
  int4,
  json,
  jsonObject,
  sha256,
  share,
  text,
  timestamp,
  version,
} from '../values.ts'
import { actor } from './actors.ts'
import { difference } from './documents.ts'
import { taskCounters, taskStatuses } from './tasks.ts'
import { verdict, violation } from './verdicts.ts'

export const runStatuses = ['live', 'finished', 'failed', 'lost', 'given_back', 'cancelled'] as const
export type RunStatus = (typeof runStatuses)[number]
export const runKinds = ['work', 'judge'] as const

/** Rises with each lease of a task; a write with an old one is refused. */
export const fencingToken = int4({ min: 1 })

/** Metered use. What is not known is absent, and then the hold is charged. */
export const usage = z.strictObject({ tokens: amount.optional(), cost_micro_usd: amount.optional() })
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

/** A run in a list, with what it is a try at. */
export const runItem = run.extend({
  title: z.string().describe('Of its task.'),
  goal_id: goalId.optional(),
  project_id: projectId,
  capability: z.string(),
})
export type RunItem = Data<z.output<typeof runItem>>

export const runQuery = z.strictObject({
  ...listQuery,
  task_id: taskId.optional(),
  goal_id: goalId.optional(),
  agent_id: agentRef.optional(),
  project_id: projectId.optional(),
  status: queryChoices(runStatuses).optional(),
})
export const taskRunQuery = z.strictObject(listQuery)
export const runList = listOf(runItem)

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

/** What an earlier run of the task asked a person, and left to the run that goes on. */
export const asking = z.object({
  question: z.string(),
  answer: json().describe('As it was given: a text, or the content that somebody entered.'),
  checkpoint: json({ max_bytes: limits.checkpoint_bytes_max }),
})
export type PersonQuestion = Data<z.output<typeof asking>>

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
  asked: asking.optional(),
  deadline_at: timestamp,
})
export type Brief = Data<z.output<typeof brief>>

/**
 * The brief of a run, shown afterwards. Stored are the versions of the documents that were handed out, their values, and
 * the feedback with its times. Derived are the input, whose references are resolved again (outputs of tasks never change),
 * and the artifacts, which are those that the input names. `complete` is false where something of it is gone.
 */
export const runBrief = brief.omit({ documents: true, deadline_at: true }).extend({
  documents: z.array(
    z.object({
      document: z.string(),
      scope: z.enum(['project', 'agent']),
      agent_id: agentId.optional(),
      version: version.describe('0: absent.'),
      may_move: z.boolean().optional(),
      value: json({ max_bytes: limits.document_bytes_max })
        .optional()
        .describe('As that version has it; absent for version 0, and where the key lacks `state:read`.'),
    }),
  ),
  deadline_at: timestamp.optional().describe('Of a live run.'),
  complete: z.boolean(),
})
export type RunBrief = Data<z.output<typeof runBrief>>

/** A commit of the task that was refused since what it had read moved. */
export const runConflict = z.object({
  conflict_id: z.uuid(),
  run_id: runId.optional(),
  at: timestamp,
  moved: z.array(
    z.object({
      document: z.string(),
      scope: z.enum(['project', 'agent']),
      agent_id: agentId.optional(),
      read_version: version.describe('0: it was absent.'),
      version: version.describe('What stood there instead.'),
      changes: z
        .array(difference)
        .optional()
        .describe('Between the two; absent where a version is gone, and where the key lacks `state:read`.'),
      truncated: z.boolean().optional().describe('Whether there were more changes than are shown.'),
    }),
  ),
})
export type RunConflict = Data<z.output<typeof runConflict>>

export const timelineEntry = z.object({
  at: timestamp,
  event: eventType,
  number: z.int().min(1).optional().describe('In the journal, where it is sealed and was found at once.'),
  actor: actor.optional(),
  run_id: runId.optional(),
  approval_id: approvalId.optional(),
})
export type TimelineEntry = Data<z.output<typeof timelineEntry>>

/** Everything about one try: what it was told, what it said, what was found about that, what people and the state made of it. */
export const runDetail = runItem.extend({
  brief: runBrief,
  output: json().optional().describe('As it was reported, or as a person amended it.'),
  output_sha256: sha256.optional(),
  verdicts: z.array(verdict).describe('Oldest first.'),
  approvals: z.array(approvalId).describe('Questions about this run, oldest first.'),
  commit: z
    .object({
      commit_id: commitId,
      documents: z.array(
        z.object({
          document: z.string(),
          scope: z.enum(['project', 'agent']),
          agent_id: agentId.optional(),
          from_version: version,
          to_version: version,
        }),
      ),
      at: timestamp,
    })
    .optional(),
  conflicts: z.array(runConflict).describe('Of its task, oldest first.'),
  timeline: z.array(timelineEntry).describe('Of its task, oldest first, as far as this run.'),
})
export type RunDetail = Data<z.output<typeof runDetail>>

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
  model_key: z
    .string()
    .optional()
    .describe(
      'A key for calls of models at /v1 while the run lives and the key that claimed it is in force, charged to its agent, goal and project. Absent where that key may not call models.',
    ),
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

/** A question that a run cannot go on without: its lease is given back, and another run goes on with the answer. */
export const askRequest = z.strictObject({
  ...held,
  question: text({ min: 1, max_bytes: limits.reason_bytes_max }),
  options: z
    .array(text({ min: 1, max: limits.name_characters_max }))
    .max(limits.questions_max)
    .optional()
    .describe('Answers to choose from; anything else may be answered too.'),
  checkpoint: json({ max_bytes: limits.checkpoint_bytes_max })
    .optional()
    .describe('Given to the run that goes on, as it is.'),
  usage: usage.optional(),
})
export type AskRequest = Data<z.output<typeof askRequest>>

export const asked = z.object({ run_id: runId, outcome: z.literal('recorded'), approval_id: approvalId })

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
