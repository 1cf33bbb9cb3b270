import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type CommandLineAdapter, parseAdapter } from '../../src/modules/runtimes/command-line/adapter.rules.ts'
import type {
  CommandLineHost,
  CommandLineRequest,
  CommandLineResult,
  Sandbox,
} from '../../src/modules/runtimes/command-line/command-line.types.ts'
import { runCommandLine } from '../../src/modules/runtimes/command-line/run.service.ts'
import { detectBubblewrap } from '../../src/modules/runtimes/command-line/sandbox/sandbox.service.ts'

export interface Way {
  readonly name: string
  readonly sandbox: Sandbox
  readonly own_user: boolean
  /** Whether something of the system, and not only our looking, holds the program. */
  readonly is_held: boolean
}

const isRoot = process.getuid?.() === 0
export const bubblewrap = await detectBubblewrap(process.env)

/** The ways in which this machine can run command lines; bubblewrap only where it works. */
export const ways: readonly Way[] = [
  ...(bubblewrap.available && isRoot
    ? [{ name: 'in bubblewrap as a user of its own', sandbox: 'bubblewrap', own_user: true, is_held: true } as const]
    : []),
  ...(bubblewrap.available
    ? [{ name: 'in bubblewrap as the server’s user', sandbox: 'bubblewrap', own_user: false, is_held: true } as const]
    : []),
  ...(isRoot ? [{ name: 'bare as a user of its own', sandbox: 'none', own_user: true, is_held: true } as const] : []),
  { name: 'bare as the server’s user', sandbox: 'none', own_user: false, is_held: false },
]

export interface TestPlace extends AsyncDisposable {
  readonly folder: string
  readonly program: string
  readonly data: string
  readonly host: CommandLineHost
  readonly logged: string[]
  adapter(act: readonly string[], changes?: Readonly<Record<string, unknown>>): CommandLineAdapter
  run(way: Way, act: readonly string[], changes?: RunChanges): Promise<CommandLineResult>
  repository(): string
  /** What is left of runs: folders, taken users, and processes that carry the mark. */
  leftOvers(): readonly string[]
}

export type RunChanges = Partial<Omit<CommandLineRequest, 'adapter'>> & {
  readonly adapter?: Readonly<Record<string, unknown>>
}

let runs = 0

/** A folder that any user may pass through, as `mkdtemp` makes none. */
export async function testPlace(): Promise<TestPlace> {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'muster-command-line-')))
  chmodSync(folder, 0o755)
  const [programs, data, root] = ['programs', 'data', 'runs'].map((name) => join(folder, name)) as [
    string,
    string,
    string,
  ]
  mkdirSync(programs, { mode: 0o755 })
  mkdirSync(data, { mode: 0o700 })
  writeFileSync(join(data, 'secret.key'), 'planted in a file\n')
  const program = join(programs, 'program.mjs')
  copyFileSync(fileURLToPath(new URL('./program.mjs', import.meta.url)), program)
  chmodSync(program, 0o755)
  const env = { ...process.env, MUSTER_SECRET_KEY: 'planted', AWS_SECRET_ACCESS_KEY: 'planted' }
  const host = { root, transcripts: join(data, 'transcripts'), env, repositories: [folder], hidden: [data] }
  const logged: string[] = []
  const ids: string[] = []
  const place: TestPlace = {
    folder,
    program,
    data,
    host,
    logged,
    adapter: (act, changes = {}) =>
      parseAdapter(
        {
          name: 'scripted',
          title: 'Scripted',
          about: 'for tests',
          checked_with: 'these tests',
          command: 'node',
          args: [program, ...act],
          prompt: 'stdin',
          result: { from: 'stdout' },
          wire: 'none',
          metered: true,
          read_only: [programs],
          ...changes,
        },
        'the test',
      ),
    run(way, act, { adapter, ...changes } = {}) {
      const run_id = changes.run_id ?? `run-${process.pid}-${++runs}`
      ids.push(run_id)
      return runCommandLine({
        run_id,
        host: { ...host, own_user: way.own_user },
        adapter: place.adapter(act, adapter),
        sandbox: way.sandbox,
        prompt: 'count to three',
        files: [],
        signal: new AbortController().signal,
        onLog: (level, text) => logged.push(`${level}: ${text}`),
        ...changes,
        limits: { grace_ms: 200, ...changes.limits },
      })
    },
    repository: () => makeRepository(folder),
    leftOvers: () => leftOvers(root, ids),
    [Symbol.asyncDispose]: async () => rmSync(folder, { recursive: true, force: true }),
  }
  return place
}

export interface Listener extends AsyncDisposable {
  readonly port: string
  /** Resolves when so many processes have said that they live. */
  heard(count: number): Promise<void>
  /** Says to all of them that they were heard. */
  answer(): void
  /** Resolves when none of them lives any more. */
  silence(): Promise<void>
}

/** Hears of processes that live and of their end, in whatever namespace they are: a connection ends with its process. */
export async function listen(): Promise<Listener> {
  const live = new Set<Socket>()
  const waiting = new Set<() => void>()
  let count = 0
  const look = (): void => {
    for (const check of [...waiting]) check()
  }
  const until = (isTrue: () => boolean): Promise<void> =>
    new Promise((resolve) => {
      const check = (): void => {
        if (!isTrue()) return
        waiting.delete(check)
        resolve()
      }
      waiting.add(check)
      check()
    })
  const server = createServer((socket) => {
    live.add(socket)
    socket.once('data', () => {
      count += 1
      look()
    })
    socket.on('error', () => {})
    socket.once('close', () => {
      live.delete(socket)
      look()
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  return {
    port: String(typeof address === 'object' ? address?.port : ''),
    heard: (wanted) => until(() => count >= wanted),
    answer() {
      for (const socket of live) socket.write('heard\n')
    },
    silence: () => until(() => live.size === 0),
    async [Symbol.asyncDispose]() {
      for (const socket of live) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

let repositories = 0

function makeRepository(folder: string): string {
  const path = join(folder, `repository-${++repositories}`)
  const git = (...args: string[]) =>
    execFileSync('git', ['-c', 'user.name=a', '-c', 'user.email=a@localhost', '-C', path, ...args])
  mkdirSync(path)
  git('init', '--quiet', '--initial-branch=main')
  writeFileSync(join(path, 'kept.txt'), 'kept\n')
  writeFileSync(join(path, 'gone.txt'), 'gone\n')
  git('add', '.')
  git('commit', '--quiet', '-m', 'first')
  return path
}

function leftOvers(root: string, ids: readonly string[]): readonly string[] {
  const list = (path: string): string[] => {
    try {
      return readdirSync(path)
    } catch {
      return []
    }
  }
  const folders = list(root).filter((name) => name !== 'users')
  const users = list(join(root, 'users'))
  const processes = list('/proc').filter((pid) => {
    if (!/^\d+$/.test(pid)) return false
    try {
      const environment = readFileSync(`/proc/${pid}/environ`, 'latin1')
      return ids.some((id) => environment.includes(`MUSTER_RUN_ID=${id}\0`))
    } catch {
      return false
    }
  })
  return [...folders, ...users, ...processes]
}
