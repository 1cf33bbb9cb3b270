import type { FeedReset } from '@muster/contract/dashboard/feeds'
import { limits } from '@muster/contract/limits'
import { cutText } from '@muster/contract/texts/graphemes'
import type { Db } from '../db/db.ts'
import { MusterError } from '../errors.ts'
import type { JournalEvent } from '../journal/events.ts'
import { type EventFilters, fits, range, read } from '../journal/reader.ts'
import type { SealedSignal } from '../journal/sealed-signal.ts'
import type { Log } from '../log.ts'

/**
 * Why a feed ended by itself: its reader was too slow for the buffer, its key was revoked, or the server goes away. In
 * each case the reader may come again and go on after the last event it saw.
 */
export type EndReason = 'slow' | 'revoked' | 'shutdown'

export interface SubscriptionOptions {
  readonly organization_id: string
  /** The feed ends when this key is revoked. */
  readonly key_id: string | null
  /** The number of the last event seen, as the reader gave it; absent: from now on. */
  readonly after?: number | string | undefined
  readonly filters: EventFilters
}

/**
 * One reader's events: first those after its cursor, from the database and at its own pace, then new ones as they
 * happen (invariant 29).
 */
export interface Subscription extends Disposable {
  /** The notice to begin with, where the cursor that was given leads nowhere. */
  readonly reset: FeedReset | undefined
  /** Aborts, with an `EndReason`, when the feed ends by itself. */
  readonly ended: AbortSignal
  /** Everything up to this number was returned, or does not fit the filters. */
  cursor(): number
  /** The next events in order; none when nothing happened for `wait_ms`; undefined when the feed has ended. */
  next(wait_ms: number): Promise<readonly JournalEvent[] | undefined>
}

export interface Feeds extends AsyncDisposable {
  subscribe(options: SubscriptionOptions): Promise<Subscription>
}

export interface FeedsOptions {
  readonly db: Db
  readonly sealed: SealedSignal
  readonly log: Log
  readonly buffer_events_max?: number
  /** How often it looks without a signal; absent: every 5 s, and only while somebody listens. */
  readonly sweep_ms?: number
}

interface Member {
  readonly cursor: number
  offer(events: readonly JournalEvent[]): void
}

interface Hub {
  /** Adds a member that has read everything up to its cursor; false where others are further on. */
  join(member: Member): boolean
  leave(member: Member): void
  look(): void
}

const page_events = 500
const catch_up_events = 200

/** The fan-out of this process: one hub an organization reads each new event once and passes it to all members. */
export function createFeeds(options: FeedsOptions): Feeds {
  const { db, sealed, buffer_events_max = limits.live_buffer_events_max, sweep_ms = 5_000 } = options
  const hubs = new Map<string, Hub>()
  const endFunctions = new Set<(reason: EndReason) => void>()

  const sealedListener = sealed.listen((organization_ids) => {
    if (organization_ids === undefined) lookEverywhere()
    else for (const organization_id of organization_ids) hubs.get(organization_id)?.look()
  })
  const sweep = setInterval(lookEverywhere, sweep_ms).unref()
  let isClosed = false

  function lookEverywhere(): void {
    for (const hub of hubs.values()) hub.look()
  }

  function hubOf(organization_id: string): Hub {
    const existingHub = hubs.get(organization_id)
    if (existingHub) return existingHub
    const hub = createHub({ ...options, organization_id, onEmpty: () => void hubs.delete(organization_id) })
    hubs.set(organization_id, hub)
    return hub
  }

  return {
    async subscribe({ organization_id, key_id, after, filters }) {
      const numbers = await db.transact({ organization_id }, (tx) => range(tx, organization_id))
      if (isClosed) throw new MusterError('unavailable', 'The server is shutting down.', { retry_after_ms: 1_000 })
      const { start, reset } = startOf(after, numbers)
      const subscription = createSubscription({
        start,
        reset,
        key_id,
        filters,
        buffer_events_max,
        readAfter: (number) =>
          db.transact({ organization_id }, (tx) =>
            read(tx, organization_id, { after: number, limit: catch_up_events, order: 'oldest', filters }),
          ),
        join: (member) => hubOf(organization_id).join(member),
        leave: (member) => hubs.get(organization_id)?.leave(member),
        onEnd: () => void endFunctions.delete(subscription.end),
      })
      endFunctions.add(subscription.end)
      return subscription
    },
    async [Symbol.asyncDispose]() {
      isClosed = true
      sealedListener[Symbol.dispose]()
      clearInterval(sweep)
      for (const end of endFunctions) end('shutdown')
    },
  }
}

