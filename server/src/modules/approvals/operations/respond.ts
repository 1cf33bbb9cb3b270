import type { AnswerAction, Responded, RespondRequest } from '@muster/contract/approvals/approvals'
import type { MovedFact } from '@muster/contract/approvals/errors'
import type { Caller } from '../../../platform/caller.ts'
import type { Tx } from '../../../platform/db/db.ts'
import { invalid, MusterError, notFound } from '../../../platform/errors.ts'
import { newId } from '../../../platform/ids.ts'
import { commitKillPoints } from '../../../platform/kill-points.ts'
import type { Person } from '../../identity/identity.port.ts'
import type { Applied } from '../approvals.port.ts'
import { subjectView } from '../approvals.present.ts'
import { fullLineage, type Outcome, outcomeOf, timeAfter, wordsOf } from '../approvals.rules.ts'
import { approvalsStore } from '../approvals.store.ts'
import type { AnswerRow, ApprovalRow, LockedApproval } from '../approvals.types.ts'
import { refuseOwnWork } from './own-work.ts'
import {
  type ApprovalsDeps,
  alreadyDecided,
  applyDecision,
  lockForSettling,
  recordApproval,
  refOf,
  withdrawStale,
} from './settle-approval.ts'

const respondKillPoint = commitKillPoints('approvals.respond')

export interface ApprovalResponse {
  readonly id: string
  readonly request: RespondRequest
}

/** The result of an answer, with what its subject returned. */
export interface AnswerResult {
  readonly responded: Responded
  readonly applied?: Applied | undefined
}

/**
 * Answers an approval and, where that decides it, applies it, in one transaction. An answer to a stale approval is
 * refused while the approval is withdrawn: so the transaction commits, and the refusal is thrown after it.
 */
export async function respond(deps: ApprovalsDeps, caller: Caller, response: ApprovalResponse): Promise<AnswerResult> {
  const result = await deps.transactions.write(caller, (tx) => answer(deps, tx, { caller, ...response }))
  if ('stale' in result)
    throw new MusterError('approval_stale', `Approval ${response.id} is outdated: ${result.words}.`, {
      value: response.id,
      reason: result.stale,
      moved: result.moved,
      remedy: 'If a decision is still needed, there is a new approval; see the list of approvals.',
    })
  return result
}

interface Stale {
  readonly stale: string
  readonly moved: readonly MovedFact[]
  readonly words: string
}

async function answer(
  deps: ApprovalsDeps,
  tx: Tx,
  { caller, id, request }: ApprovalResponse & { readonly caller: Caller },
): Promise<AnswerResult | Stale> {
  const row = await approvalsStore.find(tx, refOf(caller, id))
  if (!row) throw notFound('approval', id)
  if (row.status !== 'open') throw alreadyDecided(id, row.status)
  mustBeOption(row, request)
  const person = await refuseOwn(deps, tx, { caller, row, action: request.action })
  respondKillPoint(tx)
  const { lockedApproval, stale, moved, stopped } = await lockForSettling(deps, tx, row)
  mustBeOpen(id, lockedApproval)
  if (stopped) throw stoppedError(row)
  if (stale !== null) {
    await withdrawStale(deps, tx, { row, reason: stale })
    return { stale, moved, words: wordsOf(moved) ?? stale }
  }
  const answers = await addAnswer(deps, tx, { caller, person, row, request, now: lockedApproval.now })
  const outcome = outcomeOf(answers, row.quorum, lockedApproval.now)
  return settle(deps, tx, { row, answers, outcome, now: lockedApproval.now })
}

