import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'

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
  /** Since this was last asked. */
  delays(): Promise<Delays>
  /** The same, over a longer time. */
  allDelays(): Promise<Delays>
}

interface Program {
  readonly path: string
  readonly args: readonly string[]
  readonly execArgv: readonly string[]
}

const source: Program = {
  path: new URL('../../src/app/server.ts', import.meta.url).pathname,
  args: [],
  execArgv: ['--import', 'tsx'],
}
const build: Program = {
  path: new URL('../../../cli/bin/muster.js', import.meta.url).pathname,
  args: ['up'],
  execArgv: [],
}
const probe = new URL('./probe.mjs', import.meta.url).href
const start_ms_max = 300_000
const look_every_ms = 100

/** From source, or the program that was built. */
export async function startMeasured({
  is_built = false,
  env = {},
}: {
  readonly is_built?: boolean
  readonly env?: Readonly<Record<string, string>>
} = {}): Promise<MeasuredServer> {
  const program = is_built ? build : source
  const folder = mkdtempSync(join(tmpdir(), 'muster-stalls-'))
  const port = await freePort()
  const child = fork(program.path, program.args, {
    execArgv: [...program.execArgv, '--import', probe],
    env: {
      ...process.env,
      MUSTER_DATA_DIR: folder,
      MUSTER_PORT: String(port),
      MUSTER_FAST: '1',
      MUSTER_LOG_LEVEL: 'error',
      MUSTER_SAMPLE: '0',
      ...env,
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
  const ask = async (what: string): Promise<Delays> => {
    child.send(what)
    const [told] = await Promise.race([once(child, 'message'), ended])
    return told as Delays
  }
  return {
    send: (method, path, body) => send(address, authorization, { method, path, body }),
    delays: () => ask('delays'),
    allDelays: () => ask('all_delays'),
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
  const url = `${address}${path.startsWith('/v1') ? '' : '/api/v1'}${path}`
  const request = () => fetch(url, { method, ...contentOf(body, { authorization }) })
  const response = await request().catch((error: unknown) => {
    if (!isClosedBefore(error)) throw error
    return request()
  })
  const text = await response.text()
  const parsed = text.startsWith('{') ? (JSON.parse(text) as { data?: unknown }) : {}
  return { status: response.status, data: parsed.data }
}

/** The server has closed a connection that was idle, just as it was used again. */
function isClosedBefore(error: unknown): boolean {
  const code = (error as { cause?: { code?: unknown } }).cause?.code
  return code === 'UND_ERR_SOCKET' || code === 'EPIPE' || code === 'ECONNRESET'
}

/** A form says itself what it is. */
function contentOf(body: unknown, headers: Readonly<Record<string, string>>): RequestInit {
  if (body === undefined || body instanceof FormData) return { headers, ...(body && { body }) }
  return { headers: { ...headers, 'content-type': 'application/json' }, body: JSON.stringify(body) }
}

async function untilReady(child: ChildProcess, address: string): Promise<void> {
  const until = Date.now() + start_ms_max
  while (Date.now() < until) {
    if (child.exitCode !== null) throw new Error(`the server ended with ${child.exitCode}`)
    const ready = await fetch(`${address}/health/ready`).catch(() => undefined)
    if (ready?.status === 200) return
    await setTimeout(look_every_ms)
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
