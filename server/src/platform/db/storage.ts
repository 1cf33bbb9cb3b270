import type { HealthFinding } from '../module.ts'
import type { Engine } from './db.ts'
import type { Outage } from './failures.ts'
import { sql } from './sql.ts'

/** Whether the database can write. Reading goes on with a full disk, so it must be asked apart. */
export interface Storage {
  /** Notes that a write failed for want of room or of a writable disk. */
  failed(outage: Outage): void
  /** What keeps the database from writing as far as is known; undefined: nothing. */
  outage(): Outage | undefined
}

export function createStorage(onChange: (outage: Outage | undefined) => void = () => {}): Storage & { works(): void } {
  let known: Outage | undefined
  const set = (outage: Outage | undefined): void => {
    if (known?.cause !== outage?.cause) onChange(outage)
    known = outage
  }
  return { failed: set, works: () => set(undefined), outage: () => known }
}

const probe_apart_ms = 5_000
/** Rows of about a quarter of a page, some hundred kilobytes together: enough that files have to grow. */
const probe_rows = 256

/**
 * Finds out whether the database can write, by writing: where a write has failed, or where the caller wants to be sure.
 * Not more often than every five seconds.
 */
export function createStorageCheck(
  engine: Engine,
  storage: ReturnType<typeof createStorage>,
): (options: { readonly thorough: boolean }) => Promise<HealthFinding> {
  let probed_at = Number.NEGATIVE_INFINITY
  let probing: Promise<void> | undefined

  async function probe(): Promise<void> {
    probed_at = performance.now()
    await engine.transact(async (tx) => {
      await tx.execute(sql`create temporary table write_probe (filler text) on commit drop`)
      await tx.execute(sql`
        insert into write_probe select repeat(md5(random()::text), 60) from generate_series(1, ${probe_rows}::int)`)
    })
    storage.works()
  }

  return async ({ thorough }) => {
    const is_due = thorough || storage.outage() !== undefined
    if (is_due && performance.now() - probed_at >= probe_apart_ms)
      probing = probe().finally(() => {
        probing = undefined
      })
    // A failed probe has noted its outage, unless the database does not answer at all: then `database` says so.
    await probing?.catch(() => {})
    const outage = storage.outage()
    if (outage === undefined) return { status: 'ok' }
    return { status: 'failing', message: `${outage.cause}.`, remedy: outage.remedy }
  }
}
