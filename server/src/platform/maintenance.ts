import type { Connection, ConnectionSource } from './db/connection.ts'
import type { Database } from './db/db.ts'
import type { Job } from './module/module.ts'

/** PostgreSQL's own defaults of autovacuum: so many rows, and so large a share of the table. */
const dead_rows = { least: 50, share: 0.2 } as const
const changed_rows = { least: 50, share: 0.1 } as const
/** Also for tables without dead rows: BRIN indexes summarize new rows only then. */
const new_rows = { least: 1_000, share: 0.2 } as const

interface TableStatistics {
  readonly table: string
  readonly live_rows: number
  readonly dead_rows: number
  readonly changed_rows: number
  readonly new_rows: number
}

/** Fewer transactions are not worth a look. */
const transactions_apart = 1_000
const minute_ms = 60_000

/** The job that maintains the embedded database, as far as it was used since. */
export function maintenanceJob({ source, counts }: Pick<Database, 'source' | 'counts'>): Job {
  let maintained_at = 0
  const isDue = (): boolean => counts.transactions - maintained_at >= transactions_apart
  return {
    name: 'platform.maintenance',
    every_ms: minute_ms,
    dueIn: async () => (isDue() ? 0 : null),
    async run(signal = new AbortController().signal) {
      if (!isDue()) return
      maintained_at = counts.transactions
      await maintainEmbedded(source, signal)
    },
  }
}

/**
 * Does for the embedded database what autovacuum does on a server: reuses the space of dead rows and updates the
 * planner's statistics. Each table is one turn in the connection's queue. Returns the tables it touched.
 */
export async function maintainEmbedded(source: ConnectionSource, signal: AbortSignal): Promise<readonly string[]> {
  const tables = await source.use(statistics)
  const touchedTables: string[] = []
  for (const table of tables) {
    if (signal.aborted) break
    const statement = statementFor(table)
    if (statement === undefined) continue
    await source.use((connection) => connection.simple(statement))
    touchedTables.push(table.table)
  }
  return touchedTables
}

async function statistics(connection: Connection): Promise<readonly TableStatistics[]> {
  const { rows } = await connection.query({
    text: `select format('%I.%I', schemaname, relname) as table, n_live_tup as live_rows, n_dead_tup as dead_rows,
        n_mod_since_analyze as changed_rows, n_ins_since_vacuum as new_rows
      from pg_stat_all_tables where schemaname in ('public', 'pg_catalog') order by n_dead_tup desc`,
    values: [],
    name: undefined,
  })
  // As the statement above selects them.
  return rows as readonly TableStatistics[]
}

function statementFor(table: TableStatistics): string | undefined {
  const is_grown = table.new_rows > new_rows.least + new_rows.share * table.live_rows
  if (is_grown || table.dead_rows > dead_rows.least + dead_rows.share * table.live_rows)
    return `vacuum (analyze) ${table.table}`
  if (table.changed_rows > changed_rows.least + changed_rows.share * table.live_rows) return `analyze ${table.table}`
  return undefined
}
