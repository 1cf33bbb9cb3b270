import { type Event, familyOf } from '@muster/contract/events'
import type { QueryClient } from '@tanstack/react-query'

/** The operations whose answers an event of a family may change, by id. */
const byFamily = {
  agent: ['agents.list', 'agents.get', 'dashboard.fleet-status'],
  task: [
    'goals.get',
    'goals.list',
    'goals.tasks',
    'tasks.get',
    'tasks.list',
    'tasks.why',
    'tasks.runs',
    'runs.list',
    'runs.get',
    'agents.list',
    'dashboard.fleet-status',
    'dashboard.cost-metrics',
  ],
  hitl: ['approvals.list', 'approvals.get', 'runs.get', 'tasks.get', 'dashboard.fleet-status'],
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
    'dashboard.fleet-status',
    'dashboard.cost-metrics',
  ],
} as const

/** Events that add or remove tasks of a graph, or change its edges; the others only move a node's status. */
const reshaping: ReadonlySet<string> = new Set(['goal.created', 'goal.planned', 'goal.replanned', 'goal.started'])

const pause_ms = 400

/**
 * Asks again what events touched: at once after a pause, and at most once per `pause_ms` however many come. Only what is
 * on screen is asked; the rest is marked stale.
 */
export function createToucher(queries: QueryClient) {
  let touched = new Map<string, ReadonlySet<string> | null>()
  let timer: ReturnType<typeof setTimeout> | undefined

  function flush(): void {
    timer = undefined
    const now = touched
    touched = new Map()
    void queries.invalidateQueries({
      predicate: ({ queryKey: [id, params] }) => {
        const ids = now.get(String(id))
        if (ids === undefined) return false
        const own = (params as { id?: unknown } | undefined)?.id
        return ids === null || typeof own !== 'string' || ids.has(own)
      },
    })
  }

  return (event: Event): void => {
    for (const id of byFamily[familyOf(event.type)]) add(touched, id, subjectsOf(event, id))
    if (reshaping.has(event.type)) add(touched, 'goals.graph', subjectsOf(event, 'goals.graph'))
    if (timer === undefined) timer = setTimeout(flush, pause_ms)
  }
}

/** The ids whose own answers an event touches; null: any, since a list may hold it. */
function subjectsOf(event: Event, operation: string): readonly string[] | null {
  if (operation.startsWith('goals.') && operation !== 'goals.list') return event.goal_id ? [event.goal_id] : []
  if (operation === 'tasks.why') return null
  if (operation.startsWith('tasks.') && operation !== 'tasks.list') return event.task_id ? [event.task_id] : null
  return null
}

function add(touched: Map<string, ReadonlySet<string> | null>, id: string, subjects: readonly string[] | null): void {
  const before = touched.get(id)
  if (subjects === null || before === null) touched.set(id, null)
  else touched.set(id, new Set([...(before ?? []), ...subjects]))
}
