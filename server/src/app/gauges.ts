import type { Metrics } from '../platform/metrics.ts'
import type { Program } from './compose.ts'
import type { OpenedDatabase } from './database.ts'

/** Registers the installation's gauges: queues, live runs, the journal's lag, calls of models. */
export function gauges(metrics: Metrics, { leases, engine, lag, gateway }: Program, database: OpenedDatabase): void {
  gateway.measure(metrics)
  metrics.gauge({
    name: 'muster_waiting',
    help: 'Queue depth by queue: ready tasks, results in review, open approvals, active runs.',
    labels: ['queue'],
    async read() {
      const depths = await engine.transact((tx) => leases.depths(tx))
      return Object.entries(depths).map(([queue, value]) => ({ labels: { queue }, value }))
    },
  })
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
