import type { MovedFact } from '@muster/contract/approvals/errors'
import type { Caller } from '../../../platform/caller.ts'
import type { Engine, Tx } from '../../../platform/db/db.ts'
import type { RequestTransactions } from '../../../platform/db/request-transactions.ts'
import type { Dispatch } from '../../../platform/dispatch/dispatch.ts'
import { invariant, MusterError } from '../../../platform/errors.ts'
import { type Actor, type NewEvent, system_actor } from '../../../platform/journal/events.ts'
import type { Journal } from '../../../platform/journal/record.ts'
import type { IdentityPort } from '../../identity/identity.port.ts'
import type { ProjectsPort } from '../../projects/projects.port.ts'
import type { Applied, ApprovalSubject, SubjectKind, Titles } from '../approvals.port.ts'
import { subjectView } from '../approvals.present.ts'
import { approvalsStore, type ScopedApproval } from '../approvals.store.ts'
import type { AnswerRow, ApprovalRow, LockedApproval } from '../approvals.types.ts'

export interface ApprovalsDeps {
  readonly transactions: RequestTransactions
  readonly engine: Engine
  readonly journal: Journal
  readonly dispatch: Dispatch
  readonly projects: Pick<ProjectsPort, 'gates' | 'policy'>
  readonly titles: Titles
  readonly identity: Pick<IdentityPort, 'principal'>
  subject(kind: SubjectKind): ApprovalSubject
}

/** An approval under all locks that moving it needs. */
export interface Settling {
  readonly locked: LockedApproval
  /** Why what was shown does not stand any more, or null where it does. */
  readonly stale: string | null
  /** What of it has moved, where that can be said. */
  readonly moved: readonly MovedFact[]
  /** An emergency stop is in force. */
  readonly stopped: boolean
}

/**
 * Takes the locks in the one order there is: first the subject's own (goal, gate, task, documents), then the approval's
 * row. Settling a result takes them in the same order and comes to approvals last, so the two cannot wait for each other.
 */
export async function lockForSettling(deps: ApprovalsDeps, tx: Tx, row: ApprovalRow): Promise<Settling> {
  const test = await deps.subject(row.subject_kind).test(tx, subjectView(row))
  const [gate] = await deps.projects.gates(tx, [row], 'share')
  const locked = await approvalsStore.lock(tx, row)
  invariant(locked, 'an approval is never removed while its project stands')
  const stopped = gate?.stopped === true || (!test.fits && test.stopped === true)
  return { locked, stale: test.fits ? null : test.reason, moved: (!test.fits && test.moved) || [], stopped }
}

/** Carries a decision out. The row moves first, so that the subject may withdraw whatever else waits for its task. */
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

/** What was shown has moved: withdrawn, and its subject asks again where there is something to ask. */
export async function withdrawStale(
  deps: ApprovalsDeps,
  tx: Tx,
  { row, reason }: { readonly row: ApprovalRow; readonly reason: string },
): Promise<void> {
  await approvalsStore.move(tx, row, { status: 'withdrawn', reason })
  recordApproval(deps.journal, tx, { type: 'approval.withdrawn', row, actor: system_actor, data: { reason } })
  await deps.subject(row.subject_kind).lapse(tx, { ...subjectView(row), status: 'withdrawn' }, 'stale')
}

/** The journal's row of something that happened to an approval. */
export function recordApproval(
  journal: Journal,
  tx: Tx,
  event: {
    readonly type: NewEvent['type']
    readonly row: Omit<ScopedApproval, 'status'>
    readonly actor: Actor
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

/** For what cannot be answered any more. */
export function alreadyDecided(id: string, status: string): MusterError {
  return new MusterError('approval_decided', `The approval ${id} is ${status}; it takes no answer.`, { value: status })
}
