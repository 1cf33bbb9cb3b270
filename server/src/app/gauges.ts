import type { Metrics } from '../platform/metrics.ts'
import type { Program } from './compose.ts'
import type { OpenedDatabase } from './database.ts'

/** Registers the installation's gauges: queues, live runs, the journal's lag, calls of models. */
export function gauges(metrics: Metrics, { leases, engine, lag, gateway }: Program, database: OpenedDatabase): void {
  gateway.measure(metrics)
  metrics.gauge({
    name: 'muster_waiting',
    help: 'What waits, by queue: tasks that are ready, results for a judge, questions for people; and runs under a lease.',
    labels: ['queue'],
    async read() {
      const depths = await engine.transact((tx) => leases.depths(tx))
      return Object.entries(depths).map(([queue, value]) => ({ labels: { queue }, value }))
    },
  })
  metrics.gauge({
    name: 'muster_journal_lag_seconds',
    help: 'How long the oldest event without a number has been waiting for one.',
    read: async () => (await lag()).lag_ms / 1000,
  })
  metrics.gauge({
    name: 'muster_heap_used_bytes',
    help: 'What JavaScript uses of its heaps, by thread: the main one, and that of the embedded database.',
    labels: ['thread'],
    async read() {
      const main = { labels: { thread: 'main' }, value: process.memoryUsage().heapUsed }
      const database_bytes = await database.source.heapUsed?.()
      return database_bytes === undefined ? [main] : [main, { labels: { thread: 'database' }, value: database_bytes }]
    },
  })
  metrics.gauge({
    name: 'muster_database_statements',
    help: 'Statements this process has sent.',
    read: () => database.counts.statements,
  })
  metrics.gauge({
    name: 'muster_database_transactions',
    help: 'Transactions this process has begun.',
    read: () => database.counts.transactions,
  })
}
