import { type EventFamily, type EventType, familyOf } from '@muster/contract/events'
import type { Tx } from '../db/db.ts'
import { allOf, fragment, sql } from '../db/sql.ts'
import { invariant } from '../errors.ts'
import { decodeEntry, type EncodedEntry } from './encoding.ts'
import type { JournalEvent, StoredEvent } from './events.ts'
import type { Part } from './segments.ts'

/** The filters of a reader; an event has to fit all that are given. */
export interface EventFilters {
  readonly project_id?: string | undefined
  readonly goal_id?: string | undefined
  readonly task_id?: string | undefined
  readonly run_id?: string | undefined
  readonly types?: readonly EventType[] | undefined
  readonly families?: readonly EventFamily[] | undefined
  /** The id of who did it, or their kind. */
  readonly actor?: string | undefined
  /** Of the event's own time, which is that of its transaction; both ends are included. */
  readonly from?: string | undefined
  readonly to?: string | undefined
}

export interface JournalQuery {
  /** Only events with a higher number. */
  readonly after?: number | undefined
  /** Only events with a lower number. */
  readonly before?: number | undefined
  readonly limit: number
  readonly order: 'oldest' | 'newest'
  readonly filters?: EventFilters | undefined
}

export interface JournalPage {
  readonly events: readonly JournalEvent[]
  /**
   * Everything up to this number was read (for `newest`: down to it), so the next read continues after it (`before`
   * it). It moves also where nothing fitted.
   */
  readonly cursor: number
  /** Whether there may be more behind the cursor: a read looks at a bounded number of segments. */
  readonly more: boolean
}

/** The number of the last sealed event; 0 where there is none. */
export async function head(tx: Tx, organization_id: string): Promise<number> {
  const row = await tx.row<{ last_number: number }>(sql`
    select next_number - 1 as last_number from journal_heads where organization_id = ${organization_id}`)
  return row?.last_number ?? 0
}

/** The numbers of the events that are there: those after `removed`, up to `last`. */
export async function range(tx: Tx, organization_id: string): Promise<{ removed: number; last: number }> {
  const row = await tx.row<{ removed: number; last: number }>(sql`
    select coalesce((select through_number from journal_retired where organization_id = ${organization_id}), 0) as removed,
      coalesce((select next_number - 1 from journal_heads where organization_id = ${organization_id}), 0) as last`)
  invariant(row, 'a select without a table gives one row')
  return { removed: Number(row.removed), last: Number(row.last) }
}

/**
 * Reads events of one organization by number, from segments alone: an event without a number is not returned. Project
 * and goal find their segments by an index, the other filters are tested on the events.
 */
export async function read(tx: Tx, organization_id: string, query: JournalQuery): Promise<JournalPage> {
  const { limit, order, filters = {} } = query
  const after = query.after ?? 0
  const last = await head(tx, organization_id)
  const before = Math.min(query.before ?? last + 1, last + 1)
  const ends: Ends = { after, before }
  const segments = after + 1 < before ? await segmentsBetween(tx, organization_id, { ...query, ...ends }) : []
  const events: JournalEvent[] = []
  for (const segmentGroup of segmentGroups(segments)) {
    for (const event of await eventsOf(tx, organization_id, { segments: segmentGroup, order })) {
      if (event.number <= after || event.number >= before || !fits(event, filters)) continue
      events.push(event)
      if (events.length === limit) return pageUpTo(event.number, events, { ends, order })
    }
  }
  const lastSegment = segments.at(-1)
  if (segments.length < segments_max || lastSegment === undefined) {
    return { events, cursor: order === 'oldest' ? Math.max(after, before - 1) : after + 1, more: false }
  }
  const edge = order === 'oldest' ? lastSegment.first_number + lastSegment.event_count - 1 : lastSegment.first_number
  return pageUpTo(edge, events, { ends, order })
}

