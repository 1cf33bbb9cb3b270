import { createHash } from 'node:crypto'
import { linkSync, renameSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fieldOf } from '@muster/contract/platform/objects'
import { newSecret } from '../ids.ts'
import { guardSocket } from './guard.ts'
import { isAlive, ownIdentity } from './process-identity.ts'
import { readHolder, writeHolder } from './record.ts'
import { ask, type Holder, inodeOf, openSocket, parseHolder } from './socket.ts'

/** Another process holds the directory; the message names it. */
export class DirectoryHeldError extends Error {
  override readonly name = 'DirectoryHeldError'
  readonly holder: Holder | undefined

  constructor(directory: string, holder: Holder | undefined) {
    const who = holder
      ? `process ${holder.pid} on ${holder.host}, running since ${holder.started_at}`
      : 'a process that does not answer'
    super(
      `The data directory ${directory} is in use by ${who}. Stop it with \`muster stop\`, or choose another MUSTER_DATA_DIR.`,
    )
    this.holder = holder
  }
}

export interface DirectoryLock extends AsyncDisposable {
  readonly socket: string
  readonly holder: Holder
}

interface LockOptions {
  /** The real path of the directory. */
  readonly directory: string
  readonly holder: Omit<Holder, 'nonce'>
  onStop(): void
}

/** Node silently cuts longer paths of sockets. */
const socket_path_bytes_max = 100
const settle_ms = 200
const takeovers_max = 5

/** The socket path of a directory's lock: in it or, where that path would be too long, among the temporary files. */
export function lockSocketPath(directory: string): string {
  const inside = join(directory, 'lock.sock')
  // Leaves room for the name that a socket has before it is put in place.
  if (Buffer.byteLength(inside) + own_name_bytes <= socket_path_bytes_max) return inside
  return join(tmpdir(), `muster-${createHash('sha256').update(directory).digest('hex').slice(0, 40)}.sock`)
}

const own_name_bytes = 9

/**
 * Takes the lock of a data directory: a listening socket, which dies with its process, unlike a file with a process id.
 * A process links its own socket to the lock's name, which only one can do. A dead socket is moved aside first, and put
 * back if another process has replaced it in between; so the winner tests a moment later that the name is still its own
 * socket.
 *
 * Anybody can delete a socket. So the holder also writes into `lock.json` which process it is, and a living process
 * counts as the holder although its socket does not answer; and it restores its socket as soon as it is missing.
 */
export async function lockDirectory(options: LockOptions): Promise<DirectoryLock> {
  const { directory } = options
  const path = lockSocketPath(directory)
  const holder: Holder = { ...options.holder, nonce: newSecret(16), process: ownIdentity() }
  const open = () => openSocket({ path, holder, onStop: options.onStop })
  const first = await open()
  try {
    await refuseLiving(directory)
    await claim({ path, own: first.own, directory })
    rmSync(first.own, { force: true })
    await delay(settle_ms)
    const winner = await ask(path, 'who')
    if (winner === 'nobody' || parseHolder(winner)?.nonce !== holder.nonce)
      throw new DirectoryHeldError(directory, winner === 'nobody' ? undefined : parseHolder(winner))
    writeHolder(directory, holder)
  } catch (error) {
    rmSync(first.own, { force: true })
    await first.release()
    throw error
  }
  const guard = guardSocket({ directory, path, holder, first, open, onLost: options.onStop })
  return { socket: path, holder, [Symbol.asyncDispose]: guard }
}

/** Sends a line to the holder of the directory: `who` or `stop`. Undefined: nobody holds it. */
export async function tellHolder(directory: string, line: 'who' | 'stop'): Promise<string | undefined> {
  const answer = await ask(lockSocketPath(directory), line)
  return answer === 'nobody' ? undefined : answer
}

async function claim({
  path,
  own,
  directory,
}: {
  readonly path: string
  readonly own: string
  readonly directory: string
}): Promise<void> {
  for (let attempts = 1; attempts <= takeovers_max; attempts += 1) {
    if (tryLink(own, path)) return
    const probedInode = inodeOf(path)
    const answer = await ask(path, 'who')
    if (answer !== 'nobody') throw new DirectoryHeldError(directory, parseHolder(answer))
    if (probedInode !== undefined) moveAside(path, `${own}d`, probedInode)
  }
  throw new DirectoryHeldError(directory, undefined)
}

function tryLink(own: string, path: string): boolean {
  try {
    linkSync(own, path)
    return true
  } catch (error) {
    if (fieldOf(error, 'code') === 'EEXIST') return false
    throw error
  }
}

function moveAside(path: string, aside: string, dead: number): void {
  try {
    renameSync(path, aside)
  } catch (error) {
    if (fieldOf(error, 'code') === 'ENOENT') return
    throw error
  }
  // Another process took the lock in between: its socket is put back.
  if (inodeOf(aside) !== dead) tryLink(aside, path)
  rmSync(aside, { force: true })
}

/** Throws where another living process holds it, with or without a socket. */
async function refuseLiving(directory: string): Promise<void> {
  const recordedHolder = readHolder(directory)
  const isOther = recordedHolder?.process !== undefined && recordedHolder.process.pid !== process.pid
  if (isOther && recordedHolder.process && isAlive(recordedHolder.process))
    throw new DirectoryHeldError(directory, recordedHolder)
}
