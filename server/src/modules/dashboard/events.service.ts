import { type EventType, type FeedFilter, feedFilters } from '@muster/contract/events'
import type { Caller } from '../../platform/caller.ts'
import type { TenantTx } from '../../platform/db/db.ts'
import type { RequestTransactions } from '../../platform/db/request-transactions.ts'
import { invalid } from '../../platform/errors.ts'
import type { JournalEvent } from '../../platform/journal/events.ts'
import { type EventFilters, head, type JournalPage, type JournalQuery, read } from '../../platform/journal/reader.ts'
import type { ReadSealedState } from '../../platform/journal/sealed-state.ts'
import { presentEvent, type WireEvent } from '../../platform/realtime/wire.ts'
import { eventsStore } from './store/events.store.ts'

export interface EventsQuery {
  readonly cursor?: string | undefined
  readonly limit: number
  readonly offset?: number | undefined
  readonly page?: number | undefined
  readonly page_size?: number | undefined
  readonly family?: FeedFilter | undefined
  readonly project_id?: string | undefined
  readonly goal_id?: string | undefined
  readonly task_id?: string | undefined
  readonly type?: readonly EventType[] | undefined
  readonly event_type?: readonly EventType[] | undefined
  readonly actor?: string | undefined
  readonly after?: number | undefined
  readonly from?: string | undefined
  readonly to?: string | undefined
  readonly order: 'newest' | 'oldest'
}

interface EventsPage {
  readonly items: readonly WireEvent[]
  readonly next_cursor?: string
  readonly total?: number
}

/** Reads of the journal that one page of a filtered list may take; each looks at a bounded number of segments. */
const reads_max = 20
/** A list by page number needs its total, so all fitting events are counted, up to this many. */
const counted_max = 100_000

/** Lists the journal. A page may hold fewer events than requested, also none, and still have a cursor to continue. */
export function createEvents({ transactions, sealed_state }: EventsDeps) {
  return async function events(caller: Caller, query: EventsQuery) {
    const { organization_id } = caller
    const sealedState = await sealed_state(organization_id)
    const page = await transactions.read(caller, async (tx) => {
      const filters = await filtersOf(tx, organization_id, query)
      const by_page = query.offset ?? query.page ?? query.page_size
      return by_page === undefined
        ? byCursor(tx, organization_id, { query, filters })
        : byPage(tx, organization_id, { query, filters })
    })
    return { ...page, ...sealedState }
  }
}

export interface EventsDeps {
  readonly transactions: RequestTransactions
  readonly sealed_state: ReadSealedState
}

interface Asked {
  readonly query: EventsQuery
  readonly filters: EventFilters
}

async function byCursor(tx: TenantTx, organization_id: string, { query, filters }: Asked): Promise<EventsPage> {
  const { limit, order } = query
  const number = numberOf(query)
  const ends =
    order === 'oldest' ? { after: Math.max(number ?? 0, query.after ?? 0) } : { after: query.after, before: number }
  const { events, cursor, more } = await collect(tx, organization_id, { limit, order, filters, ...ends })
  const items = events.map(presentEvent)
  return more ? { items, next_cursor: cursorOf(order, cursor) } : { items }
}

/** Reads until a page is full or enough was looked at. */
async function collect(tx: TenantTx, organization_id: string, query: JournalQuery): Promise<JournalPage> {
  const events: JournalEvent[] = []
  let { after, before } = query
  for (let reads = 1; ; reads += 1) {
    const page = await read(tx, organization_id, { ...query, after, before, limit: query.limit - events.length })
    events.push(...page.events)
    if (!page.more || events.length === query.limit || reads === reads_max) return { ...page, events }
    if (query.order === 'oldest') after = page.cursor
    else before = page.cursor
  }
}

async function byPage(tx: TenantTx, organization_id: string, { query, filters }: Asked): Promise<EventsPage> {
  const { order, page, offset, after } = query
  const size = query.page_size ?? query.limit
  const skipped = offset ?? ((page ?? 1) - 1) * size
  const is_plain = Object.values(filters).every((value) => value === undefined)
  if (is_plain) {
    const first = after ?? 0
    const last = await head(tx, organization_id)
    const ends = order === 'oldest' ? { after: first + skipped } : { after: first, before: last + 1 - skipped }
    const { events } = await read(tx, organization_id, { limit: size, order, ...ends })
    return { items: events.map(presentEvent), total: Math.max(0, last - first) }
  }
  const events = await collectAll(tx, organization_id, { order, filters, after })
  return { items: events.slice(skipped, skipped + size).map(presentEvent), total: events.length }
}

async function collectAll(
  tx: TenantTx,
  organization_id: string,
  query: Omit<JournalQuery, 'limit'>,
): Promise<JournalEvent[]> {
  const events: JournalEvent[] = []
  let { after, before } = query
  for (let looked = 0; looked < counted_max; ) {
    const page = await read(tx, organization_id, { ...query, after, before, limit: counted_max })
    events.push(...page.events)
    if (!page.more) return events
    if (query.order === 'oldest') {
      looked += page.cursor - (after ?? 0)
      after = page.cursor
    } else {
      looked += (before ?? page.cursor + 1) - page.cursor
      before = page.cursor
    }
  }
  throw invalid('page', 'Too many events to count. Narrow the filters, or use cursor instead of page.')
}

/** The events of a task are found through its goal or project, which is what segments are found by. */
async function filtersOf(tx: TenantTx, organization_id: string, query: EventsQuery): Promise<EventFilters> {
  const { project_id, goal_id, task_id, family, actor, from, to } = query
  const filters: EventFilters = {
    project_id,
    goal_id,
    task_id,
    from,
    to,
    types: query.type ?? query.event_type,
    actor,
    families: family === undefined ? undefined : feedFilters[family],
  }
  if (task_id === undefined || goal_id !== undefined) return filters
  const task = await eventsStore.taskScope(tx, organization_id, task_id)
  return { ...filters, project_id: project_id ?? task?.project_id, goal_id: task?.goal_id ?? undefined }
}

function cursorOf(order: EventsQuery['order'], number: number): string {
  return Buffer.from(`${order} ${number}`).toString('base64url')
}

function numberOf({ cursor, order }: EventsQuery): number | undefined {
  if (cursor === undefined) return undefined
  const [text_order, number = ''] = Buffer.from(cursor, 'base64url').toString('utf8').split(' ')
  if (text_order === order && /^\d{1,15}$/.test(number)) return Number(number)
  throw invalid('cursor', 'Invalid cursor. Use next_cursor of the same list in the same order.')
}