/** Stores the answer; returns all that count now, this one last. */
async function addAnswer(
  deps: ApprovalsDeps,
  tx: Tx,
  {
    caller,
    person,
    row,
    request,
    now,
  }: {
    readonly caller: Caller
    readonly person: Person
    readonly row: ApprovalRow
    readonly request: RespondRequest
    readonly now: string
  },
): Promise<readonly [...AnswerRow[], AnswerRow]> {
  const { principal: actor } = caller
  const earlier = (await approvalsStore.answers(tx, row.organization_id, [row.id])).filter((one) => !one.revoked_at)
  // Two keys of one family are the same person in a quorum.
  if (earlier.some(({ principal_id }) => person.ids.has(principal_id)))
    throw new MusterError(
      'approval_decided',
      `You already answered approval ${row.id}; it needs answers from other people too.`,
      {
        value: row.id,
        remedy: 'To change your answer, revoke it first.',
      },
    )
  const { action, comment = null, content, revocable_ms } = request
  const answer: AnswerRow = {
    approval_id: row.id,
    id: newId(),
    answered_by: actor,
    principal_id: person.id,
    action,
    comment,
    content: content === undefined ? null : JSON.stringify(content),
    at: now,
    effective_at: timeAfter(now, revocable_ms),
    revoked_at: null,
  }
  await approvalsStore.addAnswer(tx, { organization_id: row.organization_id, ...answer })
  recordApproval(deps.journal, tx, { type: 'approval.answered', row, actor, data: { action } })
  return [...earlier, answer]
}

async function settle(
  deps: ApprovalsDeps,
  tx: Tx,
  {
    row,
    answers,
    outcome,
    now,
  }: {
    readonly row: ApprovalRow
    readonly answers: readonly [...AnswerRow[], AnswerRow]
    readonly outcome: Outcome
    readonly now: string
  },
): Promise<AnswerResult> {
  const answer = answers[answers.length - 1] as AnswerRow
  // Ids of an answer are plain text; the contract's own type has them branded.
  const responseOf = (rest: object) => ({ request_id: row.id, action: answer.action, ...rest }) as Responded
  switch (outcome.status) {
    case 'open':
      return { responded: responseOf(outcome) }
    case 'decided':
      await approvalsStore.move(tx, row, { ...outcome, decided_by_answer: answer.id })
      return { responded: responseOf(outcome) }
    case 'applied': {
      const applied = await applyDecision(deps, tx, { row, answer, now })
      const { commit_id, state_version } = applied
      const facts = { ...(commit_id && { commit_id }), ...(state_version !== undefined && { state_version }) }
      return { responded: responseOf({ status: 'applied', applied: facts }), applied }
    }
  }
}

function mustBeOption({ options }: ApprovalRow, { action }: RespondRequest): void {
  if (!options.includes(action))
    throw invalid('action', `Invalid action for this approval. Use ${options.join(', ')}.`, action)
}

/**
 * The subject gives the present lineage: somebody may have changed or retried the work since the approval was opened.
 */
async function refuseOwn(
  deps: ApprovalsDeps,
  tx: Tx,
  { caller, row, action }: { readonly caller: Caller; readonly row: ApprovalRow; readonly action: AnswerAction },
): Promise<Person> {
  const lineage = fullLineage(await deps.subject(row.subject_kind).lineage(tx, subjectView(row)), row)
  const { organization_id, project_id, id: subject_id } = row
  const approvalAction = { organization_id, project_id, subject_id, action, lineage, four_eyes: row.stated_by !== null }
  return refuseOwnWork(deps, tx, { principal: caller.principal, approvalAction })
}

/** Tested under its lock: another answer may have been first, or it may have expired before the job noted it. */
function mustBeOpen(id: string, { status, due_at, now }: LockedApproval): void {
  if (status !== 'open') throw alreadyDecided(id, status)
  if (Date.parse(due_at) <= Date.parse(now)) throw alreadyDecided(id, 'expired')
}

function stoppedError({ id }: ApprovalRow): MusterError {
  return new MusterError('stopped', `Approval ${id} cannot be answered while an emergency stop is active.`, {
    value: id,
    remedy: 'Lift the emergency stop first.',
  })
}
