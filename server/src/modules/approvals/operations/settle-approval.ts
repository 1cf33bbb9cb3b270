import type { MovedFact } from '@muster/contract/approvals/errors'
import type { Caller } from '../../../platform/caller.ts'
import type { Engine, Tx } from '../../../platform/db/db.ts'
import type { RequestTransactions } from '../../../platform/db/request-transactions.ts'
import type { Dispatch } from '../../../platform/dispatch/dispatch.ts'
import { invariant, MusterError } from '../../../platform/errors.ts'
import type { NewEvent } from '../../../platform/journal/events.ts'
import type { Journal } from '../../../platform/journal/record.ts'
import type { Extensions } from '../../../platform/module/extension-point.ts'
import { type Principal, system_principal } from '../../../platform/principal.ts'
import type { IdentityPort } from '../../identity/identity.port.ts'
import type { ProjectsPort } from '../../projects/projects.port.ts'
import type { Applied, ApprovalSubject, SubjectKind } from '../approvals.port.ts'
import { subjectView } from '../approvals.present.ts'
import { approvalsStore, type ScopedApproval } from '../approvals.store.ts'
import type { AnswerRow, ApprovalRow, LockedApproval } from '../approvals.types.ts'

export interface ApprovalsDeps {
  readonly transactions: RequestTransactions
  readonly engine: Engine
  readonly journal: Journal
  readonly dispatch: Dispatch
  readonly projects: Pick<ProjectsPort, 'gates' | 'policy'>
  readonly extensions: Extensions
  readonly identity: Pick<IdentityPort, 'person' | 'findScopes'>
  subject(kind: SubjectKind): ApprovalSubject
}

/** An approval under all locks that moving it needs. */
export interface SettlingFacts {
  readonly lockedApproval: LockedApproval
  /** Why the approval is stale, or null where it is not. */
  readonly stale: string | null
  /** The facts that have moved, where they are known. */
  readonly moved: readonly MovedFact[]
  /** An emergency stop is in force. */
  readonly stopped: boolean
}

/**
 * Takes the locks in the order of invariant 16: first the subject's own (goal, gate, task, documents), then the
 * approval's row. Settling a result comes to approvals last too, so the two cannot deadlock.
 */
export async function lockForSettling(deps: ApprovalsDeps, tx: Tx, row: ApprovalRow): Promise<SettlingFacts> {
  const test = await deps.subject(row.subject_kind).test(tx, subjectView(row))
  const [gate] = await deps.projects.gates(tx, [row], 'share')
  const lockedApproval = await approvalsStore.lock(tx, row)
  invariant(lockedApproval, 'an approval is never removed while its project stands')
  const stopped = gate?.stopped === true || (!test.fits && test.stopped === true)
  return { lockedApproval, stale: test.fits ? null : test.reason, moved: (!test.fits && test.moved) || [], stopped }
}

/** Applies a decision. The row changes first, so that the subject may withdraw other approvals of its task. */
export async function applyDecision(
  deps: ApprovalsDeps,
  tx: Tx,
  { row, answer, now }: { readonly row: ApprovalRow; readonly answer: AnswerRow; readonly now: string },
): Promise<Applied> {
  const { action, answered_by: by, comment, content } = answer
  await approvalsStore.move(tx, row, { status: 'applied', decided_by_answer: answer.id, effective_at: now })
  recordApproval(deps.journal, tx, { type: 'approval.applied', row, actor: by, data: { action } })
  const approval = { ...subjectView(row), status: 'applied' } as const
  return deps.subject(row.subject_kind).apply(tx, approval, { action, by, comment, content })
}

/** Withdraws a stale approval; its subject asks again where needed. */
export async function withdrawStale(
  deps: ApprovalsDeps,
  tx: Tx,
  { row, reason }: { readonly row: ApprovalRow; readonly reason: string },
): Promise<void> {
  await approvalsStore.move(tx, row, { status: 'withdrawn', reason })
  recordApproval(deps.journal, tx, { type: 'approval.withdrawn', row, actor: system_principal, data: { reason } })
  await deps.subject(row.subject_kind).lapse(tx, { ...subjectView(row), status: 'withdrawn' }, 'stale')
}

/** Records an event of an approval. */
export function recordApproval(
  journal: Journal,
  tx: Tx,
  event: {
    readonly type: NewEvent['type']
    readonly row: Omit<ScopedApproval, 'status'>
    readonly actor: Principal
    readonly data?: Readonly<Record<string, unknown>>
  },
): void {
  const { type, row, actor, data } = event
  const { organization_id, id, project_id, goal_id, task_id, run_id } = row
  const subject = { project_id, goal_id: goal_id ?? undefined, task_id: task_id ?? undefined }
  const facts = { approval_id: id, ...data }
  journal.record(tx, organization_id, [{ type, actor, ...subject, run_id: run_id ?? undefined, data: facts }])
}

export function refOf(caller: Caller, id: string) {
  return { organization_id: caller.organization_id, id }
}

/** The error for an approval that cannot be answered any more. */
export function alreadyDecided(id: string, status: string): MusterError {
  return new MusterError('approval_decided', `Approval ${id} is ${status} and cannot be answered.`, { value: status })
}
