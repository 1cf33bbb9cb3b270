import { z } from 'zod'
import { eventType } from '../events.ts'
import { agentId, approvalId, commitId, runId } from '../ids.ts'
import { actor } from '../platform/actors.ts'
import { difference } from '../state/documents.ts'
import { type Data, json, sha256, timestamp, version } from '../values.ts'
import { runBrief } from './briefs.ts'
import { runItem } from './runs.ts'
import { verdict } from './verdicts.ts'

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

/** One thing that happened to a run. */
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
