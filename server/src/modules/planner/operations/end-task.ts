import type { Tx } from '../../../platform/db/db.ts'
import { MusterError } from '../../../platform/errors.ts'
import type { Ended } from '../planner.port.ts'
import { hasEnded } from '../rules/planner.rules.ts'
import { plannerStore } from '../store/planner.store.ts'
import { findTask, placeOf, type TaskSteering } from './retry.ts'
import { endTasks } from './settle.ts'
import { type SteerParts, stopTasks } from './steer-goal.ts'

/** Cancels or skips a task that has not ended; its live run ends with it, and running code is told. */
export async function endTask(
  parts: SteerParts,
  tx: Tx,
  { caller, task_id, reason, to }: TaskSteering & { to: 'cancelled' | 'skipped' },
): Promise<void> {
  const task = await findTask(tx, caller.organization_id, task_id)
  const place = placeOf(task)
  await plannerStore.lock(tx, [place])
  const [state] = await plannerStore.statuses(tx, [place])
  if (!state || hasEnded(state.status)) {
    if (state?.status === to) return
    throw new MusterError('ended', `The task is ${state?.status}, and ends are final.`, { value: task_id, remedy: 'Retry it to try again.' })
  }
  await stopTasks(parts, tx, { places: [place], because: `task ${to}` })
  await plannerStore.unqueue(tx, place)
  const ended: Ended = { ...place, to, run_id: null, actor: caller.actor, because: reason ?? `${to} by a person` }
  await endTasks(parts.settling, tx, [ended])
}
