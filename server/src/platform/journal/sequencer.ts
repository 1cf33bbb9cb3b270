import { limits } from '@muster/contract/limits'
import type { Engine, EngineTx } from '../db/db.ts'
import { sql } from '../db/sql.ts'
import { decodeEntry, type EncodedEntry } from './encoding.ts'
import type { StoredEvent } from './events.ts'
import { genesis, headOf, leafOf, merkleRoot, type Signer } from './seal.ts'

interface Entry {
  readonly organization_id: string
  readonly id: string
  readonly xid: string
  readonly at: string
  readonly events: readonly StoredEvent[]
}

type EntryRow = Omit<Entry, 'events'> & { readonly events: EncodedEntry }

const entryOf = (row: EntryRow): Entry => ({ ...row, events: decodeEntry(row.id, row.events) })

interface Slice {
  readonly entry: Entry
  readonly from: number
  readonly count: number
}

const entries_at_once = 24

/**
 * Gives numbers to what has been committed. Rows are written without one; a serial would be seen out of order, and a
 * reader that had passed it would lose the row. Here only rows of transactions below the snapshot's oldest running one
 * are taken (`xid8` below `pg_snapshot_xmin`): all of those are finished, so none can appear behind the cursor.
 */
export function createSequencer(options: { readonly engine: Engine; readonly signer: Signer }) {
  const { engine, signer } = options

  /** Seals what can be sealed, at most one helping. Returns the organizations with new events, and how many events. */
  async function seal(): Promise<{ readonly organization_ids: readonly string[]; readonly events: number }> {
    return engine.transact(async (tx) => {
      const lock = await tx.row<{ held: boolean }>(sql`select pg_try_advisory_xact_lock(7700001) as held`)
      if (!lock?.held) return { organization_ids: [], events: 0 }
      const entries = await nextEntries(tx)
      if (entries.length === 0) return { organization_ids: [], events: 0 }
      const heads = await headsOf(tx, entries)
      const segments: Segment[] = []
      for (const [organization_id, own] of byOrganization(entries)) {
        let head = heads.get(organization_id) ?? { next_number: 1, head: genesis }
        for (const slices of helpings(own)) {
          const segment = segmentOf(organization_id, head, slices)
          segments.push(segment)
          head = { next_number: segment.first_number + segment.event_count, head: segment.head }
        }
      }
      await write(tx, segments)
      const last = entries.at(-1)?.xid ?? '0'
      await tx.execute(sql`update journal_cursor set next_xid = (${last}::text::bigint + 1)::text::xid8`)
      const events = segments.reduce((sum, segment) => sum + segment.event_count, 0)
      return { organization_ids: [...new Set(segments.map((segment) => segment.organization_id))], events }
    })
  }

  interface Segment {
    readonly organization_id: string
    readonly epoch: number
    readonly first_number: number
    readonly event_count: number
    readonly parts: readonly (readonly [string, number, number])[]
    readonly subject_ids: readonly string[]
    readonly merkle_root: Buffer
    readonly previous_head: Buffer
    readonly head: Buffer
    readonly signature: Buffer
  }

  let epoch = 1

  async function nextEntries(tx: EngineTx): Promise<readonly Entry[]> {
    const cursor = await tx.row<{ epoch: number; next_xid: string; xmin: string }>(sql`
      select epoch, next_xid::text, pg_snapshot_xmin(pg_current_snapshot())::text as xmin from journal_cursor`)
    if (!cursor) return []
    epoch = cursor.epoch
    const rows = await tx.rows<EntryRow>(sql`
      select organization_id, id, xid::text, at, events from journal_entries
      where epoch = ${epoch} and xid >= ${cursor.next_xid}::text::xid8 and xid < ${cursor.xmin}::text::xid8
      order by xid, organization_id, id limit ${entries_at_once}`)
    if (rows.length < entries_at_once) return rows.map(entryOf)
    const last = rows.at(-1)?.xid ?? '0'
    const whole = rows.filter((row) => row.xid !== last)
    if (whole.length > 0) return whole.map(entryOf)
    const same = await tx.rows<EntryRow>(sql`
      select organization_id, id, xid::text, at, events from journal_entries
      where epoch = ${epoch} and xid = ${last}::text::xid8 order by organization_id, id`)
    return same.map(entryOf)
  }

  function segmentOf(organization_id: string, head: Head, slices: readonly Slice[]): Segment {
    const leaves: Buffer[] = []
    const subjects = new Set<string>()
    for (const { entry, from, count } of slices)
      for (const event of entry.events.slice(from, from + count)) {
        leaves.push(leafOf(organization_id, entry.at, event))
        if (event.goal_id !== undefined) subjects.add(event.goal_id)
        if (event.project_id !== undefined) subjects.add(event.project_id)
      }
    const facts = {
      organization_id,
      epoch,
      first_number: head.next_number,
      event_count: leaves.length,
      merkle_root: merkleRoot(leaves),
      previous_head: head.head,
    }
    const next = headOf(facts)
    const parts = slices.map(({ entry, from, count }) => [entry.id, from, count] as const)
    return { ...facts, parts, subject_ids: [...subjects], head: next, signature: signer.sign(next) }
  }

  async function write(tx: EngineTx, segments: readonly Segment[]): Promise<void> {
    for (const segment of segments)
      await tx.execute(sql`
        insert into journal_segments (organization_id, first_number, event_count, epoch, parts, subject_ids, merkle_root,
          previous_head, head, signer, signature)
        values (${segment.organization_id}, ${segment.first_number}, ${segment.event_count}, ${segment.epoch},
          ${JSON.stringify(segment.parts)}, ${segment.subject_ids}::uuid[], ${segment.merkle_root},
          ${segment.previous_head}, ${segment.head}, ${signer.id}, ${segment.signature})`)
    for (const segment of lastOfEach(segments))
      await tx.execute(sql`
        insert into journal_heads (organization_id, next_number, head)
        values (${segment.organization_id}, ${segment.first_number + segment.event_count}, ${segment.head})
        on conflict (organization_id) do update set next_number = excluded.next_number, head = excluded.head`)
  }

  return { seal }
}

