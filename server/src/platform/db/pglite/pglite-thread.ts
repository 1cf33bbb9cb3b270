import type { Worker } from 'node:worker_threads'
import { startThread } from '../../threads/start-thread.ts'
import { DatabaseLostError } from '../failures.ts'

export interface PgliteOptions {
  /** A directory, or undefined for a database in memory. */
  readonly data_dir?: string | undefined
  /** A data directory as a tar archive to start from, such as a migrated template. */
  readonly template?: Uint8Array | undefined
  /** Sync every commit to disk before it is acknowledged. */
  readonly durable: boolean
  readonly shared_buffers_mb: number
  /** After a failed attempt to open a dead database again, uses fail at once for this long; absent: 2 s. */
  readonly reopen_apart_ms?: number
  /** After so many failed attempts in a row nothing is tried any more, unless a full disk is the cause; absent: 5. */
  readonly reopen_attempts_max?: number
}

export type ThreadRequest =
  | { readonly kind: 'ready' | 'dump' | 'heap' | 'close' }
  /** Whole exchanges of PostgreSQL's protocol. */
  | { readonly kind: 'exchange'; readonly bytes: Uint8Array }

/** The thread that runs the embedded database, as the main thread sees it. */
export interface PgliteThread {
  /** Rejects when the thread ends, aborts, or does not answer in time. */
  ask(request: ThreadRequest): Promise<unknown>
  /** Why the thread cannot be used any more; undefined while it can. */
  failure(): DatabaseLostError | undefined
  terminate(): Promise<void>
}

type ThreadMessage =
  | { readonly aborted: string }
  | { readonly id: number; readonly value?: unknown; readonly error?: string }

interface PendingRequest {
  resolve(value: unknown): void
  reject(error: Error): void
}

/** Statements cannot be cancelled in the embedded database: a thread that is silent for this long is taken for hung. */
const answer_ms_max = 120_000

/** Starts the thread. It is usable once `ask({ kind: 'ready' })` has resolved. */
export function startPgliteThread(options: PgliteOptions): PgliteThread {
  const worker: Worker = startThread('pglite', import.meta.url, options)
  const pendingRequests = new Map<number, PendingRequest>()
  let failure: DatabaseLostError | undefined
  let count = 0
  const answer_timeout = createAnswerTimeout(() => fail(`it has not answered for ${answer_ms_max / 1000} seconds`))

  function fail(cause: unknown): void {
    failure ??= new DatabaseLostError(cause)
    answer_timeout.stop()
    for (const { reject } of pendingRequests.values()) reject(failure)
    pendingRequests.clear()
  }

  worker.on('message', (message: ThreadMessage) => {
    if ('aborted' in message) return fail(message.aborted)
    // An SQL error is part of an answer: an error here is the database's own.
    if (message.error !== undefined) return fail(message.error)
    pendingRequests.get(message.id)?.resolve(message.value)
    pendingRequests.delete(message.id)
    if (pendingRequests.size > 0) answer_timeout.restart()
    else answer_timeout.stop()
  })
  worker.on('error', (error) => fail(error))
  worker.on('exit', (code) => fail(`its thread ended with code ${code}`))

  return {
    failure: () => failure,
    ask: (request) =>
      new Promise((resolve, reject) => {
        if (failure) return reject(failure)
        count += 1
        if (pendingRequests.size === 0 && request.kind === 'exchange') answer_timeout.restart()
        pendingRequests.set(count, { resolve, reject })
        worker.postMessage({ ...request, id: count }, movedBytes(request))
      }),
    async terminate() {
      answer_timeout.stop()
      await worker.terminate()
    },
  }
}

/** Bytes with a buffer of their own are moved, since copying megabytes takes time. */
function movedBytes(request: ThreadRequest): readonly ArrayBuffer[] {
  if (request.kind !== 'exchange') return []
  const { buffer, byteLength } = request.bytes
  return buffer instanceof ArrayBuffer && byteLength === buffer.byteLength ? [buffer] : []
}

function createAnswerTimeout(onTimeout: () => void): { restart(): void; stop(): void } {
  let timer: NodeJS.Timeout | undefined
  const stop = (): void => clearTimeout(timer)
  return {
    stop,
    restart() {
      stop()
      timer = setTimeout(onTimeout, answer_ms_max).unref()
    },
  }
}
