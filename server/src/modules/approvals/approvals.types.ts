import type { AnswerAction, ApprovalFilterName, ApprovalSort } from '@muster/contract/approvals/approvals'
import type { Principal } from '../../platform/principal.ts'
import type { Approval } from './approvals.port.ts'

/** A question as its row has it. */
export interface ApprovalRow extends Omit<Approval, 'due_ms'> {
  readonly reason: string | null
  readonly claimed_by: Principal | null
  readonly claimed_until: string | null
  readonly snoozed_until: string | null
  readonly due_at: string
  readonly decided_by_answer: string | null
  readonly effective_at: string | null
  readonly created_at: string
}

export interface AnswerRow {
  readonly approval_id: string
  readonly id: string
  readonly answered_by: Principal
  readonly principal_id: string
  readonly action: AnswerAction
  readonly comment: string | null
  /** JSON text. */
  readonly content: string | null
  readonly at: string
  readonly effective_at: string
  readonly revoked_at: string | null
}

/** The changing fields of an approval, read under its lock, and the database's time. */
export interface LockedApproval {
  readonly status: Approval['status']
  readonly claimed_by: Principal | null
  readonly claimed_until: string | null
  readonly due_at: string
  readonly effective_at: string | null
  readonly decided_by_answer: string | null
  readonly now: string
}

export interface ApprovalFilter {
  readonly organization_id: string
  readonly statuses: readonly Approval['status'][]
  /** Snoozed approvals: with the others, left out, or alone. */
  readonly snoozed: 'include' | 'exclude' | 'only'
  readonly project_id?: string | undefined
  readonly goal_id?: string | undefined
  readonly task_id?: string | undefined
  readonly risk?: 'low' | 'medium' | 'high' | undefined
  readonly topic?: QueueFilter | undefined
}

export type QueueFilter = ApprovalFilterName

/** What a list of questions is sorted by, and which way. */
export interface ApprovalOrder {
  readonly sort: ApprovalSort
  readonly order: 'asc' | 'desc'
}
