import type { Engine } from '../db/db.ts'
import { listen } from '../db/listen/listen.ts'
import { sql } from '../db/sql.ts'
import { isUuid } from '../ids.ts'
import type { Log } from '../log.ts'
import type { SealedSignal } from './sealed-signal.ts'

/** The channel of notifications between processes about new events. */
export const channel = 'muster_journal'

/** A notification carries less than 8,000 bytes. */
const ids_at_once = 200

/** Notifies the other processes, in a transaction of its own, since committing notifications serializes writers. */
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
 * Listens for segments of other processes (PostgreSQL only). Whenever it starts to listen all feeds look, since
 * notifications may have been missed.
 */
export function listenForSealed(options: {
  readonly url: string
  readonly sealed: SealedSignal
  readonly log: Log
}): AsyncDisposable & { readonly ready: Promise<void> } {
  const { url, sealed, log } = options
  let resolveReady: () => void = () => {}
  const ready = new Promise<void>((resolve) => {
    resolveReady = resolve
  })
  const listener = listen({
    url,
    channel,
    name: 'journal',
    log,
    onNotification: (payload) => sealed.tell(payload.split(',').filter(isUuid)),
    onHearing: () => {
      resolveReady()
      sealed.tellAll()
    },
  })
  return { ready, [Symbol.asyncDispose]: () => listener[Symbol.asyncDispose]() }
}
