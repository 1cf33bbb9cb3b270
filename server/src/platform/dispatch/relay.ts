import { setTimeout } from 'node:timers/promises'
import pg from 'pg'
import type { Engine } from '../db/db.ts'
import { sql } from '../db/sql.ts'
import { pause } from '../journal/pause.ts'
import type { Log } from '../log.ts'
import { type Dispatch, type Queue, queues } from './dispatch.ts'

const channel = 'muster_dispatch'
/** Shortest time from one notification to the next: a busy process says it fifty times a second, not at every commit. */
const apart_ms = 20
const reconnect_ms = { first: 100, most: 10_000 } as const

/**
 * Carries hints to other processes on the same PostgreSQL, and theirs to here. Hints of one turn travel together, in a
 * transaction of their own: committing a notification makes writers take turns, so it never rides on a write.
 */
export function createRelay({ engine, log }: { readonly engine: Engine; readonly log: Log }): (queue: Queue) => void {
  const waiting = new Set<Queue>()
  let sending = false
  async function send(): Promise<void> {
    while (waiting.size > 0) {
      const payload = [...waiting].join(',')
      waiting.clear()
      await engine.transact(async (tx) => {
        await tx.row(sql`select set_config('synchronous_commit', 'off', true), pg_notify(${channel}, ${payload})`)
      })
      await setTimeout(apart_ms)
    }
  }
  return (queue) => {
    waiting.add(queue)
    if (sending) return
    sending = true
    setImmediate(() =>
      send()
        .catch((err: unknown) =>
          log.debug({ err }, 'a hint was not relayed; the others look by themselves within a second'),
        )
        .finally(() => {
          sending = false
        }),
    )
  }
}

/** Hears other processes' hints over a connection of its own; while that is lost, everybody looks at the next tick anyway. */
export function hearHints({
  url,
  dispatch,
  log,
}: {
  readonly url: string
  readonly dispatch: Dispatch
  readonly log: Log
}): AsyncDisposable {
  const stop = new AbortController()
  let client: pg.Client | undefined

  async function session(): Promise<void> {
    const own = new pg.Client({ connectionString: url, application_name: 'muster hints', keepAlive: true })
    client = own
    const lost = new Promise<void>((resolve) => {
      own.on('error', () => resolve())
      own.on('end', () => resolve())
    })
    own.on('notification', ({ payload = '' }) => {
      for (const queue of queues) if (payload.split(',').includes(queue)) dispatch.wake(queue)
    })
    try {
      await own.connect()
      await own.query(`listen ${channel}`)
      await lost
    } finally {
      await own.end().catch(() => {})
    }
  }

  async function run(): Promise<void> {
    let wait_ms: number = reconnect_ms.first
    while (!stop.signal.aborted) {
      await session().catch((err: unknown) => log.warn({ err }, 'other processes’ hints are not heard'))
      await pause(wait_ms, stop.signal)
      wait_ms = Math.min(reconnect_ms.most, wait_ms * 2)
    }
  }

  const running = run()
  return {
    async [Symbol.asyncDispose]() {
      stop.abort()
      await client?.end().catch(() => {})
      await running
    },
  }
}
