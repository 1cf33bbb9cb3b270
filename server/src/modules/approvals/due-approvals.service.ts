import { type AttentionSource, attentionItem } from '../../platform/module/attention-source.ts'
import { dueApprovals } from './due-approvals.store.ts'

/** Approvals that are due, as what needs attention. */
export const dueApprovalsAttention: AttentionSource = {
  async read(tx, scope) {
    return (await dueApprovals(tx, scope)).map((approval) =>
      attentionItem(
        [approval.is_past_due ? 'approval_past_due' : 'approval_due_soon', 'approval'],
        approval,
        `npx muster approvals show ${approval.id}`,
      ),
    )
  },
}
