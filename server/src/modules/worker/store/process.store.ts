import type { EngineTx } from '../../../platform/db/db.ts'
import { sql } from '../../../platform/db/sql.ts'

export interface ProcessRow {
  readonly id: string
  readonly services: readonly string[]
  readonly seen_at: string
  /** Seen within the last minute. */
  readonly is_alive: boolean
}

/** The statements of worker processes: an instance's table, without a tenant. */
export const processStore = {
  async insert(
    tx: EngineTx,
    row: { id: string; host: string; pid: number; services: readonly string[] },
  ): Promise<void> {
    await tx.execute(sql`
      insert into processes (id, lock_key, host, pid, services)
      values (${row.id}, hashtextextended(${row.id}, 0), ${row.host}, ${row.pid}, ${row.services}::text[])`)
  },

  async seen(tx: EngineTx, id: string): Promise<void> {
    await tx.execute(sql`update processes set seen_at = muster_now() where id = ${id}`)
  },

  /** All that have not ended by themselves. */
  list(tx: EngineTx): Promise<ProcessRow[]> {
    return tx.rows<ProcessRow>(sql`
      select id, services, seen_at, seen_at > muster_now() - interval '60 seconds' as is_alive from processes order by id`)
  },

  async remove(tx: EngineTx, id: string): Promise<void> {
    await tx.execute(sql`delete from processes where id = ${id}`)
  },

  /** Processes whose advisory lock is free: they are gone, however fresh their last sign of life. */
  async dead(tx: EngineTx, own: string): Promise<string[]> {
    const rows = await tx.rows<{ id: string }>(sql`
      select id from processes where id <> ${own} and pg_try_advisory_xact_lock(lock_key)`)
    return rows.map((row) => row.id)
  },
}
