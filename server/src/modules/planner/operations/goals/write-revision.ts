import { cutText } from '@muster/contract/texts/graphemes'
import type { Caller } from '../../../../platform/caller.ts'
import type { Tx } from '../../../../platform/db/db.ts'
import { newId } from '../../../../platform/ids.ts'
import { jobQueue } from '../../../../platform/jobs/job-queue.ts'
import type { Journal } from '../../../../platform/journal/record.ts'
import { goalStore } from '../../store/goal.store.ts'
import { type GoalLock, goalChangeStore } from '../../store/goal-change.store.ts'
import { planRequests } from '../by-model/plan-requests.ts'

export interface RevisionToWrite {
  readonly caller: Pick<Caller, 'organization_id' | 'principal'>
  /** As it was before. */
  readonly goal: GoalLock
  readonly status: string
  readonly reason: string
  /** Keys of the tasks that are new rows. */
  readonly keys: readonly string[]
  /** JSON text. */
  readonly plan: string
  /** Keys of the tasks with another input than before; the journal does not hold the input. */
  readonly input_changed?: readonly string[]
}

/** Writes the next revision of a goal's plan after its tasks, records it in the journal, and drops a plan request. */
export async function writeRevision(
  { journal }: { readonly journal: Journal },
  tx: Tx,
  { caller, goal, status, reason, keys, plan, input_changed = [] }: RevisionToWrite,
): Promise<void> {
  const { organization_id, principal: actor } = caller
  const { id: goal_id, project_id } = goal
  const revision = goal.plan_revision + 1
  const created_by = JSON.stringify(actor)
  await goalStore.insertPlan(tx, { organization_id, goal_id, id: newId(), revision, plan, reason, created_by })
  await goalChangeStore.revise(tx, organization_id, { goal_id, revision, status })
  const inputChangedField = input_changed.length > 0 && { input_changed }
  const data = { revision, reason: cutText(reason, 200), keys, ...inputChangedField }
  await jobQueue.drop(tx, planRequests, { organization_id, key: goal_id })
  const type = revision === 1 ? 'goal.planned' : 'goal.replanned'
  journal.record(tx, organization_id, [{ type, actor, project_id, goal_id, data }])
}