/** Where a feed begins. Behind removed events that is the oldest one left, elsewhere the present. */
function startOf(
  after: SubscriptionOptions['after'],
  { removed, last }: { readonly removed: number; readonly last: number },
): { readonly start: number; readonly reset: FeedReset | undefined } {
  const resetTo = (cursor: number, reason: FeedReset['reason']) => ({
    start: cursor,
    reset: { type: 'reset', reason, after: cutText(String(after), limits.name_characters_max), cursor } as const,
  })
  if (after === undefined) return { start: last, reset: undefined }
  const number = typeof after === 'number' ? after : /^\d{1,15}$/.test(after) ? Number(after) : undefined
  if (number === undefined) return resetTo(last, 'unknown')
  if (number > last) return resetTo(last, 'ahead')
  return number < removed ? resetTo(removed, 'removed') : { start: number, reset: undefined }
}

function createHub(options: FeedsOptions & { readonly organization_id: string; readonly onEmpty: () => void }): Hub {
  const { db, log, organization_id, onEmpty } = options
  const members = new Set<Member>()
  let position = 0
  let isReading = false
  let again = false

  async function readOn(): Promise<void> {
    while (again && members.size > 0) {
      again = false
      const query = { after: position, limit: page_events, order: 'oldest' } as const
      const page = await db.transact({ organization_id }, (tx) => read(tx, organization_id, query))
      position = page.cursor
      again ||= page.more
      if (page.events.length > 0) for (const member of [...members]) member.offer(page.events)
    }
  }

  function look(): void {
    again = true
    if (isReading) return
    isReading = true
    readOn()
      .catch((err: unknown) =>
        log.warn({ err, organization_id }, 'the live feed cannot read the journal at the moment'),
      )
      .finally(() => {
        isReading = false
      })
  }

  return {
    join(member) {
      if (members.size === 0) position = member.cursor
      else if (member.cursor < position) return false
      members.add(member)
      // Events that were sealed after the member's last read and announced before it joined.
      look()
      return true
    },
    leave(member) {
      members.delete(member)
      if (members.size === 0) onEmpty()
    },
    look,
  }
}

interface SubscriptionParts extends Pick<SubscriptionOptions, 'key_id' | 'filters'> {
  readonly start: number
  readonly reset: FeedReset | undefined
  readonly buffer_events_max: number
  readAfter(number: number): ReturnType<typeof read>
  join(member: Member): boolean
  leave(member: Member): void
  onEnd(): void
}

function createSubscription(parts: SubscriptionParts): Subscription & { end(reason: EndReason): void } {
  const { key_id, filters, buffer_events_max } = parts
  const endController = new AbortController()
  let deliveredNumber = parts.start
  let offeredNumber = parts.start
  let queue: JournalEvent[] = []
  let hasJoined = false
  const waiter = createWaiter()

  const member: Member = {
    get cursor() {
      return offeredNumber
    },
    offer(events) {
      const newEvents = events.filter((event) => event.number > offeredNumber)
      offeredNumber = Math.max(offeredNumber, events.at(-1)?.number ?? 0)
      if (newEvents.some(({ type, data }) => type === 'key.revoked' && data.key_id === key_id)) return end('revoked')
      for (const event of newEvents) if (fits(event, filters)) queue.push(event)
      if (queue.length > buffer_events_max) return end('slow')
      if (queue.length > 0) waiter.wake()
    },
  }

  function end(reason: EndReason): void {
    if (endController.signal.aborted) return
    queue = []
    endController.abort(reason)
    parts.leave(member)
    parts.onEnd()
    waiter.wake()
  }

  /** Reads after the cursor until it has caught up with the hub. */
  async function catchUp(): Promise<readonly JournalEvent[]> {
    while (!hasJoined && !endController.signal.aborted) {
      const page = await parts.readAfter(deliveredNumber)
      deliveredNumber = offeredNumber = page.cursor
      if (endController.signal.aborted) return []
      hasJoined = !page.more && parts.join(member)
      if (page.events.length > 0) return page.events
    }
    return []
  }

  return {
    reset: parts.reset,
    ended: endController.signal,
    end,
    cursor: () => deliveredNumber,
    async next(wait_ms) {
      const behind = await catchUp()
      if (behind.length > 0) return behind
      if (queue.length === 0 && !endController.signal.aborted) await waiter.wait(wait_ms)
      if (endController.signal.aborted) return undefined
      deliveredNumber = offeredNumber
      return queue.splice(0)
    },
    [Symbol.dispose]: () => end('shutdown'),
  }
}

/** One wait at a time, which ends when it is woken or its time is up. */
function createWaiter() {
  let wake: () => void = () => {}
  return {
    wake: () => wake(),
    wait: (wait_ms: number): Promise<void> =>
      new Promise((resolve) => {
        const timer = setTimeout(resolve, wait_ms)
        wake = () => {
          clearTimeout(timer)
          resolve()
        }
      }),
  }
}
