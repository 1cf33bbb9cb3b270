import type { Caller } from '../../platform/caller.ts'
import type { RequestTransactions } from '../../platform/db/request-transactions.ts'
import { notFound } from '../../platform/errors.ts'
import { mermaidOf } from './rules/graph.rules.ts'
import { graphStore, type NodeRow } from './store/graph.store.ts'

/** The graph of a goal as it runs: who works on which task, and which approvals are open. */
export function createGraph({ transactions }: { readonly transactions: RequestTransactions }) {
  return function graph(caller: Caller, goal_id: string) {
    const { organization_id } = caller
    return transactions.read(caller, async (tx) => {
      const [plan_revision, rows, edges] = await Promise.all([
        graphStore.revision(tx, organization_id, goal_id),
        graphStore.nodes(tx, organization_id, goal_id),
        graphStore.edges(tx, organization_id, goal_id),
      ])
      if (plan_revision === undefined) throw notFound('goal', goal_id)
      return { goal_id, plan_revision, nodes: rows.map(presented), edges, mermaid: mermaidOf(rows, edges) }
    })
  }
}

function presented(row: NodeRow) {
  const { id, key, title, capability, status, is_leaf, attempts, leases_lost, retries, conflicts } = row
  return {
    id,
    key,
    title,
    capability,
    status,
    counters: { attempts, leases_lost, retries, conflicts },
    is_leaf,
    ...(row.reason !== null && { reason: row.reason }),
    ...(row.agent_id !== null && { agent_id: row.agent_id }),
    ...(row.parent_id !== null && { parent_id: row.parent_id }),
    ...(row.approval_id !== null && { approval_id: row.approval_id }),
    ...(row.ready_at !== null && { ready_at: row.ready_at }),
    ...(row.started_at !== null && { started_at: row.started_at }),
    ...(row.ended_at !== null && { ended_at: row.ended_at }),
  }
}
