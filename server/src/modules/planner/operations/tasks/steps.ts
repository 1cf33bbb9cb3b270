import type { Tx } from '../../../../platform/db/db.ts'
import type { Principal } from '../../../../platform/principal.ts'
import { goalChangeStore } from '../../store/goal-change.store.ts'
import { endTasks, type SettleDeps } from './settle.ts'

/**
 * Takes the next step of tasks that wait for nothing: opens an approval, or expands. Announces those that are queued.
 */
export async function takeFirstSteps(
  deps: SettleDeps,
  tx: Tx,
  { organization_id, goal_id, actor }: { organization_id: string; goal_id: string; actor: Principal },
): Promise<void> {
  const steps = await goalChangeStore.steps(tx, organization_id, goal_id)
  const approvalSteps = steps.filter(({ what }) => what === 'approve')
  if (approvalSteps.length > 0) await deps.ask(tx, approvalSteps, actor)
  const expansionSteps = steps.filter(({ what }) => what === 'expand')
  if (expansionSteps.length > 0) await endTasks(deps, tx, await deps.expand(tx, expansionSteps, actor))
  deps.announce(tx)
}
