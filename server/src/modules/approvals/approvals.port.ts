import type { AnswerAction } from '@muster/contract/approvals/approvals'
import type { MovedFact } from '@muster/contract/approvals/errors'
import type { Tx } from '../../platform/db/db.ts'
import type { Principal } from '../../platform/principal.ts'
import type { ReadVersion } from '../state/state.port.ts'

/** A question to be put to people. The module knows nothing of what is asked about; the subject's kind does. */
export interface NewApproval {
  readonly organization_id: string
  readonly project_id: string
  readonly goal_id: string | null
  readonly task_id: string | null
  readonly run_id: string | null
  readonly subject_kind: SubjectKind
  readonly subject_id: string
  readonly question: string
  readonly options: readonly AnswerAction[]
  /** JSON text of what would be accepted, as it is shown. */
  readonly proposed: string
  /** What the answer is bound to, besides policy version and read set (design rule 7). */
  readonly artifact_sha256: string | null
  readonly policy_version: number
  readonly read_set: readonly ReadVersion[]
  /** Why a person is asked, such as `sensitive_topic:health_advice`. */
  readonly rule: string
  readonly tags: readonly string[]
  readonly risk: 'low' | 'medium' | 'high'
  readonly confidence: number | null
  /** How many people have to give the same answer. One `reject` or one `amend` decides at once. */
  readonly quorum: number
  readonly due_ms: number
  /** Who made what is asked about, and therefore may not decide (design rule 6). */
  readonly made_by: readonly Principal[]
  /** Set where policy says four eyes: who stated the goal may not decide either. */
  readonly stated_by: Principal | null
  /**
   * Set where somebody's amendment failed: it goes back to them, to amend again, reject or send back, though they made
   * it. Approving it as it stands is for another person.
   */
  readonly amended_by: Principal | null
}

/** What can be approved. */
export type SubjectKind = 'result' | 'task' | 'dependency' | 'plan' | 'question'

/** A stored question as its subject's handler sees it. */
export interface Approval extends NewApproval {
  readonly id: string
  readonly status: 'open' | 'decided' | 'applied' | 'expired' | 'withdrawn'
}

/** The answer that settles a question: the only one, or the last that its quorum needed. */
export interface Decision {
  readonly action: AnswerAction
  readonly by: Principal
  readonly comment: string | null
  /** JSON text, for `amend` with content. */
  readonly content: string | null
}

/** What an answer made. */
export interface Applied {
  readonly commit_id?: string | undefined
  readonly state_version?: number | undefined
  /** The version that an amendment made. */
  readonly artifact_id?: string | undefined
  /** The question that followed, where the amended version has to be asked about again. */
  readonly approval_id?: string | undefined
}

/** Whether what was shown still stands. `stopped`: an emergency stop is in force, so nothing is answered nor expires. */
export type SubjectTest =
  | { readonly fits: true }
  | {
      readonly fits: false
      readonly reason: string
      /** What was shown and stands otherwise now, where that is why. */
      readonly moved?: readonly MovedFact[] | undefined
      readonly stopped?: true | undefined
    }

/** Everybody who had a hand in what is decided about, from its first statement on. */
export interface Lineage {
  /** Who made it. */
  readonly made_by: readonly Principal[]
  /** Who stated, planned, changed or retried what it came of: where policy says four eyes, they do not decide either. */
  readonly stated_by: readonly Principal[]
  /** Whose amendment it is. They may amend it again, reject it or send it back; approving it is for another person. */
  readonly amended_by: readonly Principal[]
}

/** A decision that somebody is about to take, whichever way it came. */
export interface ApprovalAction {
  readonly organization_id: string
  readonly project_id: string
  /** What it is about, for the refusal. */
  readonly subject_id: string
  readonly action: AnswerAction
  readonly lineage: Lineage
  /** Set where four eyes were wanted when it was asked, whatever policy says by now. */
  readonly four_eyes?: boolean | undefined
}

/**
 * What can be approved. Later modules add theirs to the extension point `approvals.subjects`: approving a result must let the
 * judge commit at once, in the transaction of the answer.
 *
 * Lock order: `test` is called first and takes the subject's own locks (goal, gate, task, documents), and only then is
 * the approval's row locked; so `apply` and `lapse` may open and withdraw other approvals, as settling a result does.
 */
export interface ApprovalSubject {
  readonly kind: SubjectKind
  /** Who had a hand in it, as it is known now: what the question says of it may be older than what happened since. */
  lineage(tx: Tx, approval: Approval): Promise<Lineage>
  /** Whether what was shown still stands, tested under locks that last until the end of the transaction. */
  test(tx: Tx, approval: Approval): Promise<SubjectTest>
  /** Carries the decision out. The approval's row says `applied` already. */
  apply(tx: Tx, approval: Approval, decision: Decision): Promise<Applied>
  /** What happens instead of an answer: the question is stale (asked again by the subject) or has expired. */
  lapse(tx: Tx, approval: Approval, how: 'stale' | 'expired'): Promise<void>
}

/** What other modules may ask of approvals. All methods join the caller's transaction. */
export interface ApprovalsPort {
  /** Throws `own_work` where the principal had a hand in what it is about to decide about. */
  refuseOwnWork(tx: Tx, principal: Principal, approvalAction: ApprovalAction): Promise<void>
  /** Whose amendments of a run's result were applied, the first one first. */
  amendedBy(tx: Tx, run: { readonly organization_id: string; readonly run_id: string }): Promise<readonly Principal[]>
  /** Puts questions; returns their ids in the same order. */
  open(tx: Tx, questions: readonly NewApproval[]): Promise<readonly string[]>
  /** Takes back the open and the not yet effective questions about tasks. */
  withdraw(
    tx: Tx,
    refs: readonly { readonly organization_id: string; readonly task_id: string }[],
    reason: string,
  ): Promise<void>
  /** The same for everything that is asked about goals: their plans and their tasks. */
  withdrawOfGoals(
    tx: Tx,
    refs: readonly { readonly organization_id: string; readonly goal_id: string }[],
    reason: string,
  ): Promise<void>
}
