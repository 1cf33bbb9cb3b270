import { EventEmitter } from 'node:events'
import type { Worker } from 'node:worker_threads'
import pg from 'pg'
import { startThread as startWorker } from '../threads.ts'
import { type ConnectionSource, connectionOf, types } from './connection.ts'
import { frames } from './protocol.ts'

export interface PgliteOptions {
  /** A directory, or undefined for a database in memory. */
  readonly data_dir?: string | undefined
  /** A data directory as a tar archive to start from, such as a migrated template. */
  readonly template?: Uint8Array | undefined
  /** Sync every commit to disk before it is acknowledged. */
  readonly durable: boolean
  readonly shared_buffers_mb: number
}

/**
 * The embedded PostgreSQL, in a thread of its own so that a heavy query never stalls the server. It is one connection
 * behind a queue, opened once and never shared: after a failed query a second client over it would be answered wrongly.
 */
export async function openPglite(options: PgliteOptions): Promise<ConnectionSource & { dump(): Promise<Uint8Array> }> {
  const thread = await startThread(options)
  const client = new pg.Client({ stream: () => streamOver(thread) as never, types, user: 'postgres', pipeline: true })
  client.on('error', () => {})
  await client.connect()
  const connection = connectionOf(client)
  await connection.simple(`set timezone = 'UTC'`)
  let tail: Promise<unknown> = Promise.resolve()
  return {
    engine: 'pglite',
    use(work) {
      const turn = tail.then(() => work(connection))
      tail = turn.catch(() => {})
      return turn
    },
    heapUsed: async () => Number(await thread.ask({ kind: 'heap' })),
    async dump() {
      await tail
      return new Uint8Array((await thread.ask({ kind: 'dump' })) as ArrayBuffer)
    },
    async [Symbol.asyncDispose]() {
      await tail
      await thread.ask({ kind: 'close' })
      await thread.worker.terminate()
    },
  }
}

interface Thread {
  readonly worker: Worker
  ask(message: object): Promise<unknown>
}

interface Answer {
  readonly id: number
  readonly value?: unknown
  readonly error?: string
}

async function startThread(options: PgliteOptions): Promise<Thread> {
  const worker = startWorker('pglite', import.meta.url, options)
  const waiting = new Map<number, { resolve(value: unknown): void; reject(error: Error): void }>()
  const failAll = (error: Error): void => {
    for (const { reject } of waiting.values()) reject(error)
    waiting.clear()
  }
  worker.on('message', (answer: Answer) => {
    const asked = waiting.get(answer.id)
    waiting.delete(answer.id)
    if (answer.error === undefined) asked?.resolve(answer.value)
    else asked?.reject(new Error(answer.error))
  })
  worker.on('error', (error) => failAll(error as Error))
  worker.on('exit', () => failAll(new Error('The embedded database has stopped.')))
  let count = 0
  const ask = (message: object): Promise<unknown> =>
    new Promise((resolve, reject) => {
      count += 1
      waiting.set(count, { resolve, reject })
      worker.postMessage({ ...message, id: count })
    })
  await ask({ kind: 'ready' })
  return { worker, ask }
}

const authenticated = Buffer.from([0x52, 0, 0, 0, 8, 0, 0, 0, 0, 0x5a, 0, 0, 0, 5, 0x49])

/** What `pg.Client` takes for a socket: whole protocol exchanges go to the thread, its bytes come back as data. */
function streamOver(thread: Thread): EventEmitter {
  const collect = frames()
  const stream = new EventEmitter()
  let started = false
  let waiting: Buffer[] = []
  const send = (): void => {
    const bytes = Buffer.concat(waiting)
    waiting = []
    thread.ask({ kind: 'exchange', bytes }).then(
      (answer) => stream.emit('data', Buffer.from(answer as Uint8Array)),
      (error) => stream.emit('error', error),
    )
  }
  const write = (bytes: Buffer): boolean => {
    if (!started) {
      started = true
      queueMicrotask(() => stream.emit('data', authenticated))
      return true
    }
    const exchange = collect(bytes)
    if (exchange && waiting.push(exchange) === 1) process.nextTick(send)
    return true
  }
  const end = (): void => void queueMicrotask(() => stream.emit('close'))
  return Object.assign(stream, {
    writable: true,
    connect: () => queueMicrotask(() => stream.emit('connect')),
    write,
    end,
    destroy: end,
    setNoDelay: () => {},
    setKeepAlive: () => {},
    ref: () => {},
    unref: () => {},
  })
}
