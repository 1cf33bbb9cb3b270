import { fdatasyncSync } from 'node:fs'
import { parentPort, workerData } from 'node:worker_threads'
import { PGlite } from '@electric-sql/pglite'
import { NodeFS } from '@electric-sql/pglite/nodefs'
import type { PgliteOptions } from './pglite.ts'

interface Message {
  readonly id: number
  readonly kind: 'ready' | 'exchange' | 'heap' | 'dump' | 'close'
  readonly bytes?: Uint8Array
}

interface Emscripten {
  readonly FS: { readonly filesystems: { readonly NODEFS: { stream_ops: Record<string, unknown> } } }
}

/** PGlite's file system never syncs; this one hands fsync through to the disk, so that a commit is on it. */
class SyncedFs extends NodeFS {
  readonly #durable: boolean

  constructor(directory: string, durable: boolean) {
    super(directory)
    this.#durable = durable
  }

  override async init(pg: PGlite, given: Parameters<NodeFS['init']>[1]): ReturnType<NodeFS['init']> {
    const { emscriptenOpts } = await super.init(pg, given)
    if (!this.#durable) return { emscriptenOpts }
    const sync = (module: unknown): void => {
      // The emscripten module's type is not exported; only the documented stream operations are touched.
      const { stream_ops } = (module as Emscripten).FS.filesystems.NODEFS
      stream_ops.fsync = (stream: { nfd: number }): number => {
        fdatasyncSync(stream.nfd)
        return 0
      }
    }
    return { emscriptenOpts: { ...emscriptenOpts, preRun: [...(emscriptenOpts.preRun ?? []), sync] } }
  }
}

const options = workerData as PgliteOptions
const database = open()
let tail = Promise.resolve()
parentPort?.on('message', (message: Message) => {
  tail = tail.then(() => reply(message))
})

async function reply(message: Message): Promise<void> {
  try {
    const value = await answer(await database, message)
    parentPort?.postMessage({ id: message.id, value })
  } catch (error) {
    parentPort?.postMessage({ id: message.id, error: error instanceof Error ? error.message : String(error) })
  }
}

async function answer(db: PGlite, message: Message): Promise<unknown> {
  switch (message.kind) {
    case 'ready':
      return db.waitReady
    case 'exchange':
      return db.execProtocolRaw(message.bytes ?? new Uint8Array(), { syncToFs: false })
    case 'heap':
      return process.memoryUsage().heapUsed
    case 'dump':
      return (await db.dumpDataDir('none')).arrayBuffer()
    case 'close':
      return db.close()
  }
}

async function open(): Promise<PGlite> {
  const fs = options.data_dir === undefined ? undefined : new SyncedFs(options.data_dir, options.durable)
  return PGlite.create({
    ...(fs === undefined ? {} : { fs }),
    ...(options.template === undefined ? {} : { loadDataDir: new Blob([options.template as Uint8Array<ArrayBuffer>]) }),
    startParams: startParams(),
  })
}

/** PGlite's own parameters without `-F`, which would turn fsync off, and with a smaller buffer: one user needs no more. */
function startParams(): string[] {
  const kept = PGlite.defaultStartParams.filter((parameter) => !options.durable || parameter !== '-F')
  const durable = options.durable ? ['-c', 'wal_sync_method=fsync'] : []
  return [...kept, ...durable, '-c', `shared_buffers=${options.shared_buffers_mb}MB`]
}
