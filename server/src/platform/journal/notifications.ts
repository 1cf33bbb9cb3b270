import pg from 'pg'
import type { Engine } from '../db/db.ts'
import { sql } from '../db/sql.ts'
import { isUuid } from '../ids.ts'
import type { Log } from '../log.ts'
import { pause } from './pause.ts'
import type { SealedSignal } from './sealed.ts'

/** The channel on which processes tell each other whose journals have grown. */
export const channel = 'muster_journal'

/** A notification carries less than 8,000 bytes. */
const ids_at_once = 200
const reconnect_ms = { first: 100, most: 10_000 } as const

/** Tells the other processes; in a transaction of its own, since committing notifications makes writers take turns. */
export async function notifySealed(engine: Engine, organization_ids: readonly string[]): Promise<void> {
  for (let from = 0; from < organization_ids.length; from += ids_at_once) {
    const payload = organization_ids.slice(from, from + ids_at_once).join(',')
    await engine.transact(async (tx) => {
      // A hint need not reach the disk.
      await tx.row(sql`select set_config('synchronous_commit', 'off', true), pg_notify(${channel}, ${payload})`)
    })
  }
}

/**
 * Hears what other processes have sealed, over a connection of its own (PostgreSQL only). While that is lost it is
 * opened again and again; then everybody looks, since hints went unheard.
 */
export function hearSealed(options: {
  readonly url: string
  readonly sealed: SealedSignal
  readonly log: Log
}): AsyncDisposable & { readonly ready: Promise<void> } {
  const { url, sealed, log } = options
  const stop = new AbortController()
  let client: pg.Client | undefined
  let heard: () => void = () => {}
  const ready = new Promise<void>((resolve) => {
    heard = resolve
  })

  async function session(): Promise<void> {
    const own = new pg.Client({ connectionString: url, application_name: 'muster journal', keepAlive: true })
    client = own
    const lost = new Promise<void>((resolve) => {
      own.on('error', () => resolve())
      own.on('end', () => resolve())
    })
    own.on('notification', ({ payload = '' }) => sealed.tell(payload.split(',').filter(isUuid)))
    try {
      await own.connect()
      await own.query(`listen ${channel}`)
      heard()
      sealed.tellAll()
      await lost
    } finally {
      await own.end().catch(() => {})
    }
  }

  const running = (async () => {
    for (let wait_ms: number = reconnect_ms.first; !stop.signal.aborted; ) {
      const began = performance.now()
      await session().catch((error: unknown) => log.warn({ err: error }, 'the journal’s notifications are not heard'))
      wait_ms =
        performance.now() - began > reconnect_ms.most ? reconnect_ms.first : Math.min(reconnect_ms.most, wait_ms * 2)
      await pause(wait_ms, stop.signal)
    }
  })()

  return {
    ready,
    async [Symbol.asyncDispose]() {
      stop.abort()
      await client?.end().catch(() => {})
      await running
    },
  }
}
