import type { HealthFinding } from '../health-check.ts'
import type { Engine } from './db.ts'
import { sql } from './sql.ts'
import type { Storage } from './storage.ts'

const probe_apart_ms = 5_000
/** Rows of about a quarter of a page, some hundred kilobytes together: enough that files have to grow. */
const probe_rows = 256

/**
 * Tests whether the database can write, by writing: after a failed write, or where the caller wants to be sure. At most
 * every five seconds.
 */
export function createStorageCheck(
  engine: Engine,
  storage: Storage,
): (options: { readonly thorough: boolean }) => Promise<HealthFinding> {
  let probed_at = Number.NEGATIVE_INFINITY
  let currentProbe: Promise<void> | undefined

  async function probe(): Promise<void> {
    probed_at = performance.now()
    await engine.transact(async (tx) => {
      await tx.execute(sql`create temporary table write_probe (filler text) on commit drop`)
      await tx.execute(sql`
        insert into write_probe select repeat(md5(random()::text), 60) from generate_series(1, ${probe_rows}::int)`)
    })
    storage.recordWorking()
  }

  return async ({ thorough }) => {
    const is_due = thorough || storage.outage() !== undefined
    if (is_due && performance.now() - probed_at >= probe_apart_ms)
      currentProbe = probe().finally(() => {
        currentProbe = undefined
      })
    // A failed probe has noted its outage, unless the database does not answer at all: then `database` says so.
    await currentProbe?.catch(() => {})
    const outage = storage.outage()
    if (outage === undefined) return { status: 'ok' }
    return { status: 'failing', message: `${outage.cause}.`, remedy: outage.remedy }
  }
}
