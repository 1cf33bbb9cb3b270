import type { Caller } from '../../platform/caller.ts'
import type { TenantTx } from '../../platform/db/db.ts'
import type { RequestTransactions } from '../../platform/db/request-transactions.ts'
import { notFound } from '../../platform/errors.ts'
import type { BudgetsPort } from '../budgets/budgets.port.ts'
import { blocksOf } from './rules/task-why.rules.ts'
import { taskWhyStore } from './store/task-why.store.ts'
import type { LiveService, WhyFacts } from './task-why.types.ts'

export interface TaskWhyDeps {
  readonly transactions: RequestTransactions
  processes(): Promise<readonly LiveService[]>
  readonly budgets: Pick<BudgetsPort, 'statuses' | 'refusalOf'>
}

/** Why a task is not running, tested as the claim tests it, and what would change that. */
export function createTaskWhy(deps: TaskWhyDeps) {
  return async function why(caller: Caller, task_id: string) {
    // Read apart: processes belong to the installation, and a transaction of a request sees one tenant.
    const processes = await deps.processes()
    const facts = await deps.transactions.read(caller, (tx) =>
      readFacts(deps, tx, { organization_id: caller.organization_id, task_id, processes }),
    )
    return { task_id, status: facts.task.status, blocked_by: blocksOf(facts) }
  }
}

interface TaskRef {
  readonly organization_id: string
  readonly task_id: string
  readonly processes: readonly LiveService[]
}

async function readFacts(
  { budgets }: TaskWhyDeps,
  tx: TenantTx,
  { organization_id, task_id, processes }: TaskRef,
): Promise<WhyFacts> {
  const task = await taskWhyStore.task(tx, organization_id, task_id)
  if (task === undefined) throw notFound('task', task_id)
  const { goal_id } = task
  const agents = await taskWhyStore.agents(tx, organization_id, task)
  const goal = goal_id === null ? [] : [goal_id]
  const scope_ids = [organization_id, task.project_id, ...goal, ...agents.map(({ agent_id }) => agent_id)]
  const [parents, approvals, stops, statuses] = await Promise.all([
    taskWhyStore.parents(tx, organization_id, task_id),
    taskWhyStore.approvals(tx, organization_id, task),
    taskWhyStore.stops(tx, organization_id, scope_ids),
    budgets.statuses(tx, organization_id, { scope_ids, goal_id }),
  ])
  const run = { ...task, organization_id, agent_id: task.agent_id ?? '' }
  const limits = statuses.map((limit) => ({ limit, refusal: budgets.refusalOf(run, limit) }))
  return { task, parents, approvals, agents, stops, limits, processes }
}
