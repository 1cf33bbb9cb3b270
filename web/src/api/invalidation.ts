import { type Event, type EventFamily, type EventType, familyOf } from '@muster/contract/events'
import { fieldOf } from '@muster/contract/platform/objects'
import type { QueryClient, QueryKey } from '@tanstack/react-query'

/** Queries whose answers may change with events. */
export interface Invalidation {
  /** Types of events, or families of them. */
  readonly on: readonly (EventType | EventFamily)[]
  /** The first parts of the queries' keys: ids of operations. */
  readonly queries: readonly string[]
  /** Limits it to queries whose parameter `id` is among these; null or absent: any. */
  readonly ids?: (event: Event) => readonly string[] | null
}

/** The first of a rush is shown soon; while more come, what is on screen is asked again about once a second. */
const first_pause_ms = 120
const pause_ms = 900

/**
 * Asks again what events touched. Only what is on screen is asked, the rest is marked stale; and what is being asked
 * already is asked again once its answer is there, never twice at a time.
 */
export function createInvalidator(queries: QueryClient, invalidations: readonly Invalidation[]) {
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
    const family = familyOf(event.type)
    for (const { on, queries: names, ids } of invalidations)
      if (on.includes(event.type) || on.includes(family))
        for (const name of names) add(touched, name, ids === undefined ? null : ids(event))
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
  const id = fieldOf(params, 'id')
  return typeof id === 'string' ? id : undefined
}

function add(touched: InvalidatedIds, id: string, subjects: readonly string[] | null): void {
  const before = touched.get(id)
  if (subjects === null || before === null) touched.set(id, null)
  else touched.set(id, new Set([...(before ?? []), ...subjects]))
}
