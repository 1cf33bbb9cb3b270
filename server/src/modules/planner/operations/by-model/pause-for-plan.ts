import { limits } from '@muster/contract/limits'
import type { Tx } from '../../../../platform/db/db.ts'
import { jobQueue } from '../../../../platform/jobs/job-queue.ts'
import type { Journal } from '../../../../platform/journal/record.ts'
import type { Principal } from '../../../../platform/principal.ts'
import type { ScopedTaskRef } from '../../planner.port.ts'
import { goalChangeStore } from '../../store/goal-change.store.ts'
import { planRequests } from './plan-requests.ts'

/**
 * Pauses a running goal until there is a new plan; where a model had planned it, a plan request is made. For a goal
 * that somebody paused, only the reason changes. A goal that has ended or not started stays as it is.
 */
export async function pauseForPlan(
  journal: Journal,
  tx: Tx,
  { taskRef, actor }: { readonly taskRef: ScopedTaskRef; readonly actor: Principal },
): Promise<void> {
  const { organization_id, project_id, goal_id } = taskRef
  if (goal_id === null) return
  const goal = await goalChangeStore.lock(tx, organization_id, goal_id)
  if (goal?.status !== 'running' && goal?.status !== 'paused') return
  await goalChangeStore.setStatus(tx, organization_id, { goal_id, status: 'paused', reason: 'needs_plan' })
  await goalChangeStore.unqueue(tx, organization_id, goal_id)
  const model = await goalChangeStore.replanningModel(tx, organization_id, {
    goal_id,
    plans_max: limits.plans_by_model_max,
  })
  if (model !== undefined) {
    const payload = { model, starts: goal.status === 'running', reason: 'A task that others depend on failed.' }
    await jobQueue.put(tx, planRequests, [{ organization_id, key: goal_id, project_id, payload }])
  }
  if (goal.status === 'running')
    journal.record(tx, organization_id, [
      { type: 'goal.paused', actor, project_id, goal_id, data: { reason: 'needs_plan' } },
    ])
}
