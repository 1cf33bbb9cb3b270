import type { Caller } from '../../platform/caller.ts'
import type { TenantTx } from '../../platform/db/db.ts'
import type { RequestTransactions } from '../../platform/db/request-transactions.ts'
import { notFound } from '../../platform/errors.ts'
import type { ProcessSeen, WhyFacts } from './dashboard.types.ts'
import { blocksOf } from './rules/why.rules.ts'
import { whyStore } from './store/why.store.ts'

export interface WhyDeps {
  readonly transactions: RequestTransactions
  processes(): Promise<readonly ProcessSeen[]>
}

/** Why a task is not running, and what would change that. */
export function createWhy({ transactions, processes }: WhyDeps) {
  return async function why(caller: Caller, task_id: string) {
    // Read apart: processes belong to the installation, and a transaction sees one tenant.
    const seen = await processes()
    const facts = await transactions.read(caller, (tx) =>
      factsOf(tx, caller.organization_id, { task_id, processes: seen }),
    )
    return { task_id, status: facts.task.status, blocked_by: blocksOf(facts) }
  }
}

async function factsOf(
  tx: TenantTx,
  organization_id: string,
  { task_id, processes }: { readonly task_id: string; readonly processes: readonly ProcessSeen[] },
): Promise<WhyFacts> {
  const task = await whyStore.task(tx, organization_id, task_id)
  if (task === undefined) throw notFound('task', task_id)
  const agents = await whyStore.agents(tx, organization_id, task)
  const goal = task.goal_id === null ? [] : [task.goal_id]
  const scopes = [organization_id, task.project_id, ...goal, ...agents.map(({ agent_id }) => agent_id)]
  const [parents, approvals, stops, limits] = await Promise.all([
    whyStore.parents(tx, organization_id, task_id),
    whyStore.approvals(tx, organization_id, task),
    whyStore.stops(tx, organization_id, scopes),
    whyStore.limits(tx, organization_id, { scope_ids: scopes, goal_id: task.goal_id }),
  ])
  return { task, parents, approvals, agents, stops, limits, processes }
}
