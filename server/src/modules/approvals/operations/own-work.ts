import type { Tx } from '../../../platform/db/db.ts'
import { MusterError } from '../../../platform/errors.ts'
import type { Principal } from '../../../platform/principal.ts'
import type { Person } from '../../identity/identity.port.ts'
import type { ApprovalAction } from '../approvals.port.ts'
import { hasStated, ownWork } from '../approvals.rules.ts'
import type { ApprovalsDeps } from './settle-approval.ts'

type OwnWorkDeps = Pick<ApprovalsDeps, 'identity' | 'projects'>

/** The one test of own work, for every decision (invariant 6). Returns the person who decides. */
export async function refuseOwnWork(
  deps: OwnWorkDeps,
  tx: Tx,
  { principal, approvalAction }: { readonly principal: Principal; readonly approvalAction: ApprovalAction },
): Promise<Person> {
  const person = await deps.identity.person(tx, approvalAction.organization_id, principal)
  const { lineage, action, subject_id: value } = approvalAction
  if (hasStated(lineage, person) && (await wantsFourEyes(deps, tx, approvalAction)))
    throw new MusterError(
      'own_work',
      'The policy requires four eyes: whoever created, planned or retried this, or created the API key used for it, cannot decide about it.',
      { value },
    )
  const reason = ownWork(lineage, person, action)
  if (reason !== null) throw new MusterError('own_work', reason, { value })
  return person
}

async function wantsFourEyes({ projects }: OwnWorkDeps, tx: Tx, approvalAction: ApprovalAction): Promise<boolean> {
  if (approvalAction.four_eyes) return true
  const [gate] = await projects.gates(tx, [approvalAction], 'none')
  return gate !== undefined && (await projects.policy(tx, approvalAction, gate.policy_version)).four_eyes
}
