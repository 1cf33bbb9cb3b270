import type { Engine } from './db/db.ts'
import { sql } from './db/sql.ts'

/** A process of the installation that takes work. */
export interface SeenProcess {
  readonly id: string
  readonly services: readonly string[]
  readonly seen_at: string
  /** Seen within the last minute, which is several heartbeats. */
  readonly is_alive: boolean
}

const processes_max = 500

/** Reads which processes there are; the table is the installation's, so no tenant's transaction sees it. */
export function createProcessList({ engine }: { readonly engine: Engine }): () => Promise<readonly SeenProcess[]> {
  return () =>
    engine.transact((tx) =>
      tx.rows<SeenProcess>(sql`
        select id, services, seen_at, seen_at > muster_now() - interval '60 seconds' as is_alive from processes
        order by id limit ${processes_max}`),
    )
}