/** Whether an event fits the filters. */
export function fits(event: JournalEvent, filters: EventFilters): boolean {
  const { project_id, goal_id, task_id, run_id, types, families, actor, from, to } = filters
  return (
    (project_id === undefined || event.project_id === project_id) &&
    (goal_id === undefined || event.goal_id === goal_id) &&
    (task_id === undefined || event.task_id === task_id) &&
    (run_id === undefined || event.run_id === run_id) &&
    (types === undefined || types.includes(event.type)) &&
    (families === undefined || families.includes(familyOf(event.type))) &&
    (actor === undefined || event.actor.id === actor || event.actor.kind === actor) &&
    (from === undefined || Date.parse(event.at) >= Date.parse(from)) &&
    (to === undefined || Date.parse(event.at) <= Date.parse(to))
  )
}

/** Bounds of one read: segments looked at, and events that are held in memory at a time. */
const segments_max = 64
const events_at_once = 1024
const segment_events_max = 512

interface Ends {
  readonly after: number
  readonly before: number
}

interface SegmentRow {
  readonly first_number: number
  readonly event_count: number
  readonly parts: readonly Part[]
}

function pageUpTo(
  cursor: number,
  events: readonly JournalEvent[],
  { ends, order }: { readonly ends: Ends; readonly order: JournalQuery['order'] },
): JournalPage {
  const more = order === 'oldest' ? cursor < ends.before - 1 : cursor > ends.after + 1
  return { events, cursor, more }
}

/** The second bound on the first number lets the primary key find the start. */
function segmentsBetween(tx: Tx, organization_id: string, query: JournalQuery & Ends): Promise<SegmentRow[]> {
  const { after, before, order, filters = {} } = query
  const { project_id, goal_id, from } = filters
  const filterCondition = allOf([
    project_id === undefined ? undefined : fragment`subject_ids @> array[${project_id}::uuid]`,
    goal_id === undefined ? undefined : fragment`subject_ids @> array[${goal_id}::uuid]`,
    from === undefined ? undefined : fragment`sealed_at >= ${from}::timestamptz`,
  ])
  return tx.rows<SegmentRow>(sql`
    select first_number, event_count, parts from journal_segments
    where organization_id = ${organization_id} and first_number > ${after - segment_events_max}
      and first_number + event_count > ${after + 1}::bigint and first_number < ${before} and ${filterCondition}
    order by first_number ${order === 'oldest' ? fragment`asc` : fragment`desc`} limit ${segments_max}`)
}

/** Groups segments so that a read which is satisfied early opens few entries. */
function* segmentGroups(segments: readonly SegmentRow[]): Generator<readonly SegmentRow[]> {
  let group: SegmentRow[] = []
  let events = 0
  for (const segment of segments) {
    group.push(segment)
    events += segment.event_count
    if (events < events_at_once) continue
    yield group
    group = []
    events = 0
  }
  if (group.length > 0) yield group
}

async function eventsOf(
  tx: Tx,
  organization_id: string,
  { segments, order }: { readonly segments: readonly SegmentRow[]; readonly order: JournalQuery['order'] },
): Promise<readonly JournalEvent[]> {
  const ids = new Set(segments.flatMap(({ parts }) => parts.map(([entry_id]) => entry_id)))
  const rows = await tx.rows<{ id: string; at: string; events: EncodedEntry }>(sql`
    select id, at, events from journal_entries where organization_id = ${organization_id} and id = any(${[...ids]}::uuid[])`)
  const entries = new Map(rows.map(({ id, at, events }) => [id, { at, events: decodeEntry(id, events) }]))
  const pageEvents = segments.flatMap(({ first_number, parts }) => {
    let number = first_number
    const numberedEvents = parts.flatMap(([entry_id, from, count]) => {
      const entry = entries.get(entry_id)
      invariant(entry, `journal entry ${entry_id} is missing; run \`muster journal verify\``)
      const own = entry.events.slice(from, from + count)
      const first = number
      number += count
      return own.map((event, index) => presentEvent(event, { number: first + index, at: entry.at, organization_id }))
    })
    return order === 'oldest' ? numberedEvents : numberedEvents.reverse()
  })
  return pageEvents
}

/** An erased payload reads as `{"erased":true}`. */
function presentEvent(
  { salt: _, data_digest, data, ...event }: StoredEvent,
  position: Pick<JournalEvent, 'number' | 'at' | 'organization_id'>,
): JournalEvent {
  return { ...position, ...event, data: data ?? (data_digest === undefined ? {} : { erased: true }) }
}
