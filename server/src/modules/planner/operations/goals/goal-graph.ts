import type { Caller } from '../../../../platform/caller.ts'
import type { RequestTransactions } from '../../../../platform/db/request-transactions.ts'
import { notFound } from '../../../../platform/errors.ts'
import { mermaidOf } from '../../rules/mermaid.rules.ts'
import { type GraphNodeRow, goalGraphStore } from '../../store/goal-graph.store.ts'
import type { LatestRun, TaskRuns } from '../../task-kinds.port.ts'

export interface GraphDeps {
  readonly transactions: RequestTransactions
  taskRuns(): TaskRuns
}

/** The graph of a goal as it runs: who works on which task, and which approvals are open. */
export function createGraph({ transactions, taskRuns }: GraphDeps) {
  return function graph(caller: Caller, goal_id: string) {
    const { organization_id } = caller
    return transactions.read(caller, async (tx) => {
      const [plan_revision, rows, edges] = await Promise.all([
        goalGraphStore.revision(tx, organization_id, goal_id),
        goalGraphStore.nodes(tx, organization_id, goal_id),
        goalGraphStore.edges(tx, organization_id, goal_id),
      ])
      if (plan_revision === undefined) throw notFound('goal', goal_id)
      const task_ids = rows.map(({ id }) => id)
      const runs = await taskRuns().latestRuns(tx, organization_id, task_ids)
      const nodes = rows.map((row) => presentNode(row, runs.get(row.id)))
      return { goal_id, plan_revision, nodes, edges, mermaid: mermaidOf(rows, edges) }
    })
  }
}

function presentNode(row: GraphNodeRow, run: LatestRun | undefined) {
  const { id, key, title, capability, status, is_leaf, attempts, leases_lost, retries, conflicts } = row
  const agent_id = run?.agent_id ?? row.agent_id
  return {
    id,
    key,
    title,
    capability,
    status,
    counters: { attempts, leases_lost, retries, conflicts },
    is_leaf,
    ...(row.reason !== null && { reason: row.reason }),
    ...(agent_id !== null && { agent_id }),
    ...(row.parent_id !== null && { parent_id: row.parent_id }),
    ...(row.approval_id !== null && { approval_id: row.approval_id }),
    ...(row.ready_at !== null && { ready_at: row.ready_at }),
    ...(run !== undefined && { started_at: run.started_at }),
    ...(row.ended_at !== null && { ended_at: row.ended_at }),
  }
}
