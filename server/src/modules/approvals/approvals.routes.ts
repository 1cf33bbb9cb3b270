import {
  approveQueued,
  claimApproval,
  editQueued,
  getApproval,
  getHitlQueue,
  listApprovals,
  listProjectApprovals,
  rejectQueued,
  respondApproval,
  revokeApproval,
  snoozeApproval,
} from '@muster/contract/approvals/operations'
import { invalid } from '../../platform/errors.ts'
import { answer, type Route, route } from '../../platform/http/route.ts'
import type { Approvals } from './approvals.service.ts'

export function approvalsRoutes(approvals: Approvals): readonly Route[] {
  return [
    route(listApprovals, ({ caller, query }) => approvals.list(caller, query)),
    route(getApproval, ({ caller, params }) => approvals.get(caller, params.id)),
    route(respondApproval, async ({ caller, params, body }) => {
      const { responded } = await approvals.respond(caller, params.id, body)
      return answer(responded, { status: responded.status === 'applied' ? 200 : 202 })
    }),
    route(claimApproval, ({ caller, params, body }) => approvals.claim(caller, params.id, body)),
    route(snoozeApproval, ({ caller, params, body }) => approvals.snooze(caller, params.id, body)),
    route(revokeApproval, ({ caller, params }) => approvals.revoke(caller, params.id)),
    route(listProjectApprovals, ({ caller, params, query }) => approvals.ofProject(caller, params.id, query)),
    ...queueRoutes(approvals),
  ]
}

/** The review queue under the names of the earlier systems (docs/seeds.md): the same answers. */
function queueRoutes(approvals: Approvals): readonly Route[] {
  return [
    route(getHitlQueue, ({ caller, query }) => approvals.queue(caller, query)),
    route(approveQueued, async ({ caller, params, body: { notes } }) => {
      const request = { action: 'approve', revocable_ms: 0, ...(notes && { comment: notes }) } as const
      const { responded, applied } = await approvals.respond(caller, params.id, request)
      return {
        approval_id: params.id,
        approved: responded.status !== 'open',
        execution_released: responded.status === 'applied',
        ...(applied?.state_version !== undefined && { new_state_version: applied.state_version }),
      }
    }),
    route(rejectQueued, async ({ caller, params, body: { reason } }) => {
      if (reason.trim() === '') throw reasonMissing()
      const request = { action: 'reject', revocable_ms: 0, comment: reason } as const
      const { responded } = await approvals.respond(caller, params.id, request)
      return { rejection_id: params.id, rejected: true, workflow_terminated: responded.status === 'applied' }
    }),
    route(editQueued, async ({ caller, params, body: { edits } }) => {
      const { artifact, notes } = edits
      const request = {
        action: 'amend',
        revocable_ms: 0,
        content: artifact.content,
        ...(notes && { comment: notes }),
      } as const
      const { applied } = await approvals.respond(caller, params.id, request)
      return {
        edit_id: params.id,
        ...(applied?.artifact_id !== undefined && { edited_artifact_id: applied.artifact_id }),
        requires_revalidation: applied?.commit_id === undefined,
        ...(applied?.approval_id !== undefined && { new_review_id: applied.approval_id }),
        ...(applied?.state_version !== undefined && { new_state_version: applied.state_version }),
      }
    }),
  ]
}

const reasonMissing = () => invalid('reason', 'A reason is required to reject.')
