import pg from 'pg'
import { pause } from '../journal/pause.ts'
import type { Log } from '../log.ts'

const reconnect_ms = { first: 100, most: 10_000 } as const

export interface Listening {
  readonly url: string
  readonly channel: string
  /** Shown as the connection's application. */
  readonly name: string
  readonly log: Log
  onNotification(payload: string): void
  /** Called whenever the connection hears, the first time and again after it was lost: what came meanwhile went unheard. */
  onHearing?(): void
}

/** Hears a channel over a connection of its own (PostgreSQL only), opened again whenever it is lost. */
export function listen({ url, channel, name, log, onNotification, onHearing }: Listening): AsyncDisposable {
  const stop = new AbortController()
  let client: pg.Client | undefined

  async function session(): Promise<void> {
    const own = new pg.Client({ connectionString: url, application_name: `muster ${name}`, keepAlive: true })
    client = own
    const lost = new Promise<void>((resolve) => {
      own.on('error', () => resolve())
      own.on('end', () => resolve())
    })
    own.on('notification', ({ payload = '' }) => onNotification(payload))
    try {
      // Ended while it connects, the client never says how that went; that it ended it does say.
      await Promise.race([begin(own), lost])
      await lost
    } finally {
      await own.end().catch(() => {})
    }
  }

  async function begin(own: pg.Client): Promise<void> {
    await own.connect()
    await own.query(`listen ${channel}`)
    onHearing?.()
  }

  const running = (async () => {
    for (let wait_ms: number = reconnect_ms.first; !stop.signal.aborted; ) {
      const began = performance.now()
      await session().catch((err: unknown) =>
        log.warn({ err, channel }, 'other processes’ notifications are not heard'),
      )
      wait_ms =
        performance.now() - began > reconnect_ms.most ? reconnect_ms.first : Math.min(reconnect_ms.most, wait_ms * 2)
      await pause(wait_ms, stop.signal)
    }
  })()

  return {
    async [Symbol.asyncDispose]() {
      stop.abort()
      await client?.end().catch(() => {})
      await running
    },
  }
}
