import type pg from 'pg'
import type { Sample } from './trend.rules.ts'

export interface Measured {
  readonly address: string
  readonly key: string
  readonly began_at: number
  /** Of the PostgreSQL under the program. */
  readonly postgres: pg.Client | undefined
}

/** Reads the program's metrics. Reading them costs it a few statements, which are counted with the others. */
export async function takeSample({ address, key, began_at, postgres }: Measured): Promise<Sample> {
  const response = await fetch(`${address}/metrics`, { headers: { authorization: `Bearer ${key}` } })
  if (!response.ok) throw new Error(`/metrics answered ${response.status}`)
  const text = await response.text()
  const value = (name: string): number | undefined => {
    const line = text.split('\n').find((one) => one.startsWith(`${name} `))
    return line === undefined ? undefined : Number(line.slice(name.length))
  }
  return {
    at_min: (Date.now() - began_at) / 60_000,
    resident_bytes: value('muster_process_resident_memory_bytes') ?? 0,
    heap_bytes: value('muster_heap_used_bytes{thread="main"}') ?? 0,
    database_heap_bytes: value('muster_heap_used_bytes{thread="database"}'),
    statements: value('muster_database_statements') ?? 0,
    transactions: value('muster_database_transactions') ?? 0,
    commits: postgres && (await commitsOf(postgres)),
    delay_max_ms: (value('muster_nodejs_eventloop_lag_max_seconds') ?? 0) * 1000,
  }
}

async function commitsOf(client: pg.Client): Promise<number> {
  const { rows } = await client.query<{ commits: string }>(
    'select xact_commit as commits from pg_stat_database where datname = current_database()',
  )
  return Number(rows[0]?.commits)
}

const megabytes = (bytes: number): string => `${(bytes / 1024 / 1024).toFixed(0)} MB`

export function sampleLine(sample: Sample, before: Sample | undefined): string {
  const { at_min, resident_bytes, heap_bytes, database_heap_bytes, commits, delay_max_ms } = sample
  const a_minute = (of: (one: Sample) => number | undefined): string => {
    const [now, then] = [of(sample), before && of(before)]
    return before && now !== undefined && then !== undefined
      ? ((now - then) / (at_min - before.at_min)).toFixed(0)
      : '-'
  }
  const parts = [
    `${at_min.toFixed(1).padStart(6)} min`,
    `resident ${megabytes(resident_bytes)}`,
    `heap ${megabytes(heap_bytes)}`,
    ...(database_heap_bytes === undefined ? [] : [`database ${megabytes(database_heap_bytes)}`]),
    `statements/min ${a_minute(({ statements }) => statements)}`,
    `transactions/min ${a_minute(({ transactions }) => transactions)}`,
    ...(commits === undefined ? [] : [`commits/min ${a_minute((one) => one.commits)}`]),
    `delay max ${delay_max_ms.toFixed(0)} ms`,
  ]
  return parts.join('  ')
}
