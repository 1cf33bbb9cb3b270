import type { AgentSort, AgentStatus, Runtime } from '@muster/contract/agents/agents'
import type { Caller } from '../../../platform/caller.ts'
import type { Tx } from '../../../platform/db/db.ts'
import { pageIn, type WindowQuery, windowOf } from '../../../platform/db/pages.ts'
import type { RequestTransactions } from '../../../platform/db/request-transactions.ts'
import type { AgentActivity, AgentRow, AgentRun } from '../agents.port.ts'
import { presentAgent } from '../agents.rules.ts'
import { agentsListStore } from '../store/agents-list.store.ts'

export interface AgentsQuery extends WindowQuery {
  readonly q?: string | undefined
  readonly status?: readonly AgentStatus[] | undefined
  readonly runtime?: readonly Runtime[] | undefined
  readonly capability?: string | undefined
  readonly sort?: AgentSort | undefined
  readonly order?: 'asc' | 'desc' | undefined
}

export interface ListAgentsDeps {
  readonly transactions: RequestTransactions
  activity(): AgentActivity
}

const doing_max = 3

/** Lists agents in pages, with what each does just now. */
export function createAgentsList({ transactions, activity }: ListAgentsDeps) {
  return function agents(caller: Caller, query: AgentsQuery) {
    const { organization_id } = caller
    const { q, status: statuses, runtime: runtimes, capability, sort = 'created' } = query
    const order = query.order ?? (sort === 'name' || sort === 'status' ? 'asc' : 'desc')
    const filter = { q, statuses, runtimes, capability }
    const window = windowOf(query, sort === 'created' && order === 'desc' ? undefined : `${sort} ${order}`)
    return transactions.read(caller, async (tx) => {
      const live_runs = await activity().liveRuns(tx, organization_id)
      const page = { ...window, sort, order, live_runs } as const
      const { items, ...more } = pageIn(await agentsListStore.list(tx, organization_id, { filter, page }), window)
      const runsByAgent = caller.permissions.has('tasks:read')
        ? await runsOf(activity(), tx, { organization_id, items })
        : none
      const total = window.counted ? { total: await agentsListStore.count(tx, organization_id, filter) } : {}
      const present = (row: AgentRow) => ({
        ...presentAgent(row),
        live_runs: live_runs.get(row.id) ?? 0,
        doing: (runsByAgent.get(row.id) ?? []).map(presentRun),
      })
      return { items: items.map(present), ...more, ...total }
    })
  }
}

const none: ReadonlyMap<string, readonly AgentRun[]> = new Map()

/** The first live runs of those agents of the page that have any. */
async function runsOf(
  activity: AgentActivity,
  tx: Tx,
  { organization_id, items }: { readonly organization_id: string; readonly items: readonly AgentRow[] },
) {
  const agent_ids = items.map(({ id }) => id)
  return agent_ids.length === 0 ? none : activity.firstRuns(tx, organization_id, { agent_ids, runs_max: doing_max })
}

function presentRun({ goal_id, ...run }: AgentRun) {
  return { ...run, ...(goal_id !== null && { goal_id }) }
}
