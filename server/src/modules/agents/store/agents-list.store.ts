import type { AgentSort, AgentStatus, Runtime } from '@muster/contract/agents/agents'
import type { Tx } from '../../../platform/db/db.ts'
import type { Window } from '../../../platform/db/pages.ts'
import { allOf, containsText, type Fragment, fragment, sql } from '../../../platform/db/sql.ts'
import type { AgentRow } from '../agents.port.ts'
import { agentColumns } from '../agents.store.ts'

export interface AgentFilter {
  readonly q?: string | undefined
  readonly statuses?: readonly AgentStatus[] | undefined
  readonly runtimes?: readonly Runtime[] | undefined
  readonly capability?: string | undefined
}

export interface AgentPage extends Pick<Window, 'after' | 'offset' | 'size' | 'counted'> {
  readonly sort: AgentSort
  readonly order: 'asc' | 'desc'
  /** Live runs of the agents that have any, by agent. */
  readonly live_runs: ReadonlyMap<string, number>
}

/** Statements of the list of agents. */
export const agentsListStore = {
  /** One statement a page, by index where it is sorted by name or making. */
  list(
    tx: Tx,
    organization_id: string,
    { filter, page }: { readonly filter: AgentFilter; readonly page: AgentPage },
  ): Promise<AgentRow[]> {
    const { sort, order, after, offset, size, live_runs } = page
    const direction = order === 'asc' ? fragment`asc` : fragment`desc`
    const by =
      sort === 'created' ? fragment`a.id ${direction}` : fragment`${sorts[sort]} ${direction}, a.id ${direction}`
    const filters = [...filtersOf(filter), after === undefined ? undefined : fragment`a.id < ${after}`]
    const counts = fragment`left join unnest(${[...live_runs.keys()]}::uuid[], ${[...live_runs.values()]}::int[])
      as b (agent_id, runs) on b.agent_id = a.id`
    return tx.rows<AgentRow>(sql`
      select ${agentColumns} from agents a ${sort === 'live_runs' ? counts : fragment``}
      where a.organization_id = ${organization_id} and ${allOf(filters)}
      order by ${by} limit ${size + 1} offset ${offset}`)
  },

  async count(tx: Tx, organization_id: string, filter: AgentFilter): Promise<number> {
    const row = await tx.row<{ total: number }>(sql`
      select count(*)::int as total from agents a
      where a.organization_id = ${organization_id} and ${allOf(filtersOf(filter))}`)
    return row?.total ?? 0
  },
}

const sorts: Readonly<Record<Exclude<AgentSort, 'created'>, Fragment>> = {
  name: fragment`a.name`,
  status: fragment`a.status`,
  live_runs: fragment`coalesce(b.runs, 0)`,
  last_seen: fragment`coalesce(a.seen_at, '-infinity')`,
}

function filtersOf({ q, statuses, runtimes, capability }: AgentFilter): (Fragment | undefined)[] {
  return [
    q === undefined ? undefined : containsText(fragment`a.name`, q),
    statuses === undefined ? undefined : fragment`a.status = any (${statuses}::text[])`,
    runtimes === undefined ? undefined : fragment`a.runtime = any (${runtimes}::text[])`,
    capability === undefined ? undefined : fragment`${capability} = any (a.capabilities)`,
  ]
}
