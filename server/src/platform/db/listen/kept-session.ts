import pg from 'pg'
import { pause } from '../../concurrency/pause.ts'
import type { Log } from '../../log.ts'

const reconnect_ms = { first: 100, most: 5_000 } as const
/** TCP keep-alive: without it a vanished server would be noticed after hours. */
const keep_alive_ms = 10_000

export interface KeptSessionOptions {
  readonly url: string
  /** Shown as the connection's application. */
  readonly name: string
  readonly log: Log
  /** Makes what belongs to the session, such as a lock or LISTEN: called for the first session and for each that replaces a lost one. */
  establish(client: pg.Client): Promise<void>
  onNotification?(payload: string): void
  /** An established session was lost, with all that belonged to it. */
  onLost?(): void
}

export interface KeptSession extends AsyncDisposable {
  /** Resolves when the first session has been established. */
  readonly ready: Promise<void>
}

/**
 * One PostgreSQL session that is kept for as long as the process runs, for state that belongs to a session: advisory
 * locks, LISTEN. When it is lost another is opened and the state is established again.
 */
export function keepSession(options: KeptSessionOptions): KeptSession {
  const { name, log } = options
  const stop = new AbortController()
  let client: pg.Client | undefined
  let resolveReady: () => void = () => {}
  const ready = new Promise<void>((resolve) => {
    resolveReady = resolve
  })

  /** Runs one session to its end; says whether it had been established. */
  async function session(): Promise<boolean> {
    const sessionClient = createSessionClient(options)
    client = sessionClient
    let is_established = false
    const connectionEnd = new Promise<void>((resolve) => {
      sessionClient.on('error', () => resolve())
      sessionClient.on('end', () => resolve())
    })
    sessionClient.on('notification', ({ payload = '' }) => options.onNotification?.(payload))
    const establish = async (): Promise<void> => {
      await sessionClient.connect()
      await options.establish(sessionClient)
      is_established = true
      resolveReady()
    }
    try {
      // A client that is ended while it connects never resolves; `connectionEnd` does.
      await Promise.race([establish(), connectionEnd])
      await connectionEnd
    } catch (err) {
      log.warn({ err, session: name }, 'a database session cannot be opened; retrying')
    } finally {
      await sessionClient.end().catch(() => {})
    }
    return is_established
  }

  const sessionLoop = (async () => {
    for (let wait_ms: number = reconnect_ms.first; !stop.signal.aborted; ) {
      const was_established = await session()
      if (stop.signal.aborted) return
      if (was_established) {
        log.warn({ session: name }, 'a database session was lost; reconnecting')
        options.onLost?.()
      }
      wait_ms = was_established ? reconnect_ms.first : Math.min(reconnect_ms.most, wait_ms * 2)
      await pause(wait_ms, stop.signal)
    }
  })()

  return {
    ready,
    async [Symbol.asyncDispose]() {
      stop.abort()
      await client?.end().catch(() => {})
      await sessionLoop
    },
  }
}

function createSessionClient({ url, name }: Pick<KeptSessionOptions, 'url' | 'name'>): pg.Client {
  return new pg.Client({
    connectionString: url,
    application_name: `muster ${name}`,
    keepAlive: true,
    keepAliveInitialDelayMillis: keep_alive_ms,
    connectionTimeoutMillis: keep_alive_ms,
  })
}
