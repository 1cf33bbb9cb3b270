import type { Engine, EngineTx } from '../db/db.ts'
import { sql } from '../db/sql.ts'
import { system_principal } from '../principal.ts'
import type { Journal } from './record.ts'
import type { Part } from './segments.ts'

export interface JournalRetentionOptions {
  readonly engine: Engine
  readonly journal: Journal
  /** How long events are kept. */
  readonly days: number
}

/** Segments that one transaction removes at most. */
const segments_at_once = 32

/**
 * Removes events that are older than so many days from the beginning of each chain. The chain still verifies from there
 * on: the event `journal.retired`, sealed like any other, names the last removed number and the head of the chain
 * there. It may run twice, also at the same time.
 */
export function createJournalRetention(options: JournalRetentionOptions): (signal?: AbortSignal) => Promise<void> {
  const { engine, days } = options
  return async (signal) => {
    const organization_ids = await engine.transact((tx) => organizationsWithOld(tx, days))
    for (const organization_id of organization_ids)
      while (!signal?.aborted && (await engine.transact((tx) => retire(options, tx, organization_id))));
  }
}

async function organizationsWithOld(tx: EngineTx, days: number): Promise<readonly string[]> {
  const rows = await tx.rows<{ organization_id: string }>(sql`
    select h.organization_id from journal_heads h
    where exists (
      select from (select sealed_at from journal_segments s
        where s.organization_id = h.organization_id order by s.first_number limit 1) oldest
      where oldest.sealed_at < muster_now() - ${days} * interval '1 day')`)
  return rows.map((row) => row.organization_id)
}

interface OldSegment {
  readonly first_number: number
  readonly event_count: number
  readonly parts: readonly Part[]
  readonly head: Buffer
  readonly is_old: boolean
}

/** Removes the oldest segments of one organization. Returns whether there may be more to remove. */
async function retire({ journal, days }: JournalRetentionOptions, tx: EngineTx, organization_id: string) {
  // A second process waits for the row of the head, and then finds nothing old.
  await tx.row(sql`select from journal_heads where organization_id = ${organization_id} for update`)
  const segments = await tx.rows<OldSegment>(sql`
    select first_number, event_count, parts, head, sealed_at < muster_now() - ${days} * interval '1 day' as is_old
    from journal_segments where organization_id = ${organization_id} order by first_number limit ${segments_at_once + 1}`)
  const oldSegments = removableSegments(segments)
  const last = oldSegments.at(-1)
  if (last === undefined) return false
  const through_number = last.first_number + last.event_count - 1
  const entry_ids = new Set(oldSegments.flatMap(({ parts }) => parts.map(([entry_id]) => entry_id)))
  await tx.execute(sql`
    delete from journal_entries where organization_id = ${organization_id} and id = any(${[...entry_ids]}::uuid[])`)
  await tx.execute(sql`
    delete from journal_segments where organization_id = ${organization_id} and first_number <= ${through_number}`)
  await tx.execute(sql`
    insert into journal_retired (organization_id, through_number, head) values (${organization_id}, ${through_number}, ${last.head})
    on conflict (organization_id) do update
    set through_number = excluded.through_number, head = excluded.head, retired_at = muster_now()`)
  const data = { through_number, head: last.head.toString('hex') }
  journal.record(tx, organization_id, [{ type: 'journal.retired', actor: system_principal, data }])
  return oldSegments.length === segments_at_once
}

/** The old segments up to the last place where no entry continues in the next one; the newest segment of a chain stays. */
function removableSegments(segments: readonly OldSegment[]): readonly OldSegment[] {
  const first_young = segments.findIndex(({ is_old }) => !is_old)
  let end = first_young === -1 ? segments.length - 1 : first_young
  while (end > 0 && segments[end]?.parts[0]?.[1] !== 0) end -= 1
  return segments.slice(0, end)
}
