import type { EngineTx } from '../platform/db/db.ts'
import { sql } from '../platform/db/sql.ts'

/** Smaller corrections, as a time server makes them, keep nothing waiting that anybody would notice. */
const tolerance_ms = 2_000

/**
 * Tells when the database's clock was put back, by comparing it with the clock of this process, which only goes forward.
 * The first look counts as one: nobody knows what happened before the start.
 */
export function createClockWatch(): (tx: EngineTx) => Promise<boolean> {
  let ahead_ms = Number.POSITIVE_INFINITY
  return async (tx) => {
    const row = await tx.row<{ now_ms: number }>(
      sql`select (extract(epoch from muster_now()) * 1000)::float8 as now_ms`,
    )
    const before_ms = ahead_ms
    ahead_ms = (row?.now_ms ?? 0) - performance.now()
    return ahead_ms < before_ms - tolerance_ms
  }
}
