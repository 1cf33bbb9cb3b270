import { setTimeout } from 'node:timers/promises'
import type { Engine } from '../db/db.ts'
import { listen } from '../db/listen/listen.ts'
import { sql } from '../db/sql.ts'
import type { Log } from '../log.ts'
import { type Dispatch, type Queue, queues } from './dispatch.ts'

const channel = 'muster_dispatch'
/** The shortest time between two notifications: a busy process sends fifty a second, not one a commit. */
const apart_ms = 20

/**
 * Sends hints to other processes on the same PostgreSQL, and receives theirs. Hints of one turn travel together, in a
 * transaction of their own: committing a notification serializes writers, so it is never part of a write.
 */
export function createRelay({ engine, log }: { readonly engine: Engine; readonly log: Log }): (queue: Queue) => void {
  const pendingQueues = new Set<Queue>()
  let isSending = false
  async function send(): Promise<void> {
    while (pendingQueues.size > 0) {
      const payload = [...pendingQueues].join(',')
      pendingQueues.clear()
      await engine.transact(async (tx) => {
        await tx.row(sql`select set_config('synchronous_commit', 'off', true), pg_notify(${channel}, ${payload})`)
      })
      await setTimeout(apart_ms)
    }
  }
  return (queue) => {
    pendingQueues.add(queue)
    if (isSending) return
    isSending = true
    setImmediate(() =>
      send()
        .catch((err: unknown) =>
          log.debug({ err }, 'a hint was not relayed; other processes will notice at their next heartbeat'),
        )
        .finally(() => {
          isSending = false
        }),
    )
  }
}

/**
 * Listens for the hints of other processes over a connection of its own. Whenever it starts to listen all queues are
 * woken, since hints may have been missed.
 */
export function hearHints({
  url,
  dispatch,
  log,
}: {
  readonly url: string
  readonly dispatch: Dispatch
  readonly log: Log
}): AsyncDisposable {
  return listen({
    url,
    channel,
    name: 'hints',
    log,
    onNotification(payload) {
      for (const queue of queues) if (payload.split(',').includes(queue)) dispatch.wake(queue)
    },
    onHearing() {
      for (const queue of queues) dispatch.wake(queue)
    },
  })
}
