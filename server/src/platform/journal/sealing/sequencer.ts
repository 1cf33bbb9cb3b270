import type { Engine, EngineTx } from '../../db/db.ts'
import { sql } from '../../db/sql.ts'
import { commitKillPoints } from '../../kill-points.ts'
import { decodeEntry, type EncodedEntry } from '../encoding.ts'
import type { Signer } from '../seal.ts'
import { type Entry, type Head, headAfter, type Segment, segmentsOf } from '../segments.ts'

/** The newest head of an organization's chain; a copy elsewhere lets a rewrite be noticed. */
export interface SealedHead {
  readonly organization_id: string
  readonly last_number: number
  /** Hexadecimal. */
  readonly head: string
  /** Base64url. */
  readonly signature: string
  readonly signer: string
}

/** The result of a pass. */
export interface SealedBatch {
  /** The organizations with new events. */
  readonly organization_ids: readonly string[]
  readonly events: number
  readonly heads: readonly SealedHead[]
  /** Whether another pass has work at once. */
  readonly more: boolean
  /** Whether an entry cannot be numbered yet: an older transaction runs, or another sequencer works. */
  readonly waiting: boolean
}

export interface Sequencer {
  /** Seals one batch of entries at most. */
  seal(): Promise<SealedBatch>
}

const sealKillPoint = commitKillPoints('journal.seal')

const entries_at_once = 24
const nothing: SealedBatch = { organization_ids: [], events: 0, heads: [], more: false, waiting: false }

const xid_max = '18446744073709551615'

/**
 * Numbers committed entries. Rows are written without a number: a serial would become visible out of order, and a
 * reader past it would miss the row. Only rows of transactions below the snapshot's oldest running one are taken
 * (`xid8` below `pg_snapshot_xmin`): all of those have ended, so none can appear behind the cursor (invariant 15).
 */
export function createSequencer({ engine, signer }: { readonly engine: Engine; readonly signer: Signer }): Sequencer {
  let isSignerStored = false

  /** Stores the public key before the first head that it signs, since verifying needs it. */
  function storeSigner(tx: EngineTx): Promise<unknown>[] {
    if (isSignerStored) return []
    tx.afterCommit(() => {
      isSignerStored = true
    })
    return [
      tx.execute(
        sql`insert into signers (id, public_key) values (${signer.id}, ${signer.public_key}) on conflict do nothing`,
      ),
    ]
  }

  return {
    seal: () =>
      engine.transact(async (tx) => {
        const lock = await tx.row<{ held: boolean }>(sql`select pg_try_advisory_xact_lock(7700001) as held`)
        if (!lock?.held) return { ...nothing, waiting: true }
        const { entries, epoch, more, waiting } = await nextEntries(tx)
        if (entries.length === 0) return { ...nothing, waiting, more: await beginNextEpoch(tx, epoch) }
        sealKillPoint(tx)
        const heads = await headsOf(tx, entries)
        const segments = segmentsOf(entries, { epoch, signer, heads })
        const last = entries.at(-1)?.xid ?? '0'
        await Promise.all([...storeSigner(tx), ...write(tx, segments, { signer, last })])
        return { ...resultOf(segments, signer), more, waiting }
      }),
  }
}

/** 0 where an entry waits for its number; null: none does. */
export async function sealingDueIn(tx: EngineTx): Promise<number | null> {
  const row = await tx.row<{ waiting: boolean }>(sql`
    select exists(select from journal_entries e join journal_cursor c on (e.epoch, e.xid) >= (c.epoch, c.next_xid)) as waiting`)
  return row?.waiting ? 0 : null
}

/** Goes on with the entries of the next epoch where this one has ended; false where it has not. */
async function beginNextEpoch(tx: EngineTx, epoch: number): Promise<boolean> {
  const row = await tx.row(sql`
    update journal_cursor set epoch = epoch + 1, next_xid = '0'
    where epoch = ${epoch} and epoch < (select i.epoch from installation i) returning epoch`)
  return row !== undefined
}

interface EntryBatch {
  readonly entries: readonly Entry[]
  readonly epoch: number
  readonly more: boolean
  readonly waiting: boolean
}

type EntryRow = Omit<Entry, 'events'> & { readonly events: EncodedEntry }

const entryOf = (row: EntryRow): Entry => ({ ...row, events: decodeEntry(row.id, row.events) })

/**
 * The next entries of ended transactions, whole transactions only. They are sorted by the column: its bare name would
 * mean the selected text, by which 1000 comes before 999.
 */
