import type { Tx } from './db.ts'
import { type Fragment, sql } from './sql.ts'

/**
 * Rows of work that somebody holds for a while (`held_until`), told apart by a `token` that rises with each holder, so
 * that whoever comes late changes nothing. The table has these two columns and `tries`.
 */
export interface HeldRows<Row> {
  renew(tx: Tx, row: Row, hold_ms: number): Promise<void>
  /** Lets it be tried again after a while; what is given back at once has not been a try. */
  putBack(tx: Tx, row: Row, after_ms: number): Promise<void>
}

/** `held` says which row it is, its token among that. */
export function heldRows<Row>(table: Fragment, held: (row: Row) => Fragment): HeldRows<Row> {
  return {
    async renew(tx, row, hold_ms) {
      await tx.execute(sql`
        update ${table} set held_until = muster_now() + ${hold_ms} * interval '1 millisecond' where ${held(row)}`)
    },
    async putBack(tx, row, after_ms) {
      await tx.execute(sql`
        update ${table} set tries = tries + ${after_ms > 0 ? 1 : 0},
          held_until = muster_now() + ${after_ms} * interval '1 millisecond'
        where ${held(row)}`)
    },
  }
}
