import { z } from 'zod'
import { agentId, approvalId, artifactId, goalId, projectId, runId, taskId } from '../ids.ts'
import { listQuery, pageQuery } from '../lists.ts'
import { platformLimits } from '../platform/limits.ts'
import { stateLimits } from '../state/limits.ts'
import { type Data, json, share, text, timestamp, version } from '../values.ts'
import { approvalFilters, comment } from './approvals.ts'

/** The dashboard's queue, with the names of the earlier systems. */
export const hitlQueueQuery = z.strictObject({
  filter: z.enum(approvalFilters).default('all'),
  ...listQuery,
  ...pageQuery,
})

/** An approval as the HITL queue shows it, with what is decided about. */
export const hitlQueueItem = z.object({
  review_id: approvalId,
  result_id: runId.optional(),
  agent_id: agentId.optional(),
  project_id: projectId,
  goal_id: goalId.optional(),
  task_id: taskId.optional(),
  artifact: z.object({
    type: z.string(),
    content: json({ max_bytes: stateLimits.document_bytes_max }),
    preview_url: z.string().optional(),
  }),
  confidence_score: share.optional(),
  risk_tags: z.array(z.string()),
  judge_reasoning: z.string(),
  created_at: timestamp,
  pending_since: timestamp,
  due_at: timestamp,
})
export type HitlQueueItem = Data<z.output<typeof hitlQueueItem>>

/** A page of the HITL queue. */
export const hitlQueue = z.object({
  items: z.array(hitlQueueItem),
  total_count: z.int().min(0),
  has_more: z.boolean(),
  next_cursor: z.string().optional(),
})

const reviewerId = text({ max: platformLimits.name_characters_max })
  .optional()
  .describe('Taken, and not believed: the answer is recorded for the caller.')

/** Approves an item of the HITL queue. */
export const queueApprove = z.strictObject({ reviewer_id: reviewerId, notes: comment.optional() })
/** What an approval of the queue came to. */
export const queueApproved = z.object({
  approval_id: approvalId,
  approved: z.boolean(),
  execution_released: z.boolean(),
  new_state_version: version.optional(),
})

/** Rejects an item of the HITL queue; the reason is required. */
export const queueReject = z.strictObject({ reviewer_id: reviewerId, reason: comment.min(1) })
/** What a rejection in the queue came to. */
export const queueRejected = z.object({
  rejection_id: approvalId,
  rejected: z.boolean(),
  workflow_terminated: z.boolean(),
})

/** Replaces the content of an item of the HITL queue by a version of the person’s own. */
export const queueEdit = z.strictObject({
  reviewer_id: reviewerId,
  edits: z.strictObject({
    artifact: z.strictObject({ type: text({ max: platformLimits.name_characters_max }).optional(), content: json() }),
    notes: comment.optional(),
  }),
})
/** What an edit in the queue came to: the new artifact, and the new review where it is judged again. */
export const queueEdited = z.object({
  edit_id: approvalId,
  edited_artifact_id: artifactId.optional(),
  requires_revalidation: z.boolean(),
  new_review_id: approvalId.optional(),
  new_state_version: version.optional(),
})