async function nextEntries(tx: EngineTx): Promise<EntryBatch> {
  // Of an epoch that has ended nobody writes any more, and its transaction ids are another server's.
  const cursor = await tx.row<{ epoch: number; next_xid: string; has_ended: boolean; xmin: string }>(sql`
    select c.epoch, c.next_xid::text, c.epoch < i.epoch as has_ended, case when c.epoch < i.epoch then ${xid_max}::text
      else pg_snapshot_xmin(pg_current_snapshot())::text end as xmin from journal_cursor c cross join installation i`)
  if (!cursor) return { entries: [], epoch: 1, more: false, waiting: false }
  const { epoch, next_xid, has_ended, xmin } = cursor
  const [rows, late] = await Promise.all([
    tx.rows<EntryRow>(sql`
      select e.organization_id, e.id, e.xid::text, e.at, e.events from journal_entries e
      where e.epoch = ${epoch} and e.xid >= ${next_xid}::text::xid8 and e.xid < ${xmin}::text::xid8
      order by e.xid, e.organization_id, e.id limit ${entries_at_once}`),
    tx.row<{ waiting: boolean }>(sql`
      select exists (select from journal_entries where epoch = ${epoch} and xid >= ${xmin}::text::xid8) as waiting`),
  ])
  const readState = { epoch, waiting: late?.waiting ?? false }
  if (rows.length < entries_at_once) return { ...readState, entries: rows.map(entryOf), more: has_ended }
  const last = rows.at(-1)?.xid ?? '0'
  const wholeTransactions = rows.filter((row) => row.xid !== last)
  if (wholeTransactions.length > 0) return { ...readState, entries: wholeTransactions.map(entryOf), more: true }
  const largeTransaction = await tx.rows<EntryRow>(sql`
    select organization_id, id, xid::text, at, events from journal_entries
    where epoch = ${epoch} and xid = ${last}::text::xid8 order by organization_id, id`)
  return { ...readState, entries: largeTransaction.map(entryOf), more: true }
}

async function headsOf(tx: EngineTx, entries: readonly Entry[]): Promise<Map<string, Head>> {
  const organization_ids = [...new Set(entries.map((entry) => entry.organization_id))]
  const rows = await tx.rows<Head & { organization_id: string }>(sql`
    select organization_id, next_number, head from journal_heads where organization_id = any(${organization_ids}::uuid[])`)
  return new Map(rows.map((row) => [row.organization_id, row]))
}

/** Sends everything at once: segments, heads, and the cursor past the last transaction. */
function write(
  tx: EngineTx,
  segments: readonly Segment[],
  { signer, last }: { readonly signer: Signer; readonly last: string },
): Promise<unknown>[] {
  return [
    ...segments.map((segment) =>
      tx.execute(sql`
        insert into journal_segments (organization_id, first_number, event_count, epoch, parts, subject_ids, merkle_root,
          previous_head, head, signer, signature)
        values (${segment.organization_id}, ${segment.first_number}, ${segment.event_count}, ${segment.epoch},
          ${JSON.stringify(segment.parts)}, ${segment.subject_ids}::uuid[], ${segment.merkle_root},
          ${segment.previous_head}, ${segment.head}, ${signer.id}, ${segment.signature})`),
    ),
    ...lastOfEach(segments).map((segment) =>
      tx.execute(sql`
        insert into journal_heads (organization_id, next_number, head)
        values (${segment.organization_id}, ${headAfter(segment).next_number}, ${segment.head})
        on conflict (organization_id) do update set next_number = excluded.next_number, head = excluded.head`),
    ),
    tx.execute(sql`update journal_cursor set next_xid = (${last}::text::bigint + 1)::text::xid8`),
  ]
}

function resultOf(
  segments: readonly Segment[],
  signer: Signer,
): Pick<SealedBatch, 'organization_ids' | 'events' | 'heads'> {
  const newest = lastOfEach(segments)
  return {
    organization_ids: newest.map((segment) => segment.organization_id),
    events: segments.reduce((sum, segment) => sum + segment.event_count, 0),
    heads: newest.map((segment) => ({
      organization_id: segment.organization_id,
      last_number: headAfter(segment).next_number - 1,
      head: segment.head.toString('hex'),
      signature: segment.signature.toString('base64url'),
      signer: signer.id,
    })),
  }
}

function lastOfEach<T extends { readonly organization_id: string }>(segments: readonly T[]): T[] {
  return [...new Map(segments.map((segment) => [segment.organization_id, segment])).values()]
}
