import type { Engine } from '../db/db.ts'
import { sql } from '../db/sql.ts'
import type { HealthCheck } from '../health-check.ts'

export interface JournalLag {
  /** How long the oldest event without a number has been waiting; 0: there is none. */
  readonly lag_ms: number
  /** The database session whose open transaction may hold the journal back. */
  readonly held_by_pid: number | null
}

export type ReadJournalLag = () => Promise<JournalLag>

/** Reads the lag of the journal. Any writing transaction of the cluster holds it back, ours or not. */
export function createJournalLag({ engine }: { readonly engine: Engine }): ReadJournalLag {
  return () =>
    engine.transact(async (tx) => {
      const row = await tx.row<JournalLag>(sql`
        select greatest(0, coalesce(extract(epoch from muster_now() - min(e.at)) * 1000, 0))::float8 as lag_ms, (
          select l.pid from pg_locks l
          where l.locktype = 'transactionid' and l.granted and l.pid <> pg_backend_pid()
            and l.transactionid = pg_snapshot_xmin(pg_current_snapshot())::xid limit 1) as held_by_pid
        from journal_cursor c left join journal_entries e on (e.epoch, e.xid) >= (c.epoch, c.next_xid)`)
      return row ?? { lag_ms: 0, held_by_pid: null }
    })
}

const late_ms = 5_000

/** A lag is a warning and not a failure: nothing is lost, and everything else goes on. */
export function journalHealth(readLag: ReadJournalLag): HealthCheck {
  return {
    name: 'journal',
    critical: false,
    async check() {
      const { lag_ms, held_by_pid } = await readLag()
      const facts = { lag_ms, ...(held_by_pid !== null && { held_by_pid }) }
      if (lag_ms <= late_ms) return { status: 'ok', facts }
      const message = `The journal is ${Math.round(lag_ms / 1000)} s behind.`
      const remedy =
        held_by_pid === null
          ? 'Check the server log for errors of the sequencer.'
          : `Database session ${held_by_pid} has a long transaction. End it, or inspect it: select * from pg_stat_activity where pid = ${held_by_pid}`
      return { status: 'degraded', message, remedy, facts }
    },
  }
}
