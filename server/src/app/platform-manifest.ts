import { removeOldIdempotencyKeys } from '../platform/db/request-transactions.ts'
import { deadJobsCheck, deadJobsRetention, registerJobsGauge } from '../platform/jobs/dead-jobs.ts'
import { createJournalRetention } from '../platform/journal/retention.ts'
import { maintenanceJob } from '../platform/maintenance.ts'
import type { Metrics } from '../platform/metrics.ts'
import type { Job, Manifest } from '../platform/module/module.ts'
import type { ComposeOptions, Means } from './means.ts'

const hour_ms = 3_600_000

/** What no module owns: idempotency keys, the journal's age, care of the embedded database, and metrics of the process. */
export function platformManifest({ config, database }: ComposeOptions, { journal, lag }: Means): Manifest {
  const run = async (): Promise<void> => void (await database.engine.transact(removeOldIdempotencyKeys))
  const retire = createJournalRetention({ engine: database.engine, journal, days: config.journal_days })
  const jobs: Job[] = [
    { name: 'platform.idempotency', every_ms: hour_ms, run },
    { name: 'journal.retention', every_ms: hour_ms, run: retire },
    deadJobsRetention(database),
  ]
  if (database.source.engine === 'pglite') jobs.push(maintenanceJob(database))
  return {
    name: 'platform',
    routes: [],
    jobs,
    health: [deadJobsCheck(database)],
    registerMetrics: (metrics) => registerGauges(metrics, { database, lag }),
  }
}

function registerGauges(
  metrics: Metrics,
  { database, lag }: Pick<ComposeOptions, 'database'> & Pick<Means, 'lag'>,
): void {
  registerJobsGauge(metrics, database)
  metrics.gauge({
    name: 'muster_journal_lag_seconds',
    help: 'Age of the oldest event that has no sequence number yet.',
    read: async () => (await lag()).lag_ms / 1000,
  })
  metrics.gauge({
    name: 'muster_heap_used_bytes',
    help: 'JavaScript heap in use, by thread: main and embedded database.',
    labels: ['thread'],
    async read() {
      const main = { labels: { thread: 'main' }, value: process.memoryUsage().heapUsed }
      const database_bytes = await database.source.heapUsed?.()
      return database_bytes === undefined ? [main] : [main, { labels: { thread: 'database' }, value: database_bytes }]
    },
  })
  metrics.gauge({
    name: 'muster_database_statements',
    help: 'SQL statements sent by this process.',
    read: () => database.counts.statements,
  })
  metrics.gauge({
    name: 'muster_database_transactions',
    help: 'Transactions started by this process.',
    read: () => database.counts.transactions,
  })
}
