import { type ChildProcess, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { closeSync, mkdirSync, mkdtempSync, openSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import pg from 'pg'
import { afterAll } from 'vitest'

export const root = fileURLToPath(new URL('../../../', import.meta.url))

/** A child process, with what it says and how it ends. */
export interface Child {
  readonly process: ChildProcess
  out(): string
  err(): string
  /** The first match in what it says for people, once it is there. Throws where the process ends without it. */
  until(pattern: RegExp): Promise<RegExpExecArray>
  /** Its exit code; null where a signal ended it. */
  readonly ended: Promise<number | null>
}

export interface Ended {
  readonly code: number | null
  readonly out: string
  readonly err: string
}

/** A data directory of the test's own, and on PostgreSQL a database beside it. Both go when the file's tests are done. */
export interface Place {
  readonly directory: string
  /** Starts what `npm start` starts. */
  start(env?: Environment, words?: readonly string[]): Child
  /** Starts it and waits until it takes requests. */
  running(env?: Environment): Promise<Child & { readonly address: string }>
  /** One command line of `npx muster`. */
  cli(...words: readonly string[]): Promise<Ended>
  /** The same by somebody else's key. */
  cliWith(env: Environment, ...words: readonly string[]): Promise<Ended>
  /** The data that a command line prints with --json. Throws where it does not end with 0. */
  data<T = never>(...words: readonly string[]): Promise<T>
}

type Environment = Readonly<Record<string, string>>

const home = { PATH: process.env.PATH ?? '', HOME: process.env.HOME ?? '' }

export async function place(): Promise<Place> {
  await buildOnce()
  const directory = mkdtempSync(join(tmpdir(), 'muster-e2e-'))
  const database = await ownDatabase()
  const children = new Set<Child>()
  const env = { ...home, MUSTER_DATA_DIR: directory, ...(database && { DATABASE_URL: database.url }) }
  afterAll(async () => {
    for (const { process, ended } of children) {
      if (process.exitCode === null && process.signalCode === null) process.kill('SIGKILL')
      await ended
    }
    await database?.drop()
    rmSync(directory, { recursive: true, force: true })
  })

  const start: Place['start'] = (more = {}, words = []) => {
    const child = watch(
      spawn(process.execPath, ['tools/start.mjs', ...words], { cwd: root, env: { ...env, MUSTER_PORT: '0', ...more } }),
    )
    children.add(child)
    return child
  }
  const cliWith: Place['cliWith'] = (more, ...words) => run(['cli/bin/muster.js', ...words], { ...env, ...more })
  return {
    directory,
    start,
    async running(more) {
      const child = start(more)
      const [, address = ''] = await child.until(/Muster is running at (\S+)/)
      return { ...child, address }
    },
    cli: (...words) => cliWith({}, ...words),
    cliWith,
    async data(...words) {
      const { code, out, err } = await cliWith({}, ...words, '--json')
      if (code !== 0) throw new Error(`muster ${words.join(' ')} ended with ${code}: ${err}`)
      return JSON.parse(out)
    },
  }
}

async function run(words: readonly string[], env: Environment): Promise<Ended> {
  const child = watch(spawn(process.execPath, [...words], { cwd: root, env: { ...env } }))
  child.process.stdin?.end()
  const code = await child.ended
  return { code, out: child.out(), err: child.err() }
}

/** Any program as a child of the test; it ends with the test at the latest. */
export function spawnProgram(words: readonly [string, ...string[]], env: Environment): Child {
  const [program, ...rest] = words
  const child = watch(spawn(program, rest, { cwd: root, env: { ...home, ...env } }))
  afterAll(async () => {
    child.process.kill('SIGKILL')
    await child.ended
  })
  return child
}

function watch(started: ChildProcess): Child {
  const said = { out: '', err: '' }
  const listeners = new Set<() => void>()
  const hear = (name: keyof typeof said) => (chunk: Buffer) => {
    said[name] += chunk.toString('utf8')
    for (const listener of listeners) listener()
  }
  started.stdout?.on('data', hear('out'))
  started.stderr?.on('data', hear('err'))
  const ended = new Promise<number | null>((resolve, reject) => {
    started.once('error', reject)
    started.once('close', (code) => {
      resolve(code)
      for (const listener of listeners) listener()
    })
  })
  return {
    process: started,
    out: () => said.out,
    err: () => said.err,
    ended,
    until: (pattern) =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          const found = pattern.exec(said.err)
          const gone = started.exitCode !== null || started.signalCode !== null
          if (!found && !gone) return
          listeners.delete(look)
          if (found) resolve(found)
          else
            reject(
              new Error(
                `it ended with ${started.exitCode ?? started.signalCode} and never said ${pattern}: ${said.err}${said.out}`,
              ),
            )
        }
        listeners.add(look)
        look()
      }),
  }
}

/** An empty database for this place alone, where the suite runs on PostgreSQL; the program migrates it. */
export async function ownDatabase(): Promise<{ readonly url: string; drop(): Promise<void> } | undefined> {
  const server = process.env.DB === 'postgres' ? process.env.MUSTER_TEST_DATABASE_URL : undefined
  if (server === undefined) return undefined
  const name = `muster_test_${Date.now().toString(36)}_${randomBytes(4).toString('hex')}`
  const asOwner = async (text: string): Promise<void> => {
    const client = new pg.Client({ connectionString: server })
    await client.connect()
    await client.query(text).finally(() => client.end())
  }
  await asOwner(`create database ${name}`)
  const url = new URL(server)
  url.pathname = `/${name}`
  return { url: url.href, drop: () => asOwner(`drop database ${name} with (force)`) }
}

const lock = join(root, 'node_modules/.cache/muster/build.lock')
const abandoned_ms = 60_000

/** The programs are built once where they are stale, whichever test file comes first; the others wait for it. */
export async function buildOnce(): Promise<void> {
  mkdirSync(join(lock, '..'), { recursive: true })
  for (;;) {
    try {
      closeSync(openSync(lock, 'wx'))
      break
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
      const made_at = statSync(lock, { throwIfNoEntry: false })?.mtimeMs ?? 0
      if (Date.now() - made_at > abandoned_ms) rmSync(lock, { force: true })
      await delay(100)
    }
  }
  try {
    const { code, err } = await run(['tools/build.mjs', '--if-stale'], home)
    if (code !== 0) throw new Error(`the build failed: ${err}`)
  } finally {
    rmSync(lock, { force: true })
  }
}
