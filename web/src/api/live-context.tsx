import type { Event } from '@muster/contract/events'
import { useQueryClient } from '@tanstack/react-query'
import { createContext, type ReactNode, use, useEffect, useRef, useState, useSyncExternalStore } from 'react'
import { createInvalidator, type Invalidation } from './invalidation.ts'
import { type Live, type LiveState, openLive } from './live.ts'

const LiveContext = createContext<Live | null>(null)

/** Opens the feed behind the event `after` for everything below; its events make the queries on screen ask again. */
export function LiveProvider(props: {
  readonly after: number
  /** The same array at every render. */
  readonly invalidations: readonly Invalidation[]
  readonly children: ReactNode
}) {
  const { after, invalidations, children } = props
  const queries = useQueryClient()
  const [live, setLive] = useState<Live | null>(null)
  useEffect(() => {
    const connection = openLive({ after })
    connection.onEvent(createInvalidator(queries, invalidations))
    connection.onReset(() => void queries.invalidateQueries())
    setLive(connection)
    return () => connection.close()
  }, [after, invalidations, queries])
  return <LiveContext value={live}>{children}</LiveContext>
}

const connecting: LiveState = { status: 'connecting' }
const nothing = (): (() => void) => () => undefined

/** How the feed stands. */
export function useLiveState(): LiveState {
  const live = use(LiveContext)
  return useSyncExternalStore(live?.subscribe ?? nothing, live?.state ?? (() => connecting))
}

/** Calls with every event; the latest function is called, so it need not be stable. */
export function useEvents(handle: (event: Event) => void): void {
  const live = use(LiveContext)
  const latest = useRef(handle)
  useEffect(() => {
    latest.current = handle
  })
  useEffect(() => live?.onEvent((event) => latest.current(event)), [live])
}
