import { type Event, feedFilterOf } from '@muster/contract/events'
import type { QueryClient, QueryKey } from '@tanstack/react-query'

/** The operations whose answers an event may change, by the filter of the feeds that lets it through. */
const byFilter = {
  agent: ['agents.list', 'agents.get', 'agents.persona', 'agents.persona.versions', 'dashboard.fleet-status'],
  task: [
    'goals.get',
    'goals.list',
    'goals.tasks',
    'tasks.get',
    'tasks.list',
    'tasks.why',
    'tasks.runs',
    'tasks.verdicts',
    'runs.list',
    'runs.get',
    'agents.list',
    'budgets.list',
    'models.attempts',
    'dashboard.fleet-status',
    'dashboard.cost-metrics',
  ],
  hitl: ['approvals.list', 'approvals.get', 'judge.agreement', 'runs.get', 'tasks.get', 'dashboard.fleet-status'],
  artifact: ['artifacts.list', 'artifacts.get', 'artifacts.lineage'],
  workflow: [
    'goals.get',
    'goals.list',
    'goals.tasks',
    'goals.plans',
    'projects.list',
    'projects.get',
    'policy.get',
    'policy.versions',
    'documents.list',
    'documents.get',
    'documents.history',
    'budgets.list',
    'keys.list',
    'models.list',
    'models.get',
    'models.versions',
    'providers.list',
    'dashboard.fleet-status',
    'dashboard.cost-metrics',
  ],
} as const

/** Events that give somebody a name, with the list of names that has to be read again. */
const naming: ReadonlyMap<string, string> = new Map([
  ['key.created', 'names of keys'],
  ['agent.created', 'names of agents'],
  ['agent.changed', 'names of agents'],
])

/** Events that add or remove tasks of a graph, or change its edges; the others only move a node's status. */
const reshaping: ReadonlySet<string> = new Set(['goal.created', 'goal.planned', 'goal.replanned', 'goal.started'])

/** The first of a rush is shown soon; while more come, what is on screen is asked again about once a second. */
const first_pause_ms = 120
const pause_ms = 900

/**
 * Asks again what events touched. Only what is on screen is asked, the rest is marked stale; and what is being asked
 * already is asked again once its answer is there, never twice at a time.
 */
export function createInvalidator(queries: QueryClient) {
  let touched: InvalidatedIds = new Map()
  let timer: ReturnType<typeof setTimeout> | undefined
  let flushed_at = Number.NEGATIVE_INFINITY

  function schedule(): void {
    if (timer !== undefined) return
    const is_rush = performance.now() - flushed_at < pause_ms
    timer = setTimeout(flush, is_rush ? pause_ms : first_pause_ms)
  }

  function flush(): void {
    timer = undefined
    flushed_at = performance.now()
    const now = touched
    touched = new Map()
    for (const query of queries
      .getQueryCache()
      .findAll({ predicate: ({ queryKey }) => isInvalidated(now, queryKey) })) {
      const [id, params] = query.queryKey
      if (query.state.fetchStatus !== 'fetching')
        void queries.invalidateQueries({ queryKey: query.queryKey, exact: true })
      else add(touched, String(id), idIn(params) === undefined ? null : [idIn(params) ?? ''])
    }
    if (touched.size > 0) schedule()
  }

  return (event: Event): void => {
    for (const id of byFilter[feedFilterOf(event.type)]) add(touched, id, subjectsOf(event, id))
    if (reshaping.has(event.type)) add(touched, 'goals.graph', subjectsOf(event, 'goals.graph'))
    const names = naming.get(event.type)
    if (names !== undefined) add(touched, names, null)
    schedule()
  }
}

/** By operation the ids whose answers were touched; null: any. */
type InvalidatedIds = Map<string, ReadonlySet<string> | null>

function isInvalidated(touched: InvalidatedIds, [id, params]: QueryKey): boolean {
  const ids = touched.get(String(id))
  if (ids === undefined) return false
  const own = idIn(params)
  return ids === null || own === undefined || ids.has(own)
}

function idIn(params: unknown): string | undefined {
  const id = (params as { readonly id?: unknown } | undefined)?.id
  return typeof id === 'string' ? id : undefined
}

/** The ids whose own answers an event touches; null: any, since a list may hold it. */
function subjectsOf(event: Event, operation: string): readonly string[] | null {
  if (operation.startsWith('goals.') && operation !== 'goals.list') return event.goal_id ? [event.goal_id] : []
  if (operation === 'tasks.why') return null
  if (operation.startsWith('tasks.') && operation !== 'tasks.list') return event.task_id ? [event.task_id] : null
  return null
}

function add(touched: InvalidatedIds, id: string, subjects: readonly string[] | null): void {
  const before = touched.get(id)
  if (subjects === null || before === null) touched.set(id, null)
  else touched.set(id, new Set([...(before ?? []), ...subjects]))
}
