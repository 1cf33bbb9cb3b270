import type { Tx } from '../../../../platform/db/db.ts'
import { system_principal } from '../../../../platform/principal.ts'
import type { ScopedTaskRef } from '../../planner.port.ts'
import { lockedStates } from '../../rules/locked.rules.ts'
import { goalChangeStore } from '../../store/goal-change.store.ts'
import { plannerStore } from '../../store/planner.store.ts'
import { endTasks, type SettleDeps } from './settle.ts'

/**
 * Fails a ready task that cannot be handed out (see the port). Locks goal, queue and task, in this order (invariant
 * 16).
 */
export async function giveUp(
  deps: SettleDeps,
  tx: Tx,
  { ref, reason }: { readonly ref: ScopedTaskRef; readonly reason: string },
): Promise<void> {
  if (ref.goal_id !== null) await goalChangeStore.lock(tx, ref.organization_id, ref.goal_id)
  await plannerStore.unqueue(tx, [ref])
  const [state] = lockedStates([ref], await plannerStore.lock(tx, [ref]))
  if (state?.status !== 'ready') return
  await endTasks(deps, tx, [{ ...ref, to: 'failed', run_id: null, actor: system_principal, reason }])
}
