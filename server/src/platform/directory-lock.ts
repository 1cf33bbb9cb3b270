import { createHash } from 'node:crypto'
import { chmodSync, linkSync, renameSync, rmSync, statSync } from 'node:fs'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { newSecret } from './ids.ts'

/** Who holds a data directory, as it answers over its socket. */
export interface Holder {
  readonly pid: number
  readonly host: string
  readonly started_at: string
  readonly nonce: string
}

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

/** Node cuts longer paths of sockets without a word. */
const socket_path_bytes_max = 100
const settle_ms = 200
const answer_ms_max = 2_000
const takeovers_max = 5
const line_bytes_max = 64

/** Where the lock of a directory listens: in it, or, where that path would be too long, among the temporary files. */
export function lockSocketPath(directory: string): string {
  const inside = join(directory, 'lock.sock')
  // Room for the name that a socket has before it is put in place.
  if (Buffer.byteLength(inside) + own_name_bytes <= socket_path_bytes_max) return inside
  return join(tmpdir(), `muster-${createHash('sha256').update(directory).digest('hex').slice(0, 40)}.sock`)
}

const own_name_bytes = 9

/**
 * Takes the lock of a data directory: a listening socket, which dies with its process, unlike a file with a number in it.
 * One's own socket is linked to the lock's name, which only one can do. A dead socket is moved aside first, and put back
 * should it turn out to be another's that came in between; so the winner makes sure, a moment later, that the name
 * still leads to itself.
 */
export async function lockDirectory(options: LockOptions): Promise<DirectoryLock> {
  const { directory } = options
  const path = lockSocketPath(directory)
  const holder: Holder = { ...options.holder, nonce: newSecret(16) }
  const own = join(dirname(path), `${path.slice(dirname(path).length + 1)}.${newSecret(5).slice(0, 6)}`)
  const server = await listen(own, holder, options.onStop)
  const inode = statSync(own).ino
  const release = async (): Promise<void> => {
    if (inodeOf(path) === inode) rmSync(path, { force: true })
    await new Promise((resolve) => server.close(resolve))
  }
  try {
    await claim({ path, own, directory })
    rmSync(own, { force: true })
    await delay(settle_ms)
    const winner = await ask(path, 'who')
    if (winner === 'nobody' || parseHolder(winner)?.nonce !== holder.nonce)
      throw new DirectoryHeldError(directory, winner === 'nobody' ? undefined : parseHolder(winner))
  } catch (error) {
    rmSync(own, { force: true })
    await release()
    throw error
  }
  return { socket: path, holder, [Symbol.asyncDispose]: release }
}

/** Says a line to whoever holds the directory: `who` or `stop`. Undefined: nobody holds it. */
export async function tellHolder(directory: string, line: 'who' | 'stop'): Promise<string | undefined> {
  const answer = await ask(lockSocketPath(directory), line)
  return answer === 'nobody' ? undefined : answer
}

/** Reads the answer to `who`. */
export function parseHolder(text: string | undefined): Holder | undefined {
  try {
    // What answers on the socket of a data directory is this program.
    return text === undefined || text === '' ? undefined : (JSON.parse(text) as Holder)
  } catch {
    return undefined
  }
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
  for (let tries = 1; tries <= takeovers_max; tries += 1) {
    if (linked(own, path)) return
    const probed = inodeOf(path)
    const answer = await ask(path, 'who')
    if (answer !== 'nobody') throw new DirectoryHeldError(directory, parseHolder(answer))
    if (probed !== undefined) moveAside(path, `${own}d`, probed)
  }
  throw new DirectoryHeldError(directory, undefined)
}

function linked(own: string, path: string): boolean {
  try {
    linkSync(own, path)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  }
}

function moveAside(path: string, aside: string, dead: number): void {
  try {
    renameSync(path, aside)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return
    throw error
  }
  // Somebody took the lock between the look and the move: theirs is put back.
  if (inodeOf(aside) !== dead) linked(aside, path)
  rmSync(aside, { force: true })
}

function inodeOf(path: string): number | undefined {
  return statSync(path, { throwIfNoEntry: false })?.ino
}

async function listen(path: string, holder: Holder, onStop: () => void): Promise<Server> {
  const server = createServer((socket) => serve(socket, holder, onStop))
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(path, () => resolve())
  })
  // It stands for the process; it does not keep it alive.
  server.unref()
  chmodSync(path, 0o600)
  return server
}

function serve(socket: Socket, holder: Holder, onStop: () => void): void {
  socket.on('error', () => {})
  socket.setTimeout(answer_ms_max, () => socket.destroy())
  let heard = ''
  socket.on('data', (chunk) => {
    heard += chunk.toString('latin1')
    if (heard.length > line_bytes_max) return void socket.destroy()
    if (!heard.includes('\n')) return
    const line = heard.trim()
    heard = ''
    if (line === 'who') socket.end(`${JSON.stringify(holder)}\n`)
    else if (line === 'stop') socket.end('stopping\n', onStop)
    else socket.end('unknown\n')
  })
}

/** What is answered; `nobody` where nothing listens, and nothing at all where something listens and does not answer. */
function ask(path: string, line: string): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect(path)
    let heard = ''
    let connected = false
    socket.on('connect', () => {
      connected = true
      socket.write(`${line}\n`)
    })
    socket.on('data', (chunk) => {
      heard += chunk.toString('utf8')
    })
    socket.setTimeout(answer_ms_max, () => socket.destroy())
    socket.on('error', () => {})
    socket.on('close', () => resolve(connected ? heard.trim() : 'nobody'))
  })
}
