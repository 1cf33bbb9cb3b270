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

export const hitlQueue = z.object({
  items: z.array(hitlQueueItem),
  total_count: z.int().min(0),
  has_more: z.boolean(),
  next_cursor: z.string().optional(),
})

const reviewerId = text({ max: platformLimits.name_characters_max })
  .optional()
  .describe('Taken, and not believed: the answer is recorded for the caller.')

export const queueApprove = z.strictObject({ reviewer_id: reviewerId, notes: comment.optional() })
export const queueApproved = z.object({
  approval_id: approvalId,
  approved: z.boolean(),
  execution_released: z.boolean(),
  new_state_version: version.optional(),
})

export const queueReject = z.strictObject({ reviewer_id: reviewerId, reason: comment.min(1) })
export const queueRejected = z.object({
  rejection_id: approvalId,
  rejected: z.boolean(),
  workflow_terminated: z.boolean(),
})

export const queueEdit = z.strictObject({
  reviewer_id: reviewerId,
  edits: z.strictObject({
    artifact: z.strictObject({ type: text({ max: platformLimits.name_characters_max }).optional(), content: json() }),
    notes: comment.optional(),
  }),
})
export const queueEdited = z.object({
  edit_id: approvalId,
  edited_artifact_id: artifactId.optional(),
  requires_revalidation: z.boolean(),
  new_review_id: approvalId.optional(),
  new_state_version: version.optional(),
})
