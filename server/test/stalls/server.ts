import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export interface Delays {
  readonly p99_ms: number
  readonly max_ms: number
  readonly ticks: number
}

export interface Answer {
  readonly status: number
  readonly data: unknown
}

/** A server in a process of its own, which tells how long its main thread was kept from answering. */
export interface MeasuredServer extends AsyncDisposable {
  send(method: string, path: string, body?: unknown): Promise<Answer>
  /** Since it was last asked. */
  delays(): Promise<Delays>
}

const source = new URL('../../src/app/server.ts', import.meta.url).pathname
const probe = new URL('./probe.mjs', import.meta.url).href
const start_ms_max = 120_000

export async function startMeasured(): Promise<MeasuredServer> {
  const folder = mkdtempSync(join(tmpdir(), 'muster-stalls-'))
  const port = await freePort()
  const child = fork(source, [], {
    execArgv: ['--import', 'tsx', '--import', probe],
    env: {
      ...process.env,
      MUSTER_DATA_DIR: folder,
      MUSTER_PORT: String(port),
      MUSTER_FAST: '1',
      MUSTER_LOG_LEVEL: 'error',
    },
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  })
  const ended = once(child, 'exit').then(([code, signal]): never => {
    throw new Error(`the server ended by itself: ${code ?? signal}`)
  })
  ended.catch(() => {})
  const address = `http://127.0.0.1:${port}`
  try {
    await untilReady(child, address)
  } catch (error) {
    child.kill('SIGKILL')
    throw error
  }
  const authorization = `Bearer ${keyIn(folder)}`
  return {
    send: (method, path, body) => send(address, authorization, { method, path, body }),
    async delays() {
      child.send('delays')
      const [told] = await Promise.race([once(child, 'message'), ended])
      return told as Delays
    },
    async [Symbol.asyncDispose]() {
      const exited = once(child, 'exit')
      child.kill('SIGTERM')
      await exited
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

async function send(
  address: string,
  authorization: string,
  { method, path, body }: { readonly method: string; readonly path: string; readonly body: unknown },
): Promise<Answer> {
  const response = await fetch(`${address}${path.startsWith('/v1') ? '' : '/api/v1'}${path}`, {
    method,
    headers: { authorization, ...(body !== undefined && { 'content-type': 'application/json' }) },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  })
  const text = await response.text()
  const parsed = text.startsWith('{') ? (JSON.parse(text) as { data?: unknown }) : {}
  return { status: response.status, data: parsed.data }
}

async function untilReady(child: ChildProcess, address: string): Promise<void> {
  const until = Date.now() + start_ms_max
  while (Date.now() < until) {
    if (child.exitCode !== null) throw new Error(`the server ended with ${child.exitCode}`)
    const ready = await fetch(`${address}/health/ready`).catch(() => undefined)
    if (ready?.status === 200) return
  }
  throw new Error('the server did not become ready')
}

function keyIn(folder: string): string {
  const file = join(folder, 'first-key')
  if (!existsSync(file)) throw new Error('the server left no first key')
  return readFileSync(file, 'utf8').trim()
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const bound = server.address()
  server.close()
  await once(server, 'close')
  if (typeof bound !== 'object' || bound === null) throw new Error('a server that listens has a port')
  return bound.port
}
