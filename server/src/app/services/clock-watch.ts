import type { EngineTx } from '../../platform/db/db.ts'
import { sql } from '../../platform/db/sql.ts'

/** How the database's clock has moved against the clock of this process, which only goes forward. */
export interface ClockChange {
  /** How far it was put forward; 0 where it was put back, or where that is unknown, as at the start. */
  readonly forward_ms: number
}

/** Smaller corrections, such as a time server's, delay nothing noticeably. */
const tolerance_ms = 2_000

/**
 * Detects when the database's clock was put back or forward. The first look counts as a change: nobody knows what
 * happened before it.
 */
export function createClockWatch(): (tx: EngineTx) => Promise<ClockChange | undefined> {
  let ahead_ms: number | undefined
  return async (tx) => {
    const row = await tx.row<{ now_ms: number }>(
      sql`select (extract(epoch from muster_now()) * 1000)::float8 as now_ms`,
    )
    const before_ms = ahead_ms
    ahead_ms = (row?.now_ms ?? 0) - performance.now()
    if (before_ms === undefined) return { forward_ms: 0 }
    const moved_ms = ahead_ms - before_ms
    return Math.abs(moved_ms) > tolerance_ms ? { forward_ms: Math.max(0, moved_ms) } : undefined
  }
}
