import type { Tx } from '../../platform/db/db.ts'
import { invariant } from '../../platform/errors.ts'
import { newId } from '../../platform/ids.ts'
import type { Job } from '../../platform/module/module.ts'
import { system_principal } from '../../platform/principal.ts'
import { subjects } from './approvals.extensions.ts'
import { approvalJobs } from './approvals.jobs.ts'
import type { ApprovalsPort } from './approvals.port.ts'
import { type ApprovalRef, approvalsStore } from './approvals.store.ts'
import { refuseOwnWork } from './operations/own-work.ts'
import { type ApprovalsDeps, recordApproval } from './operations/settle-approval.ts'
import { createReviewing, type Reviewing } from './reviewing.service.ts'

export interface Approvals extends ApprovalsPort, Reviewing {
  readonly jobs: readonly Job[]
}

export type ApprovalsOptions = Omit<ApprovalsDeps, 'subject'>

/** Approvals: opened and withdrawn by other modules, reviewed and answered by people, settled by time. */
export function createApprovals(options: ApprovalsOptions): Approvals {
  const deps: ApprovalsDeps = {
    ...options,
    subject(kind) {
      const subject = options.extensions.of(subjects).find((one) => one.kind === kind)
      invariant(subject, `no module says how a ${kind} is approved`)
      return subject
    },
  }

  return {
    ...createPort(deps),
    ...createReviewing(deps),
    jobs: approvalJobs(deps),
  }
}

function createPort(deps: ApprovalsDeps): ApprovalsPort {
  const { journal, dispatch } = deps
  return {
    async refuseOwnWork(tx, principal, approvalAction) {
      await refuseOwnWork(deps, tx, { principal, approvalAction })
    },

    amendedBy: (tx, run) => approvalsStore.amendedBy(tx, run),

    async open(tx, questions) {
      if (questions.length === 0) return []
      const rows = questions.map((question) => ({ ...question, id: newId() }))
      await approvalsStore.insert(tx, rows)
      for (const row of rows) {
        const { subject_kind, subject_id, rule, risk } = row
        const data = { subject_kind, subject_id, rule, risk }
        recordApproval(journal, tx, { type: 'approval.opened', row, actor: system_principal, data })
      }
      dispatch.announce(tx, 'hitl_queue')
      return rows.map(({ id }) => id)
    },

    withdraw: (tx, refs, reason) =>
      withdraw(tx, {
        kind: 'task',
        refs: refs.map(({ organization_id, task_id: id }) => ({ organization_id, id })),
        reason,
      }),

    withdrawOfGoals: (tx, refs, reason) =>
      withdraw(tx, {
        kind: 'goal',
        refs: refs.map(({ organization_id, goal_id: id }) => ({ organization_id, id })),
        reason,
      }),
  }

  async function withdraw(
    tx: Tx,
    what: { readonly kind: 'task' | 'goal'; readonly refs: readonly ApprovalRef[]; readonly reason: string },
  ): Promise<void> {
    const { kind, refs, reason } = what
    if (refs.length === 0) return
    const organization_ids = refs.map((ref) => ref.organization_id)
    const ids = refs.map((ref) => ref.id)
    for (const row of await approvalsStore.withdraw(tx, { organization_ids, ids, kind }, reason))
      recordApproval(journal, tx, { type: 'approval.withdrawn', row, actor: system_principal, data: { reason } })
  }
}
