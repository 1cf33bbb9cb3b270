import { errorTable, isOperationalCode } from '@muster/contract/errors'
import { keysOf } from '@muster/contract/platform/objects'
import type { Engine, EngineTx } from '../db/db.ts'
import { sql } from '../db/sql.ts'
import type { HealthCheck } from '../health-check.ts'
import type { Metrics } from '../metrics.ts'
import type { Job } from '../module/module.ts'

/** Dead jobs are kept so long to be looked at. */
const kept_days = 14
/** Those that died within so many hours are a finding. */
const recent_hours = 24
const removed_max = 1000
const hour_ms = 3_600_000

interface DeadKind {
  readonly kind: string
  readonly count: number
  /** The code of the error that the newest one died of. */
  readonly code: string
}

/**
 * The finding of `muster doctor` on jobs that no attempt is left for, where the installation is to blame. What an
 * organization brought about, such as its provider of models that never answers, is told at the goal or the result, and
 * counted; it says nothing of how this installation is. Of the reason it shows the code alone, since anybody may ask for
 * health; the message is in the log and in the row.
 */
export function deadJobsCheck({ engine }: { readonly engine: Engine }): HealthCheck {
  return {
    name: 'jobs',
    critical: false,
    async check() {
      const kinds = await engine.transact(recentlyDead)
      const [worst] = kinds
      if (worst === undefined) return { status: 'ok' }
      const count = kinds.reduce((sum, one) => sum + one.count, 0)
      return {
        status: 'degraded',
        message: `${count} background jobs failed for good in the last ${recent_hours} hours. Most: ${worst.kind}, the last one with the error ${worst.code}.`,
        remedy: 'See “background jobs that failed for good” in TROUBLESHOOTING.md.',
        facts: Object.fromEntries(kinds.map((one) => [one.kind, one.count])),
      }
    },
  }
}

/** What an organization can bring about by itself; any other code, also one of another version, is the installation's. */
const tenantCodes = keysOf(errorTable).filter((code) => !isOperationalCode(code))

function recentlyDead(tx: EngineTx): Promise<DeadKind[]> {
  return tx.rows<DeadKind>(sql`
    select kind, count(*)::int as count, 
      coalesce((array_agg(split_part(last_error, ':', 1) order by dead_at desc))[1], 'internal') as code from jobs
    where dead_at > muster_now() - ${recent_hours} * interval '1 hour'
      and not split_part(last_error, ':', 1) = any(${tenantCodes}::text[]) group by kind order by count(*) desc, kind`)
}

/** Removes dead jobs that are older than they are kept. */
export function deadJobsRetention({ engine }: { readonly engine: Engine }): Job {
  const remove = (tx: EngineTx): Promise<number> =>
    tx.execute(sql`
      delete from jobs d using (
        select organization_id, kind, key from jobs where dead_at < muster_now() - ${kept_days} * interval '1 day'
        limit ${removed_max} for update skip locked) gone
      where d.organization_id = gone.organization_id and d.kind = gone.kind and d.key = gone.key`)
  return {
    name: 'platform.dead_jobs',
    every_ms: hour_ms,
    async run() {
      while ((await engine.transact(remove)) === removed_max);
    },
  }
}

/** How many jobs there are, by kind and state. */
export function registerJobsGauge(metrics: Metrics, { engine }: { readonly engine: Engine }): void {
  metrics.gauge({
    name: 'muster_jobs',
    help: 'Background jobs by kind and state: waiting, running, dead, or abandoned, which are dead and could not say so to their subject.',
    labels: ['kind', 'state'],
    async read() {
      const rows = await engine.transact((tx) =>
        tx.rows<{ kind: string; state: string; count: number }>(sql`
          select kind, case when abandoned then 'abandoned' when dead_at is not null then 'dead' when lease_token is not null then 'running' else 'waiting' end
            as state, count(*)::int as count
          from jobs group by 1, 2`),
      )
      return rows.map(({ kind, state, count }) => ({ labels: { kind, state }, value: count }))
    },
  })
}
