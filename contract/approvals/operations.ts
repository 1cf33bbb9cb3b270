import { z } from 'zod'
import { approvalId, projectId } from '../ids.ts'
import { operation } from '../operation.ts'
import { platformLimits } from '../platform/limits.ts'
import {
  approval,
  approvalList,
  approvalQuery,
  projectApprovalQuery,
  responded,
  respondRequest,
  reviewerClaim,
  snoozeRequest,
} from './approvals.ts'
import {
  hitlQueue,
  hitlQueueQuery,
  queueApprove,
  queueApproved,
  queueEdit,
  queueEdited,
  queueReject,
  queueRejected,
} from './review-queue.ts'

const params = z.strictObject({ id: approvalId })

export const listApprovals = operation({
  id: 'approvals.list',
  method: 'GET',
  path: '/api/v1/hitl',
  permission: 'approvals:read',
  audit: false,
  summary: 'Lists what waits for a decision, the soonest due first; other statuses on request.',
  query: approvalQuery,
  response: approvalList,
})

export const getApproval = operation({
  id: 'approvals.get',
  method: 'GET',
  path: '/api/v1/hitl/{id}',
  permission: 'approvals:read',
  audit: false,
  summary: 'Gives one approval: what is asked, what would be accepted, and the answers so far.',
  params,
  response: approval,
})

export const respondApproval = operation({
  id: 'approvals.respond',
  method: 'POST',
  path: '/api/v1/hitl/{id}/respond',
  permission: 'approvals:decide',
  audit: true,
  summary: 'Answers an approval. 200: applied in this transaction. 202: decided, and applied at `effective_at`.',
  params,
  body: respondRequest,
  response: responded,
  other_statuses: [202],
})

export const claimApproval = operation({
  id: 'approvals.claim',
  method: 'POST',
  path: '/api/v1/hitl/{id}/claim',
  permission: 'approvals:write',
  audit: true,
  summary: 'Marks an approval as looked at by the caller for a while. It does not keep others from answering.',
  params,
  body: reviewerClaim,
  response: approval,
})

export const snoozeApproval = operation({
  id: 'approvals.snooze',
  method: 'POST',
  path: '/api/v1/hitl/{id}/snooze',
  permission: 'approvals:write',
  audit: true,
  summary: 'Puts an approval aside for a while. Its due time stays.',
  params,
  body: snoozeRequest,
  response: approval,
})

export const revokeApproval = operation({
  id: 'approvals.revoke',
  method: 'POST',
  path: '/api/v1/hitl/{id}/revoke',
  permission: 'approvals:decide',
  audit: true,
  summary: 'Takes the caller’s answer back before it is effective.',
  params,
  response: approval,
})

export const listProjectApprovals = operation({
  id: 'approvals.project',
  method: 'GET',
  path: '/api/v1/hitl/project/{id}/requests',
  permission: 'approvals:read',
  audit: false,
  summary: 'Lists the approvals of one project.',
  params: z.strictObject({ id: projectId }),
  query: projectApprovalQuery,
  response: approvalList,
})

export const getHitlQueue = operation({
  id: 'approvals.queue',
  method: 'GET',
  path: '/api/v1/dashboard/hitl-queue',
  permission: 'approvals:read',
  audit: false,
  summary: 'Gives the review queue, oldest first, with the names of the earlier systems.',
  query: hitlQueueQuery,
  response: hitlQueue,
})

export const approveQueued = operation({
  id: 'approvals.queue.approve',
  method: 'POST',
  path: '/api/v1/dashboard/hitl-queue/{id}/approve',
  permission: 'approvals:decide',
  audit: true,
  summary: 'Approves an item of the review queue.',
  params,
  body: queueApprove,
  response: queueApproved,
})

export const rejectQueued = operation({
  id: 'approvals.queue.reject',
  method: 'POST',
  path: '/api/v1/dashboard/hitl-queue/{id}/reject',
  permission: 'approvals:decide',
  audit: true,
  summary: 'Rejects an item of the review queue.',
  params,
  body: queueReject,
  response: queueRejected,
})

export const editQueued = operation({
  id: 'approvals.queue.edit',
  method: 'POST',
  path: '/api/v1/dashboard/hitl-queue/{id}/edit',
  permission: 'approvals:decide',
  limits: { body_bytes: platformLimits.body_bytes_max },
  audit: true,
  summary: 'Amends an item of the review queue; the new version is judged again.',
  params,
  body: queueEdit,
  response: queueEdited,
})

/** The operations of approvals. */
export const approvalsOperations = [
  listApprovals,
  getApproval,
  respondApproval,
  claimApproval,
  snoozeApproval,
  revokeApproval,
  listProjectApprovals,
  getHitlQueue,
  approveQueued,
  rejectQueued,
  editQueued,
]
