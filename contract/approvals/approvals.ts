import { z } from 'zod'
import { agentId, answerId, approvalId, commitId, goalId, projectId, runId, taskId } from '../ids.ts'
import { listOf, listQuery, pageQuery, queryChoices, sortOrder } from '../lists.ts'
import { actor } from '../platform/actors.ts'
import { platformLimits } from '../platform/limits.ts'
import { projectsLimits } from '../projects/limits.ts'
import { readEntry } from '../state/documents.ts'
import { stateLimits } from '../state/limits.ts'
import { type Data, json, sha256, share, text, timestamp, version } from '../values.ts'
import { approvalsLimits } from './limits.ts'

/** From open to decided and applied; or expired, or withdrawn. */
export const approvalStatuses = ['open', 'decided', 'applied', 'expired', 'withdrawn'] as const
export type ApprovalStatus = (typeof approvalStatuses)[number]

/**
 * The answers that exist. `approve`, `reject`, `amend` go to results and plans, `answer` and `reject` to the question of a
 * run; the others to a failed dependency.
 */
export const answerActions = ['approve', 'reject', 'amend', 'answer', 'retry', 'skip', 'continue', 'fail'] as const
export type AnswerAction = (typeof answerActions)[number]
/** One of the answers that exist. */
export const answerAction = z.enum(answerActions)

/** How grave a wrong answer would be. */
export const risks = ['low', 'medium', 'high'] as const

/** The answer of one person to an approval. */
export const answer = z.object({
  id: answerId,
  by: actor,
  action: answerAction,
  comment: z.string().optional(),
  content: json({ max_bytes: stateLimits.document_bytes_max }).optional(),
  at: timestamp,
  effective_at: timestamp,
  revoked_at: timestamp.optional(),
})
export type Answer = Data<z.output<typeof answer>>

/** A question put to a person, and what was answered. */
export const approval = z.object({
  id: approvalId,
  subject_kind: z.string().describe('What is asked about: `result`, `task`, `dependency`, `plan`, `question`.'),
  subject_id: z.string(),
  project_id: projectId,
  goal_id: goalId.optional(),
  task_id: taskId.optional(),
  run_id: runId.optional(),
  question: z.string(),
  options: z.array(answerAction),
  proposed: json({ max_bytes: stateLimits.document_bytes_max }).describe('What would be accepted, as it was shown.'),
  artifact_sha256: sha256.optional(),
  policy_version: z.int().min(1),
  read_set: z.array(readEntry),
  rule: z.string().describe('Why a person is asked, such as `sensitive_topic:health_advice`.'),
  tags: z.array(z.string()),
  risk: z.enum(risks),
  confidence: share.optional(),
  quorum: z.int().min(1),
  status: z.enum(approvalStatuses),
  reason: z.string().optional().describe('Why it was withdrawn.'),
  claimed_by: actor.optional(),
  claimed_until: timestamp.optional(),
  snoozed_until: timestamp.optional(),
  due_at: timestamp,
  effective_at: timestamp.optional(),
  created_at: timestamp,
  answers: z.array(answer),
})
export type Approval = Data<z.output<typeof approval>>

/** What a list of approvals can be narrowed to. */
export const approvalFilters = ['all', 'sensitive', 'low_confidence', 'financial'] as const
export type ApprovalFilterName = (typeof approvalFilters)[number]
/** What a list of approvals can be sorted by. */
export const approvalSorts = ['due', 'risk', 'age'] as const
export type ApprovalSort = (typeof approvalSorts)[number]

/** Which approvals are listed, in which order. */
export const approvalQuery = z.strictObject({
  ...listQuery,
  ...pageQuery,
  status: queryChoices(approvalStatuses).optional().describe('Absent: open, which is what waits for a decision.'),
  filter: z.enum(approvalFilters).default('all'),
  snoozed: z
    .enum(['include', 'exclude', 'only'])
    .default('exclude')
    .describe('What is open and put aside for a while: it does not wait for a decision now.'),
  sort: z.enum(approvalSorts).default('due'),
  order: sortOrder
    .optional()
    .describe('Absent: what presses most comes first, which is the soonest due, the highest risk, the oldest.'),
  project_id: projectId.optional(),
  goal_id: goalId.optional(),
  task_id: taskId.optional(),
  risk: z.enum(risks).optional(),
})
/** The same within one project. */
export const projectApprovalQuery = approvalQuery.omit({ project_id: true })

/** A question in a list, with what it is about in words. */
export const approvalItem = approval.extend({
  agent_id: agentId.optional().describe('Whose result it is, where an agent made it.'),
  task_title: z.string().optional(),
  goal_title: z.string().optional(),
})
export type ApprovalItem = Data<z.output<typeof approvalItem>>
/** A page of approvals. */
export const approvalList = listOf(approvalItem)

/** A comment of a person on an approval. */
export const comment = text({ max_bytes: platformLimits.comment_bytes_max })

const says: ReadonlySet<string> = new Set(['amend', 'answer'])

/** The answer that is given to an approval. */
export const respondRequest = z
  .strictObject({
    action: answerAction,
    content: json().optional().describe('For `amend`: the result as it should be. For `answer`: the answer.'),
    comment: comment.optional().describe('Required to reject, and to amend or answer without content.'),
    revocable_ms: z.int().min(0).max(approvalsLimits.approval_revocable_ms_max).default(0),
  })
  .refine((body) => body.action !== 'reject' || (body.comment ?? '').trim() !== '', {
    error: 'is required to reject',
    path: ['comment'],
  })
  .refine((body) => !says.has(body.action) || body.content !== undefined || (body.comment ?? '').trim() !== '', {
    error: 'content or comment is required to amend and to answer',
    path: ['content'],
  })
export type RespondRequest = Data<z.output<typeof respondRequest>>

/** What an answer made, where it wrote something. */
export const applied = z.object({ commit_id: commitId.optional(), state_version: version.optional() })

/** `applied` at once, or `decided` until `effective_at` or until the quorum is there. */
export const responded = z.object({
  request_id: approvalId,
  action: answerAction,
  status: z.enum(['decided', 'applied', 'open']).describe('`open`: counted, and more people have to answer.'),
  applied: applied.optional(),
  effective_at: timestamp.optional(),
  answers_missing: z.int().min(0).optional(),
})
export type Responded = Data<z.output<typeof responded>>

/** For how long a reviewer takes an approval, so that others leave it alone. */
export const reviewerClaim = z.strictObject({
  for_ms: z.int().min(0).max(projectsLimits.approval_claim_ms_max).optional().describe('0 gives the claim back.'),
})

/** Until when an approval is out of sight. */
export const snoozeRequest = z
  .strictObject({
    for_ms: z.int().min(0).max(approvalsLimits.approval_snooze_ms_max).optional().describe('0 wakes it.'),
    until: timestamp.optional(),
  })
  .refine((body) => (body.for_ms === undefined) !== (body.until === undefined), {
    error: 'must have either for_ms or until',
    path: ['for_ms'],
  })
