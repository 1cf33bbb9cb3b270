import { feedReset } from '@muster/contract/dashboard/feeds'
import { eventSocket } from '@muster/contract/dashboard/operations'
import { type Event, event as eventSchema } from '@muster/contract/events'
import { fieldOf } from '@muster/contract/platform/objects'

/** How the live feed stands. `stale_since` is when it was last known to be whole. */
export type LiveState =
  | { readonly status: 'connecting' }
  | { readonly status: 'live' }
  | { readonly status: 'reconnecting'; readonly stale_since: number; readonly attempts: number }
  | { readonly status: 'ended'; readonly reason: string }

export interface Live {
  state(): LiveState
  subscribe(listener: () => void): () => void
  onEvent(listener: (event: Event) => void): () => void
  /** Called when events may have been missed, so that all that is shown has to be asked for again. */
  onReset(listener: () => void): () => void
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
  const listeners = createListeners<void>()
  const events = createListeners<Event>()
  const resets = createListeners<void>()
  let state: LiveState = { status: 'connecting' }
  let last = after
  let attempts = 0
  let socket: WebSocket | undefined
  let timer: ReturnType<typeof setTimeout> | undefined
  let isClosed = false

  const become = (next: LiveState): void => {
    state = next
    listeners.notify()
  }

  function connect(): void {
    clearTimeout(timer)
    socket = new WebSocket(addressBehind(last), 'muster.v1')
    socket.addEventListener('open', () => {
      attempts = 0
      become({ status: 'live' })
    })
    socket.addEventListener('message', ({ data }) => {
      const { number, event, isReset } = parseMessage(String(data))
      if (isReset) {
        last = number
        resets.notify()
        return
      }
      if (!(number > last)) return
      last = number
      if (event !== undefined) events.notify(event)
    })
    socket.addEventListener('close', ({ code }) => handleClose(code))
  }

  function handleClose(code: number): void {
    if (isClosed) return
    if (code === revoked_code) {
      become({ status: 'ended', reason: 'Key revoked.' })
      return
    }
    attempts += 1
    const stale_since = state.status === 'reconnecting' ? state.stale_since : Date.now()
    become({ status: 'reconnecting', stale_since, attempts })
    const wait_ms = Math.min(wait_ms_max, first_wait_ms * 2 ** (attempts - 1))
    timer = setTimeout(connect, wait_ms * (0.7 + 0.6 * Math.random()))
  }

  const leave = onBrowser({
    online: () => state.status === 'reconnecting' && socket?.readyState === WebSocket.CLOSED && connect(),
    offline: () => socket?.close(),
  })
  connect()

  return {
    state: () => state,
    subscribe: listeners.add,
    onEvent: events.add,
    onReset: resets.add,
    close() {
      isClosed = true
      clearTimeout(timer)
      leave()
      socket?.close()
    },
  }
}

function addressBehind(last: number): URL {
  const address = new URL(eventSocket.path, location.href)
  address.protocol = address.protocol.replace('http', 'ws')
  address.searchParams.set('after', String(last))
  return address
}

/** A newer server may send types that this page does not know yet: their numbers still move the cursor. */
function parseMessage(text: string): { readonly number: number; readonly event?: Event; readonly isReset?: boolean } {
  const data: unknown = JSON.parse(text)
  const reset = feedReset.safeParse(data)
  if (reset.success) return { number: reset.data.cursor, isReset: true }
  const result = eventSchema.safeParse(data)
  if (result.success) return { number: result.data.number, event: result.data }
  return { number: Number(fieldOf(data, 'number')) }
}

function onBrowser({
  online,
  offline,
}: {
  readonly online: () => unknown
  readonly offline: () => unknown
}): () => void {
  const handlers = { online, focus: online, offline }
  for (const [name, handle] of Object.entries(handlers)) addEventListener(name, handle)
  return () => {
    for (const [name, handle] of Object.entries(handlers)) removeEventListener(name, handle)
  }
}

function createListeners<Value>() {
  const all = new Set<(value: Value) => void>()
  return {
    add(listener: (value: Value) => void): () => void {
      all.add(listener)
      return () => all.delete(listener)
    },
    notify(value: Value): void {
      for (const listener of all) listener(value)
    },
  }
}
