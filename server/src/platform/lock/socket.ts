import { chmodSync, rmSync, statSync } from 'node:fs'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { newSecret } from '../ids.ts'
import type { ProcessIdentity } from './process-identity.ts'

/** The holder of a data directory, as its socket answers. */
export interface Holder {
  readonly pid: number
  readonly host: string
  readonly started_at: string
  readonly nonce: string
  /** Identifies the process beyond its process id, where the system allows that. */
  readonly process?: ProcessIdentity | undefined
}

const answer_ms_max = 2_000
const line_bytes_max = 64

/** A socket that answers for a holder. */
export interface LockSocket {
  /** The name under which it listens until it is put in place. */
  readonly own: string
  readonly inode: number
  /** Closes it, and removes it from its place where it stands there. */
  release(): Promise<void>
}

export async function openSocket({
  path,
  holder,
  onStop,
}: {
  /** Its place. */
  readonly path: string
  readonly holder: Holder
  onStop(): void
}): Promise<LockSocket> {
  const own = `${path}.${newSecret(5).slice(0, 6)}`
  const server = await listen(own, holder, onStop)
  const inode = statSync(own).ino
  return {
    own,
    inode,
    async release() {
      if (inodeOf(path) === inode) rmSync(path, { force: true })
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

/** Reads the answer to `who`. */
export function parseHolder(text: string | undefined): Holder | undefined {
  try {
    // What answers on the socket of a data directory is this program.
    return text === undefined || text === '' ? undefined : JSON.parse(text)
  } catch {
    return undefined
  }
}

export function inodeOf(path: string): number | undefined {
  return statSync(path, { throwIfNoEntry: false })?.ino
}

async function listen(path: string, holder: Holder, onStop: () => void): Promise<Server> {
  const server = createServer((socket) => serve(socket, holder, onStop))
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(path, () => resolve())
  })
  // The socket does not keep the process alive.
  server.unref()
  chmodSync(path, 0o600)
  return server
}

function serve(socket: Socket, holder: Holder, onStop: () => void): void {
  socket.on('error', () => {})
  socket.setTimeout(answer_ms_max, () => socket.destroy())
  let buffer = ''
  socket.on('data', (chunk) => {
    buffer += chunk.toString('latin1')
    if (buffer.length > line_bytes_max) return void socket.destroy()
    if (!buffer.includes('\n')) return
    const line = buffer.trim()
    buffer = ''
    if (line === 'who') socket.end(`${JSON.stringify(holder)}\n`)
    else if (line === 'stop') socket.end('stopping\n', onStop)
    else socket.end('unknown\n')
  })
}

/** The answer; `nobody` where nothing listens, and empty where the listener does not answer. */
export function ask(path: string, line: string): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect(path)
    let answer = ''
    let isConnected = false
    socket.on('connect', () => {
      isConnected = true
      socket.write(`${line}\n`)
    })
    socket.on('data', (chunk) => {
      answer += chunk.toString('utf8')
    })
    socket.setTimeout(answer_ms_max, () => socket.destroy())
    socket.on('error', () => {})
    socket.on('close', () => resolve(isConnected ? answer.trim() : 'nobody'))
  })
}
