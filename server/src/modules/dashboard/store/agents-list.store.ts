import type { AgentSort, AgentStatus, Runtime } from '@muster/contract/agents/agents'
import type { Tx } from '../../../platform/db/db.ts'
import type { Window } from '../../../platform/db/pages.ts'
import { allOf, containsText, type Fragment, fragment, sql } from '../../../platform/db/sql.ts'
import type { AgentRow } from '../../agents/agents.port.ts'

export interface AgentFilter {
  readonly q?: string | undefined
  readonly statuses?: readonly AgentStatus[] | undefined
  readonly runtimes?: readonly Runtime[] | undefined
  readonly capability?: string | undefined
}

export interface AgentPage extends Pick<Window, 'after' | 'offset' | 'size' | 'counted'> {
  readonly sort: AgentSort
  readonly order: 'asc' | 'desc'
  /** Whether the agents' live runs are shown. */
  readonly with_doing: boolean
}

export interface AgentListRow extends AgentRow {
  readonly live_runs: number
  readonly doing: readonly {
    readonly run_id: string
    readonly task_id: string
    readonly title: string
    readonly goal_id: string | null
    readonly started_at: string
  }[]
}

const doing_max = 3

/** Statements of the list of agents, over views of agents, worker and planner. */
export const agentsListStore = {
  /** One statement a page: the page first (by index where it is sorted by name or making), then its live runs in one pass. */
  list(
    tx: Tx,
    organization_id: string,
    { filter, page }: { readonly filter: AgentFilter; readonly page: AgentPage },
  ): Promise<AgentListRow[]> {
    const { sort, order, after, offset, size, with_doing } = page
    const way = order === 'asc' ? fragment`asc` : fragment`desc`
    const by = sort === 'created' ? fragment`a.agent_id ${way}` : fragment`${sorts[sort]} ${way}, a.agent_id ${way}`
    const filters = [...filtersOf(filter), after === undefined ? undefined : fragment`a.agent_id < ${after}`]
    const busy = fragment`left join (
      select agent_id, count(*)::int as runs from worker_live_v where organization_id = ${organization_id} group by 1) b
      on b.agent_id = a.agent_id`
    // Nulls are equal, so a list by creation is ordered by the ids alone.
    const outer = fragment`p.sort_key ${way}, p.agent_id ${way}`
    return tx.rows<AgentListRow>(sql`
      with page as materialized (
        select a.*, ${sort === 'created' ? fragment`null::text` : sorts[sort]} as sort_key
        from agents_list_v a ${sort === 'live_runs' ? busy : fragment``}
        where a.organization_id = ${organization_id} and ${allOf(filters)}
        order by ${by} limit ${size + 1} offset ${offset}
      ), live as materialized (
        select agent_id, run_id, task_id, claimed_at, row_number() over (partition by agent_id order by claimed_at, run_id) as place
        from worker_live_v where organization_id = ${organization_id} and agent_id in (select agent_id from page)
      ), counted as (
        select agent_id, count(*)::int as runs from live group by 1
      ), doing as (
        select l.agent_id, json_agg(json_build_object('run_id', l.run_id, 'task_id', l.task_id, 'title', t.title,
          'goal_id', t.goal_id, 'started_at', l.claimed_at) order by l.place) as runs
        from live l join planner_tasks_v t on t.organization_id = ${organization_id} and t.task_id = l.task_id
        where l.place <= ${doing_max} and ${with_doing} group by 1
      )
      select p.agent_id as id, p.name, p.description, p.runtime, p.capabilities, p.status, p.stopped,
        p.online and p.seen_at > muster_now() - interval '60 seconds' as online, p.seen_at, p.live_runs_max, p.metadata,
        p.created_at, p.settings, p.persona_version, p.persona_name, p.metered, coalesce(c.runs, 0) as live_runs, coalesce(d.runs, '[]'::json) as doing
      from page p left join counted c on c.agent_id = p.agent_id left join doing d on d.agent_id = p.agent_id
      order by ${outer}`)
  },

  async count(tx: Tx, organization_id: string, filter: AgentFilter): Promise<number> {
    const row = await tx.row<{ total: number }>(sql`
      select count(*)::int as total from agents_list_v a
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
