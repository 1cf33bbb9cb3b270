import { limits } from '@muster/contract/limits'
import type { EngineTx } from '../../../platform/db/db.ts'
import { sql } from '../../../platform/db/sql.ts'

/** Twice the longest backoff, which is jittered. */
const wait_ms_max = 2 * Math.max(...limits.retry_backoff_ms)

/** Statements of the whole task queue. */
export const queueStore = {
  /** Shortens waits that are longer than any backoff, after the clock was put back. */
  clampTimes(tx: EngineTx): Promise<number> {
    return tx.execute(sql`
      update planner_task_queue set available_at = muster_now()
      where available_at > muster_now() + ${wait_ms_max} * interval '1 millisecond'`)
  },
}
