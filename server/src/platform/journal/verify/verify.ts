import type { JournalVerified } from '@muster/contract/platform/journal'
import type { Engine, EngineTx } from '../../db/db.ts'
import { sql } from '../../db/sql.ts'
import { createChainCheck, type EntryRow, type RetiredPoint, type SegmentRow } from './chain.ts'

const segments_at_once = 32
const entries_at_once = 5_000
const unsealed_max = 1_000
const rounds_max = 3

const cannot_see: readonly string[] = [
  'A change to an event before it was sealed, shortly after it was recorded.',
  'A rewrite of the whole chain by somebody who holds the signing key, or who signed it with another key and put that into the database: compare the head and the public key with those that you keep elsewhere (the log, or where MUSTER_JOURNAL_POST sends them).',
  'A truncated end of the chain together with its head: compare the last number with a copy that you keep elsewhere.',
  'A truncated beginning recorded as retention by someone with write access to the database: compare retired_through with MUSTER_JOURNAL_DAYS and with a copy that you keep elsewhere.',
  'The content of erased payloads; only that the rest of their events is unchanged.',
]

/**
 * Checks an organization's whole journal: every leaf, root, link and signature, that numbers have no gap, and that no
 * entry behind the sequencer's cursor stands in no segment. Works in pages, each a short transaction, up to where the
 * chain ended when it began.
 */
export function createVerifier({ engine }: { readonly engine: Engine }) {
  async function verifyOnce(organization_id: string, signal?: AbortSignal): Promise<JournalVerified> {
    const start = await engine.transact((tx) => startOf(tx, organization_id))
    const { signers, retired } = start
    const check = createChainCheck({ organization_id, signers, retired })
    for (let after = 0; ; ) {
      signal?.throwIfAborted()
      const page = await engine.transact((tx) => pageOf(tx, organization_id, { after, end: start.next_number }))
      for (const segment of page.segments) check.take(segment, page.entries)
      const last = page.segments.at(-1)
      if (last === undefined) break
      after = last.first_number
    }
    check.end(start)
    check.checkRetirement(await engine.transact((tx) => unsealedEntries(tx, organization_id, start)))
    check.countEntries(await countSealed(engine, { organization_id, start, signal }))
    return { ...check.found(), unsealed: start.unsealed, retired_through: retired?.through_number ?? 0, cannot_see }
  }

  /** Retention may remove events while it reads; then its findings mean nothing. */
  return async function verify(organization_id: string, signal?: AbortSignal): Promise<JournalVerified> {
    for (let round = 1; ; round += 1) {
      const verification = await verifyOnce(organization_id, signal)
      const retirement = await engine.transact((tx) => retiredPoint(tx, organization_id))
      if ((retirement?.through_number ?? 0) === verification.retired_through || round === rounds_max)
        return verification
    }
  }
}

export type VerifyJournal = ReturnType<typeof createVerifier>

interface Start {
  readonly next_number: number
  readonly head: Buffer | null
  readonly epoch: number
  readonly next_xid: string
  readonly unsealed: number
  readonly signers: ReadonlyMap<string, string>
  readonly retired: RetiredPoint | undefined
}

/** Cursor and head in one snapshot: everything before the cursor is sealed below that head. */
async function startOf(tx: EngineTx, organization_id: string): Promise<Start> {
  const row = await tx.row<Omit<Start, 'signers' | 'retired'>>(sql`
    select coalesce(h.next_number, 1) as next_number, h.head, c.epoch, c.next_xid::text, (
      select count(*)::int from journal_entries e
      where (e.epoch, e.xid) >= (c.epoch, c.next_xid) and e.organization_id = ${organization_id}) as unsealed
    from journal_cursor c left join journal_heads h on h.organization_id = ${organization_id}`)
  const signers = await tx.rows<{ id: string; public_key: string }>(sql`select id, public_key from signers`)
  return {
    retired: await retiredPoint(tx, organization_id),
    ...(row ?? { next_number: 1, head: null, epoch: 1, next_xid: '0', unsealed: 0 }),
    signers: new Map(signers.map(({ id, public_key }) => [id, public_key])),
  }
}

function retiredPoint(tx: EngineTx, organization_id: string): Promise<RetiredPoint | undefined> {
  return tx.row<RetiredPoint>(sql`
    select through_number, head from journal_retired where organization_id = ${organization_id}`)
}

/** Entries that the sequencer will still number: of its epoch, after its cursor. */
function unsealedEntries(tx: EngineTx, organization_id: string, { epoch, next_xid }: Start): Promise<EntryRow[]> {
  return tx.rows<EntryRow>(sql`
    select id, at, events from journal_entries
    where organization_id = ${organization_id} and epoch = ${epoch} and xid >= ${next_xid}::text::xid8
    order by xid desc limit ${unsealed_max}`)
}

async function pageOf(tx: EngineTx, organization_id: string, { after, end }: { after: number; end: number }) {
  const segments = await tx.rows<SegmentRow>(sql`
    select first_number, event_count, epoch, parts, merkle_root, previous_head, head, signer, signature, sealed_at
    from journal_segments
    where organization_id = ${organization_id} and first_number > ${after} and first_number < ${end}
    order by first_number limit ${segments_at_once}`)
  const ids = new Set(segments.flatMap(({ parts }) => parts.map(([entry_id]) => entry_id)))
  const rows = await tx.rows<EntryRow>(sql`
    select id, at, events from journal_entries where organization_id = ${organization_id} and id = any(${[...ids]}::uuid[])`)
  return { segments, entries: new Map(rows.map((row) => [row.id, row])) }
}

/** Entries that must stand in segments, counted in pages so that no statement grows with the journal. */
async function countSealed(
  engine: Engine,
  { organization_id, start, signal }: { organization_id: string; start: Start; signal: AbortSignal | undefined },
): Promise<number> {
  let total = 0
  for (let after = '00000000-0000-0000-0000-000000000000'; ; ) {
    signal?.throwIfAborted()
    const page = await engine.transact((tx) =>
      tx.row<{ rows: number; sealed: number; last: string | null }>(sql`
        with page as (
          select id, (epoch, xid) < (${start.epoch}::int, ${start.next_xid}::text::xid8) as sealed from journal_entries
          where organization_id = ${organization_id} and id > ${after} order by id limit ${entries_at_once}
        )
        select count(*)::int as rows, (count(*) filter (where sealed))::int as sealed,
          (array_agg(id order by id desc))[1] as last from page`),
    )
    total += page?.sealed ?? 0
    if (!page?.last || page.rows < entries_at_once) return total
    after = page.last
  }
}
