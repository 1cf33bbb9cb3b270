import { type FSWatcher, renameSync, rmSync, watch } from 'node:fs'
import { basename, dirname } from 'node:path'
import { isRecorded, removeHolder, writeHolder } from './record.ts'
import { ask, type Holder, inodeOf, type LockSocket, parseHolder } from './socket.ts'

export interface GuardOptions {
  readonly directory: string
  readonly path: string
  readonly holder: Holder
  /** The socket in its place now. */
  readonly first: LockSocket
  open(): Promise<LockSocket>
  /** Another process has held the directory for longer. */
  onLost(): void
}

const look_ms = 1_000
/**
 * Long enough that a removal of the whole directory has ended, shorter than the wait of a process that takes the lock.
 */
const pause_ms = 50

/**
 * Restores a holder's socket as soon as it is deleted or replaced; of two processes that both believe to hold the
 * directory the first one stays. Returns a function that stops guarding and releases the lock.
 */
export function guardSocket(options: GuardOptions): () => Promise<void> {
  const { directory, path, holder } = options
  const sockets = [options.first]
  let busy: Promise<void> = Promise.resolve()
  let isEnded = false

  async function look(): Promise<void> {
    if (isEnded) return
    if (!isRecorded(directory, holder)) writeHolder(directory, holder)
    if (inodeOf(path) === sockets.at(-1)?.inode) return
    const other = parseHolder(await ask(path, 'who').catch(() => undefined))
    if (other && other.nonce !== holder.nonce && other.started_at < holder.started_at) return options.onLost()
    const socket = await options.open()
    sockets.push(socket)
    renameSync(socket.own, path)
  }

  // One test at a time. While the directory itself is missing there is nothing to guard.
  const again = (): void => {
    busy = busy.then(look).catch(() => {})
  }
  const timer = setInterval(again, look_ms)
  timer.unref()
  let soon: NodeJS.Timeout | undefined
  const watcher = watchFolder(dirname(path), (name) => {
    if (name === basename(path) || name === 'lock.json') soon ??= setTimeout(lookNow, pause_ms).unref()
  })
  function lookNow(): void {
    soon = undefined
    again()
  }

  return async () => {
    isEnded = true
    clearInterval(timer)
    clearTimeout(soon)
    watcher?.close()
    await busy
    removeHolder(directory)
    for (const socket of sockets) {
      rmSync(socket.own, { force: true })
      await socket.release()
    }
  }
}

/** A watcher of the folder; undefined where the system cannot watch (more): then the timer looks. */
function watchFolder(folder: string, onChanged: (name: string | null) => void): FSWatcher | undefined {
  try {
    return watch(folder, { persistent: false }, (_event, name) => onChanged(name)).on('error', () => {})
  } catch {
    return undefined
  }
}
