import type { AgentSort, AgentStatus, Runtime } from '@muster/contract/agents/agents'
import type { Caller } from '../../platform/caller.ts'
import { pageIn, type Windowing, windowOf } from '../../platform/db/pages.ts'
import type { RequestTransactions } from '../../platform/db/request-transactions.ts'
import { presentAgent } from '../agents/agents.port.ts'
import { type AgentListRow, agentsListStore } from './store/agents-list.store.ts'

export interface AgentsQuery extends Windowing {
  readonly q?: string | undefined
  readonly status?: readonly AgentStatus[] | undefined
  readonly runtime?: readonly Runtime[] | undefined
  readonly capability?: string | undefined
  readonly sort?: AgentSort | undefined
  readonly order?: 'asc' | 'desc' | undefined
}

/** Lists agents in pages, with what each does just now. */
export function createAgentsList({ transactions }: { readonly transactions: RequestTransactions }) {
  return function agents(caller: Caller, query: AgentsQuery) {
    const { organization_id } = caller
    const { q, status: statuses, runtime: runtimes, capability, sort = 'created' } = query
    const order = query.order ?? (sort === 'name' || sort === 'status' ? 'asc' : 'desc')
    const filter = { q, statuses, runtimes, capability }
    const window = windowOf(query, sort === 'created' && order === 'desc' ? undefined : `${sort} ${order}`)
    const page = { ...window, sort, order, with_doing: caller.permissions.has('tasks:read') } as const
    return transactions.read(caller, async (tx) => {
      const rows = await agentsListStore.list(tx, organization_id, { filter, page })
      const { items, ...more } = pageIn(rows, window)
      const total = window.counted ? { total: await agentsListStore.count(tx, organization_id, filter) } : {}
      return { items: items.map(presented), ...more, ...total }
    })
  }
}

function presented({ doing, ...row }: AgentListRow) {
  return {
    ...presentAgent(row),
    doing: doing.map(({ goal_id, ...run }) => ({ ...run, ...(goal_id !== null && { goal_id }) })),
  }
}
