import type { EngineTx } from '../../platform/db/db.ts'
import type { Job } from '../../platform/module/module.ts'
import { system_principal } from '../../platform/principal.ts'
import { subjectView } from './approvals.present.ts'
import { type ApprovalRef, approvalsStore } from './approvals.store.ts'
import type { ApprovalRow, LockedApproval } from './approvals.types.ts'
import {
  type ApprovalsDeps,
  applyDecision,
  lockForSettling,
  recordApproval,
  withdrawStale,
} from './operations/settle-approval.ts'

const every_ms = 1_000
const page_size = 100

/** The jobs of approvals: answers become effective, and approvals that nobody answered expire. */
export function approvalJobs(deps: ApprovalsDeps): readonly Job[] {
  return [
    {
      name: 'approvals.apply',
      every_ms,
      dueIn: (tx) => approvalsStore.dueIn(tx, 'apply'),
      run: () => eachDue(deps, 'apply', (tx, ref) => applyDue(deps, tx, ref)),
    },
    {
      name: 'approvals.expire',
      every_ms,
      dueIn: (tx) => approvalsStore.dueIn(tx, 'expire'),
      run: () => eachDue(deps, 'expire', (tx, ref) => expireDue(deps, tx, ref)),
    },
  ]
}

/** Each in a transaction of its own, so that one failure does not hold up the others. */
async function eachDue(
  { engine }: ApprovalsDeps,
  what: 'apply' | 'expire',
  settle: (tx: EngineTx, ref: ApprovalRef) => Promise<void>,
): Promise<void> {
  const failures: unknown[] = []
  let after: readonly [string, string] | undefined
  for (;;) {
    const page = { after, limit: page_size }
    const dueApprovals = await engine.transact((tx) => approvalsStore.due(tx, what, page))
    for (const ref of dueApprovals)
      await engine.transact((tx) => settle(tx, ref)).catch((error) => failures.push(error))
    const last = dueApprovals.at(-1)
    if (dueApprovals.length < page_size || !last) break
    after = [last.due, last.id]
  }
  if (failures.length > 0) throw new AggregateError(failures, `${failures.length} approvals could not be settled`)
}

async function applyDue(deps: ApprovalsDeps, tx: EngineTx, ref: ApprovalRef): Promise<void> {
  const row = await approvalsStore.find(tx, ref)
  if (row?.status !== 'decided') return
  const { lockedApproval, stale, stopped } = await lockForSettling(deps, tx, row)
  if (stopped || lockedApproval.status !== 'decided' || !isPast(lockedApproval.effective_at, lockedApproval)) return
  if (stale !== null) return withdrawStale(deps, tx, { row, reason: stale })
  const answers = await approvalsStore.answers(tx, row.organization_id, [row.id])
  const answer = answers.find(({ id }) => id === lockedApproval.decided_by_answer)
  if (answer) await applyDecision(deps, tx, { row, answer, now: lockedApproval.now })
}

async function expireDue(deps: ApprovalsDeps, tx: EngineTx, ref: ApprovalRef): Promise<void> {
  const row = await approvalsStore.find(tx, ref)
  if (row?.status !== 'open') return
  const { lockedApproval, stopped } = await lockForSettling(deps, tx, row)
  if (stopped || lockedApproval.status !== 'open' || !isPast(lockedApproval.due_at, lockedApproval)) return
  await expire(deps, tx, row)
}

async function expire(deps: ApprovalsDeps, tx: EngineTx, row: ApprovalRow): Promise<void> {
  await approvalsStore.move(tx, row, { status: 'expired' })
  recordApproval(deps.journal, tx, { type: 'approval.expired', row, actor: system_principal })
  await deps.subject(row.subject_kind).lapse(tx, { ...subjectView(row), status: 'expired' }, 'expired')
}

function isPast(time: string | null, { now }: LockedApproval): boolean {
  return time !== null && Date.parse(time) <= Date.parse(now)
}