interface Head {
  readonly next_number: number
  readonly head: Buffer
}

async function headsOf(tx: EngineTx, entries: readonly Entry[]): Promise<Map<string, Head>> {
  const organization_ids = [...new Set(entries.map((entry) => entry.organization_id))]
  const rows = await tx.rows<Head & { organization_id: string }>(sql`
    select organization_id, next_number, head from journal_heads where organization_id = any(${organization_ids}::uuid[])`)
  return new Map(rows.map((row) => [row.organization_id, row]))
}

function byOrganization(entries: readonly Entry[]): Map<string, Entry[]> {
  const groups = new Map<string, Entry[]>()
  for (const entry of entries) {
    const group = groups.get(entry.organization_id)
    if (group) group.push(entry)
    else groups.set(entry.organization_id, [entry])
  }
  return groups
}

/** Cuts an organization's entries into segments of at most `journal_segment_events` events each. */
function helpings(entries: readonly Entry[]): Slice[][] {
  const all: Slice[][] = []
  let current: Slice[] = []
  let room: number = limits.journal_segment_events
  for (const entry of entries) {
    for (let from = 0; from < entry.events.length; ) {
      const count = Math.min(room, entry.events.length - from)
      current.push({ entry, from, count })
      from += count
      room -= count
      if (room > 0) continue
      all.push(current)
      current = []
      room = limits.journal_segment_events
    }
  }
  if (current.length > 0) all.push(current)
  return all
}

function lastOfEach<T extends { readonly organization_id: string }>(segments: readonly T[]): T[] {
  return [...new Map(segments.map((segment) => [segment.organization_id, segment])).values()]
}
