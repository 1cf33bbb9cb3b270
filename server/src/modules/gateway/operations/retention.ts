/** Removes attempts that are older than `attempt_days` and keeps their sums. */
import type { Engine } from '../../../platform/db/db.ts'
import { pastStore } from '../store/past.store.ts'

export interface RetentionOptions {
  readonly engine: Engine
  /** How long attempts are kept. */
  readonly attempt_days: number
  /** How many go in one transaction. */
  readonly attempts_at_once?: number
}

/** It may run twice, also at the same time. */
export function createRetention({
  engine,
  attempt_days: days,
  attempts_at_once: limit = 2_000,
}: RetentionOptions): () => Promise<void> {
  return async () => {
    for (;;) {
      const retiredCount = await engine.transact((tx) => pastStore.retire(tx, { days, limit }))
      if (retiredCount < limit) return
    }
  }
}
