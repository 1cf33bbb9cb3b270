import pg from 'pg'
import { type Connection, type ConnectionSource, connectionOf, types } from '../connection.ts'
import { DatabaseLostError } from '../failures.ts'
import { pgliteStream } from './pglite-stream.ts'
import { type PgliteOptions, type PgliteThread, startPgliteThread } from './pglite-thread.ts'

export interface EmbeddedEvents {
  /** The database died; it is opened again with the next use. */
  onLost?(error: DatabaseLostError): void
  onReopened?(): void
  /** It could not be opened again, and trying further is of no use. */
  onUnrecoverable?(error: DatabaseLostError): void
}

export interface EmbeddedSource extends ConnectionSource {
  /** The data directory as a tar archive. */
  dump(): Promise<Uint8Array>
}

const reopen_apart_ms_default = 2_000
/** A full disk may recover; any other cause that lasts so long will not go away. */
const reopen_attempts_default = 5

/**
 * The embedded PostgreSQL, in a thread of its own so that a heavy query never stalls the server. It is one connection
 * behind a queue, never shared: after a failed query a second client over it would be answered wrongly. When the thread
 * dies, what was under way fails as unavailable and the next use opens the database again.
 */
export async function openPglite(options: PgliteOptions, events: EmbeddedEvents = {}): Promise<EmbeddedSource> {
  const sessions = createSessions(options, { first: await openSession(options), events })
  let tail: Promise<unknown> = Promise.resolve()
  let is_closed = false
  const answers = createNextAnswer()
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const turn = tail.then(work)
    tail = turn.catch(() => {})
    return turn
  }
  return {
    engine: 'pglite',
    use: (work) =>
      inTurn(async () => {
        if (is_closed) throw new DatabaseLostError('it was closed')
        const result = await work((await sessions.usable()).connection)
        answers.arrived()
        return result
      }),
    nextAnswer: answers.next,
    dump: () =>
      inTurn(async () => {
        const { thread } = await sessions.usable()
        return new Uint8Array((await thread.ask({ kind: 'dump' })) as ArrayBuffer)
      }),
    // It is no statement, so it does not wait in the queue.
    heapUsed: async () => Number(await sessions.latest().thread.ask({ kind: 'heap' })),
    async [Symbol.asyncDispose]() {
      await inTurn(async () => {
        is_closed = true
      })
      const { thread } = sessions.latest()
      await thread.ask({ kind: 'close' }).catch(() => {})
      await thread.terminate()
    },
  }
}

/** One promise for all who wait for the next answer. */
function createNextAnswer() {
  let resolveNext: () => void = () => {}
  const newPromise = (): Promise<void> =>
    new Promise((resolve) => {
      resolveNext = resolve
    })
  let promise = newPromise()
  return {
    next: () => promise,
    arrived(): void {
      resolveNext()
      promise = newPromise()
    },
  }
}

interface Session {
  readonly thread: PgliteThread
  readonly connection: Connection
}

async function openSession(options: PgliteOptions): Promise<Session> {
  const thread = startPgliteThread(options)
  try {
    await thread.ask({ kind: 'ready' })
    const client = new pg.Client({
      stream: () => pgliteStream(thread) as never,
      types,
      user: 'postgres',
      pipeline: true,
    })
    client.on('error', () => {})
    await client.connect()
    const connection = connectionOf(client)
    await connection.simple(`set timezone = 'UTC'`)
    return { thread, connection }
  } catch (error) {
    await thread.terminate()
    throw error
  }
}

/** Keeps one session, and replaces it by another when its thread has died. */
function createSessions(
  options: PgliteOptions,
  { first, events }: { readonly first: Session; readonly events: EmbeddedEvents },
): { usable(): Promise<Session>; latest(): Session } {
  const { data_dir, reopen_apart_ms = reopen_apart_ms_default } = options
  let session = first
  let reportedError: DatabaseLostError | undefined
  let attempt: { readonly count: number; readonly failed_at: number; readonly failure: DatabaseLostError } | undefined

  async function reopen(lostError: DatabaseLostError): Promise<Session> {
    if (attempt !== undefined && performance.now() - attempt.failed_at < reopen_apart_ms) throw attempt.failure
    await session.thread.terminate()
    try {
      // A database in memory is gone with its thread.
      if (data_dir === undefined) throw lostError
      session = await openSession(options)
    } catch (error) {
      throw failedAttempt(error, lostError)
    }
    attempt = undefined
    events.onReopened?.()
    return session
  }

  function failedAttempt(error: unknown, lostError: DatabaseLostError): DatabaseLostError {
    // After an outage of the disk the database cannot start for the same cause, but does not always say so.
    const failure =
      error instanceof DatabaseLostError && (error.is_storage || !lostError.is_storage) ? error : lostError
    attempt = { count: (attempt?.count ?? 0) + 1, failed_at: performance.now(), failure }
    const is_final = data_dir === undefined || attempt.count >= (options.reopen_attempts_max ?? reopen_attempts_default)
    if (is_final && !failure.is_storage) events.onUnrecoverable?.(failure)
    return failure
  }

  return {
    latest: () => session,
    async usable() {
      const lostError = session.thread.failure()
      if (lostError === undefined) return session
      if (reportedError !== lostError) events.onLost?.(lostError)
      reportedError = lostError
      return reopen(lostError)
    },
  }
}
