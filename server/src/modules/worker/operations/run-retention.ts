import type { Engine } from '../../../platform/db/db.ts'
import { retentionStore } from '../store/retention.store.ts'

export interface RunRetentionOptions {
  readonly engine: Engine
  /** How long log lines are kept. */
  readonly log_days: number
  /** How long runs are kept whose results were not accepted. */
  readonly run_days: number
}

/** Rows that one transaction removes at most. */
const rows_at_once = 2_000

/** Removes log lines and runs by their age. It may run twice, also at the same time. */
export function createRunRetention(options: RunRetentionOptions): (signal?: AbortSignal) => Promise<void> {
  const { engine, log_days, run_days } = options
  return async (signal) => {
    const removals = [
      () => engine.transact((tx) => retentionStore.removeLogs(tx, { days: log_days, limit: rows_at_once })),
      () => engine.transact((tx) => retentionStore.removeRuns(tx, { days: run_days, limit: rows_at_once })),
    ]
    for (const remove of removals) while (!signal?.aborted && (await remove()) === rows_at_once);
  }
}
