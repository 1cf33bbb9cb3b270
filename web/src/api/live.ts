import { type Event, event as eventSchema } from '@muster/contract/events'
import { eventSocket } from '@muster/contract/operations/dashboard'

/** How the live feed stands. `stale_since` is when it was last known to be whole. */
export type LiveState =
  | { readonly status: 'connecting' }
  | { readonly status: 'live' }
  | { readonly status: 'reconnecting'; readonly stale_since: number; readonly tries: number }
  | { readonly status: 'ended'; readonly because: string }

export interface Live {
  state(): LiveState
  subscribe(listener: () => void): () => void
  onEvent(listener: (event: Event) => void): () => void
  close(): void
}

const first_wait_ms = 400
const wait_ms_max = 8_000
/** The server pings every 30 s at the protocol's level, which a page cannot see; what it can see is the connection's end. */
const revoked_code = 4001

/**
 * Follows the journal over the WebSocket. After a lost connection it goes on behind the last number seen, so nothing is
 * missed and nothing comes twice. A browser that says it is offline, or wakes up, makes it try at once.
 */
export function openLive({ after }: { readonly after: number }): Live {
  const listeners = new Set<() => void>()
  const eventListeners = new Set<(event: Event) => void>()
  let state: LiveState = { status: 'connecting' }
  let last = after
  let tries = 0
  let socket: WebSocket | undefined
  let timer: ReturnType<typeof setTimeout> | undefined
  let closed = false

  const tell = (next: LiveState): void => {
    state = next
    for (const listener of listeners) listener()
  }

  function connect(): void {
    clearTimeout(timer)
    const address = new URL(eventSocket.path, location.href)
    address.protocol = address.protocol.replace('http', 'ws')
    address.searchParams.set('after', String(last))
    socket = new WebSocket(address, 'muster.v1')
    socket.addEventListener('open', () => {
      tries = 0
      tell({ status: 'live' })
    })
    socket.addEventListener('message', ({ data }) => receive(String(data)))
    socket.addEventListener('close', lost)
  }

  function receive(text: string): void {
    const parsed = eventSchema.safeParse(JSON.parse(text))
    // A newer server may send types that this page does not know yet; their numbers still move the cursor.
    const number = parsed.success ? parsed.data.number : Number((JSON.parse(text) as { number?: unknown }).number)
    if (!(number > last)) return
    last = number
    if (!parsed.success) return
    for (const listener of eventListeners) listener(parsed.data as Event)
  }

  function lost({ code }: CloseEvent): void {
    if (closed) return
    if (code === revoked_code) {
      tell({ status: 'ended', because: 'The key was revoked.' })
      return
    }
    tries += 1
    const stale_since = state.status === 'reconnecting' ? state.stale_since : Date.now()
    tell({ status: 'reconnecting', stale_since, tries })
    const wait_ms = Math.min(wait_ms_max, first_wait_ms * 2 ** (tries - 1))
    timer = setTimeout(connect, wait_ms * (0.7 + 0.6 * Math.random()))
  }

  const hurry = (): void => {
    if (state.status === 'reconnecting' && socket?.readyState === WebSocket.CLOSED) connect()
  }
  const drop = (): void => socket?.close()
  addEventListener('online', hurry)
  addEventListener('focus', hurry)
  addEventListener('offline', drop)
  connect()

  return {
    state: () => state,
    subscribe(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    onEvent(listener) {
      eventListeners.add(listener)
      return () => eventListeners.delete(listener)
    },
    close() {
      closed = true
      clearTimeout(timer)
      removeEventListener('online', hurry)
      removeEventListener('focus', hurry)
      removeEventListener('offline', drop)
      socket?.close()
    },
  }
}
