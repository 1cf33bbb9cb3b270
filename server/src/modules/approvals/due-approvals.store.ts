import type { Tx } from '../../platform/db/db.ts'
import { inScope, type ReadScope } from '../../platform/db/read-scope.ts'
import { sql } from '../../platform/db/sql.ts'
import { type AttentionRow, attention_rows_max } from '../../platform/module/attention-source.ts'

export interface DueApproval extends AttentionRow {
  readonly is_past_due: boolean
}

/** Open approvals that are past due, or due within the hour and not snoozed; the soonest due first. */
export function dueApprovals(tx: Tx, scope: ReadScope): Promise<DueApproval[]> {
  return tx.rows<DueApproval>(sql`
    select approval_id as id, project_id, goal_id, question as title, created_at as since,
      due_at <= (select muster_now()) as is_past_due
    from approvals_questions_v
    where ${inScope(scope)} and status = 'open' and due_at <= (select muster_now()) + interval '1 hour'
      and (due_at <= (select muster_now()) or snoozed_until is null or snoozed_until <= (select muster_now()))
    order by due_at, approval_id limit ${attention_rows_max}`)
}
