import type { Tx } from '../../../platform/db/db.ts'
import { MusterError } from '../../../platform/errors.ts'
import type { CallerRef, Person } from '../../identity/identity.port.ts'
import type { Deciding } from '../approvals.port.ts'
import { hasStated, ownWork } from '../approvals.rules.ts'
import type { ApprovalsDeps } from './settle-approval.ts'

type OwnWorkDeps = Pick<ApprovalsDeps, 'identity' | 'projects'>

/** The one test of own work, for every decision (invariant 6). Returns the principal who decides. */
export async function refuseOwnWork(
  deps: OwnWorkDeps,
  tx: Tx,
  { caller, deciding }: { readonly caller: CallerRef; readonly deciding: Deciding },
): Promise<Person> {
  const person = await deps.identity.person(tx, caller)
  const { lineage, action, subject_id: value } = deciding
  if (hasStated(lineage, person) && (await wantsFourEyes(deps, tx, deciding)))
    throw new MusterError(
      'own_work',
      'The policy requires four eyes: whoever created, planned or retried this, or created the API key used for it, cannot decide about it.',
      { value },
    )
  const reason = ownWork(lineage, person, action)
  if (reason !== null) throw new MusterError('own_work', reason, { value })
  return person
}

async function wantsFourEyes({ projects }: OwnWorkDeps, tx: Tx, deciding: Deciding): Promise<boolean> {
  if (deciding.four_eyes) return true
  const [gate] = await projects.gates(tx, [deciding], 'none')
  return gate !== undefined && (await projects.policy(tx, deciding, gate.policy_version)).four_eyes
}
