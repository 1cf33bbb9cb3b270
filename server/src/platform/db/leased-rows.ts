import type { Tx } from './db.ts'
import { type Fragment, sql } from './sql.ts'

/**
 * Rows of work under a lease (`leasedRows`): `lease_expires_at`, the fencing token `token`, which rises with each lease
 * so that a late writer changes nothing, and `attempts`.
 */
export interface LeasedRows<Row> {
  renew(tx: Tx, row: Row, lease_ms: number): Promise<void>
  /** Ends the lease; another attempt may follow after `after_ms`. At once (0) counts as no attempt. */
  putBack(tx: Tx, row: Row, after_ms: number): Promise<void>
}

/** `isLeasedTo` is the condition that the row is this one, its token included. */
export function leasedRows<Row>(table: Fragment, isLeasedTo: (row: Row) => Fragment): LeasedRows<Row> {
  return {
    async renew(tx, row, lease_ms) {
      await tx.execute(sql`
        update ${table} set lease_expires_at = muster_now() + ${lease_ms} * interval '1 millisecond' where ${isLeasedTo(row)}`)
    },
    async putBack(tx, row, after_ms) {
      await tx.execute(sql`
        update ${table} set attempts = attempts + ${after_ms > 0 ? 1 : 0},
          lease_expires_at = muster_now() + ${after_ms} * interval '1 millisecond'
        where ${isLeasedTo(row)}`)
    },
  }
}
