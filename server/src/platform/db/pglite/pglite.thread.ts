import { fdatasyncSync } from 'node:fs'
import { parentPort, workerData } from 'node:worker_threads'
import { PGlite } from '@electric-sql/pglite'
import { NodeFS } from '@electric-sql/pglite/nodefs'
import type { PgliteOptions, ThreadRequest } from './pglite-thread.ts'

interface Emscripten {
  readonly FS: { readonly filesystems: { readonly NODEFS: { stream_ops: Record<string, unknown> } } }
}

/**
 * PGlite's file system with two changes: fsync reaches the disk, so that a commit is on it; and an abort of the
 * database is reported to the main thread, since PGlite itself does not report it.
 */
class WatchedFs extends NodeFS {
  readonly #durable: boolean

  constructor(directory: string, durable: boolean) {
    super(directory)
    this.#durable = durable
  }

  override async init(pg: PGlite, initialOptions: Parameters<NodeFS['init']>[1]): ReturnType<NodeFS['init']> {
    const { emscriptenOpts } = await super.init(pg, initialOptions)
    let panic: string | undefined
    const watchedOptions = {
      ...emscriptenOpts,
      printErr(text: string) {
        if (/\b(PANIC|FATAL):/.test(text)) panic = text.replace(/^.*?(PANIC|FATAL):\s*/, '')
      },
      onAbort: (reason: unknown) => parentPort?.postMessage({ aborted: panic ?? String(reason) }),
    }
    if (!this.#durable) return { emscriptenOpts: watchedOptions }
    return { emscriptenOpts: { ...watchedOptions, preRun: [...(emscriptenOpts.preRun ?? []), syncToDisk] } }
  }
}

function syncToDisk(module: unknown): void {
  // The emscripten module's type is not exported; only the documented stream operations are touched.
  const { stream_ops } = (module as Emscripten).FS.filesystems.NODEFS
  stream_ops.fsync = (stream: { nfd: number }): number => {
    fdatasyncSync(stream.nfd)
    return 0
  }
}

const options = workerData as PgliteOptions
const database = open()
let tail = Promise.resolve()
parentPort?.on('message', (message: ThreadRequest & { id: number }) => {
  tail = tail.then(() => reply(message))
})

async function reply(message: ThreadRequest & { id: number }): Promise<void> {
  try {
    const value = await answer(await database, message)
    const transferList = value instanceof Uint8Array ? [value.buffer as ArrayBuffer] : []
    parentPort?.postMessage({ id: message.id, value }, transferList)
  } catch (error) {
    parentPort?.postMessage({ id: message.id, error: messageOf(error) })
  }
}

/** Emscripten throws plain objects: `{ name: 'ErrnoError', errno: 44 }`, `{ name: 'ExitStatus', message: … }`. */
function messageOf(error: unknown): string {
  if (typeof error !== 'object' || error === null) return String(error)
  return 'message' in error && typeof error.message === 'string' && error.message !== ''
    ? error.message
    : JSON.stringify(error)
}

async function answer(db: PGlite, message: ThreadRequest): Promise<unknown> {
  switch (message.kind) {
    case 'ready':
      return db.waitReady
    case 'exchange':
      return exchange(db, message.bytes)
    case 'dump':
      return (await db.dumpDataDir('none')).arrayBuffer()
    case 'heap':
      return process.memoryUsage().heapUsed
    case 'close':
      return db.close()
  }
}

/**
 * Passes an exchange's bytes through. `execProtocolRaw` would also parse every message and keep the parsed ones until
 * the next `execProtocol`, which is never called here (electric-sql/pglite#1025).
 */
async function exchange(db: PGlite, bytes: Uint8Array): Promise<Uint8Array> {
  const chunks: Buffer[] = []
  await db.execProtocolRawStream(bytes, {
    syncToFs: false,
    // The bytes lie in the database's memory, which the next message overwrites.
    onRawData: (chunk) => void chunks.push(Buffer.from(chunk)),
  })
  // An own buffer and never a slice of Node's pool, so that it can be moved to the other thread.
  const size = chunks.reduce((sum, chunk) => sum + chunk.length, 0)
  const allBytes = new Uint8Array(new ArrayBuffer(size))
  let at = 0
  for (const chunk of chunks) {
    allBytes.set(chunk, at)
    at += chunk.length
  }
  return allBytes
}

async function open(): Promise<PGlite> {
  const fs = options.data_dir === undefined ? undefined : new WatchedFs(options.data_dir, options.durable)
  return PGlite.create({
    ...(fs === undefined ? {} : { fs }),
    ...(options.template === undefined ? {} : { loadDataDir: new Blob([options.template as Uint8Array<ArrayBuffer>]) }),
    startParams: startParams(),
  })
}

/** PGlite's own parameters without `-F`, which would turn fsync off, and with a smaller buffer: one user needs no more. */
function startParams(): string[] {
  const parameters = PGlite.defaultStartParams.filter((parameter) => !options.durable || parameter !== '-F')
  const durable = options.durable ? ['-c', 'wal_sync_method=fsync'] : []
  return [...parameters, ...durable, '-c', `shared_buffers=${options.shared_buffers_mb}MB`]
}
