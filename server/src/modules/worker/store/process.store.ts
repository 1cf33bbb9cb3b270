import type { EngineTx } from '../../../platform/db/db.ts'
import { sql } from '../../../platform/db/sql.ts'
import type { ProcessSighting } from '../rules/presence.rules.ts'

/** Statements of the instance's processes, a table without a tenant. */
export const processStore = {
  /** Writes a heartbeat. A process that counted as dead by mistake is alive again with it. */
  async seen(tx: EngineTx, row: { id: string; host: string; pid: number; services: readonly string[] }): Promise<void> {
    await tx.execute(sql`
      insert into processes (id, lock_key, host, pid, services)
      values (${row.id}, hashtextextended(${row.id}, 0), ${row.host}, ${row.pid}, ${row.services}::text[])
      on conflict (id) do update set seen_at = muster_now()`)
  },

  async remove(tx: EngineTx, id: string): Promise<void> {
    await tx.execute(sql`delete from processes where id = ${id}`)
  },

  /** Every other process, with whether somebody holds its advisory lock. */
  sightings(tx: EngineTx, own: string | undefined): Promise<ProcessSighting[]> {
    // A shared lock, so that two processes that test at the same time do not see each other's lock.
    return tx.rows(sql`
      select id, seen_at, pg_try_advisory_xact_lock_shared(lock_key) as is_lock_free from processes
      where id is distinct from ${own ?? null}::uuid`)
  },

  async others(tx: EngineTx, own: string | undefined): Promise<string[]> {
    const rows = await tx.rows<{ id: string }>(
      sql`select id from processes where id is distinct from ${own ?? null}::uuid`,
    )
    return rows.map((row) => row.id)
  },

  /** Forgets processes that are gone and hold no run any more. */
  async removeGone(tx: EngineTx, ids: readonly string[]): Promise<void> {
    await tx.execute(sql`
      delete from processes p where p.id = any(${ids}::uuid[])
        and not exists (select from worker_live_runs l where l.process_id = p.id)`)
  },
}
