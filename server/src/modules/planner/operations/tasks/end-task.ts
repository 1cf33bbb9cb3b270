import type { Tx } from '../../../../platform/db/db.ts'
import { MusterError } from '../../../../platform/errors.ts'
import type { EndedTask } from '../../planner.port.ts'
import { hasEnded } from '../../rules/planner.rules.ts'
import { plannerStore } from '../../store/planner.store.ts'
import { lockGoal, type SteerDeps, stopTasks } from '../goals/steer-goal.ts'
import { findTask, scopedTaskRef, type TaskSteering } from './retry.ts'
import { endTasks } from './settle.ts'

/**
 * Cancels or skips a task that has not ended, with its children where it is a `for_each`. Its live run ends with it,
 * and the running code is aborted.
 */
export async function endTask(
  deps: SteerDeps,
  tx: Tx,
  { caller, task_id, to, ...steering }: TaskSteering & { to: 'cancelled' | 'skipped' },
): Promise<void> {
  const { organization_id } = caller
  const task = await findTask(tx, organization_id, task_id)
  const taskRef = scopedTaskRef(task)
  const goal = task.goal_id === null ? null : await lockGoal(tx, caller, task.goal_id)
  const taskRefs = [
    taskRef,
    ...(await plannerStore.openChildren(tx, taskRef)).map((child) => ({ ...taskRef, task_id: child })),
  ]
  // The queue's rows before the tasks', as the claim locks them.
  await plannerStore.unqueue(tx, taskRefs)
  await plannerStore.lock(tx, taskRefs)
  const [state] = await plannerStore.statuses(tx, [taskRef])
  if (!state || hasEnded(state.status)) {
    if (state?.status === to) return
    throw new MusterError('ended', `The task is already ${state?.status}.`, {
      value: task_id,
      remedy: 'To run it again, retry the task.',
    })
  }
  await stopTasks(deps, tx, { taskRefs, reason: `task ${to}` })
  const reason = steering.reason ?? `${to} by a person`
  const endedTasks = taskRefs.map((one): EndedTask => ({ ...one, to, run_id: null, actor: caller.principal, reason }))
  await endTasks(deps.settling, tx, endedTasks)
  if (goal?.status === 'awaiting_approval' && (await lockGoal(tx, caller, goal.id)).status !== goal.status)
    await deps.approvals.withdrawOfGoals(tx, [{ organization_id, goal_id: goal.id }], 'no tasks are left in the plan')
}
