import { z } from 'zod'
import { agentId, artifactId, goalId, projectId, runId, taskId } from '../ids.ts'
import { asking } from '../runtimes/questions.ts'
import { stateLimits } from '../state/limits.ts'
import { count, type Data, json, jsonObject, sha256, timestamp, version } from '../values.ts'
import { violation } from './verdicts.ts'

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

/** An artifact that a run is given. */
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
      value: json({ max_bytes: stateLimits.document_bytes_max }),
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
      value: json({ max_bytes: stateLimits.document_bytes_max })
        .optional()
        .describe('As that version has it; absent for version 0, and where the key lacks `state:read`.'),
    }),
  ),
  deadline_at: timestamp.optional().describe('Of a live run.'),
  complete: z.boolean(),
})
export type RunBrief = Data<z.output<typeof runBrief>>
