import type { Caller } from '../../../platform/caller.ts'
import type { Tx } from '../../../platform/db/db.ts'
import { invariant, notFound } from '../../../platform/errors.ts'
import { outcomeOf } from '../approvals.rules.ts'
import { approvalsStore } from '../approvals.store.ts'
import type { LockedApproval } from '../approvals.types.ts'
import { type ApprovalsDeps, alreadyDecided, recordApproval, refOf } from './settle-approval.ts'

/** Revokes the caller's answer. A decided approval is open again. */
export async function revoke(
  deps: ApprovalsDeps,
  tx: Tx,
  { caller, id }: { readonly caller: Caller; readonly id: string },
): Promise<void> {
  const ref = refOf(caller, id)
  const row = await approvalsStore.find(tx, ref)
  if (!row) throw notFound('approval', id)
  const lockedApproval = await approvalsStore.lock(tx, ref)
  invariant(lockedApproval, 'an approval is never removed while its project stands')
  if (!isRevocable(lockedApproval)) throw alreadyDecided(id, lockedApproval.status)
  const answers = (await approvalsStore.answers(tx, ref.organization_id, [id])).filter((one) => !one.revoked_at)
  const person = await deps.identity.person(tx, caller.organization_id, caller.principal)
  const own = answers.find(({ principal_id }) => principal_id === person.id)
  if (!own) throw notFound('answer by you to approval', id)
  await approvalsStore.revokeAnswer(tx, ref, own.id)
  const rest = answers.filter((one) => one !== own)
  const reopens =
    own.id === lockedApproval.decided_by_answer || outcomeOf(rest, row.quorum, lockedApproval.now).status === 'open'
  if (lockedApproval.status === 'decided' && reopens) await approvalsStore.move(tx, ref, { status: 'open' })
  const { principal: actor } = caller
  recordApproval(deps.journal, tx, { type: 'approval.revoked', row, actor, data: { action: own.action } })
}

function isRevocable({ status, effective_at, now }: LockedApproval): boolean {
  if (status === 'open') return true
  return status === 'decided' && effective_at !== null && Date.parse(effective_at) > Date.parse(now)
}
