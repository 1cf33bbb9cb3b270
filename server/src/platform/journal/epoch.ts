/**
 * The epoch of the installation. Entries of the journal are numbered in the order of their transaction ids, which a
 * database that was restored from a dump, or moved to another server, counts from a lower number again: there a new epoch
 * begins, whose entries follow all of the old one.
 */
import type { EngineTx } from '../db/db.ts'
import { sql } from '../db/sql.ts'

/** The epoch for a server that starts, raised where the journal holds a transaction id that this server has not given yet. */
export async function currentEpoch(tx: EngineTx): Promise<number> {
  // Sealing takes the same lock.
  await tx.execute(sql`select pg_advisory_xact_lock(7700001)`)
  const raised = await tx.row<{ epoch: number }>(sql`
    update installation i set epoch = i.epoch + 1
    from (select pg_snapshot_xmax(pg_current_snapshot()) as next) ids
    where exists (select from journal_entries e where e.epoch = i.epoch and e.xid >= ids.next)
      or exists (select from journal_cursor c where c.epoch = i.epoch and c.next_xid > ids.next)
    returning i.epoch`)
  if (raised !== undefined) return raised.epoch
  return storedEpoch(tx)
}

/** The epoch as the servers that use the database have it. */
export async function storedEpoch(tx: EngineTx): Promise<number> {
  const row = await tx.row<{ epoch: number }>(sql`select epoch from installation`)
  return row?.epoch ?? 1
}
