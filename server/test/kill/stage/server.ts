import { spawn } from 'node:child_process'
import { closeSync, existsSync, openSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'

/** One process of the built program. */
export interface Running {
  readonly arming: string | undefined
  /** Where it listens, once it does; undefined where it ended before. */
  readonly address: Promise<string | undefined>
  readonly listening: string | undefined
  readonly ended: Promise<void>
  /** Whether SIGKILL ended it, sent by us or by itself. */
  readonly isKilled: boolean
  readonly killed_at: number | undefined
  signal(name: 'SIGKILL' | 'SIGSTOP' | 'SIGCONT' | 'SIGTERM'): void
}

export interface ServerOptions {
  readonly program: string
  readonly directory: string
  readonly environment: Readonly<Record<string, string>>
  /** For `MUSTER_TEST_KILL_POINT`. */
  readonly arming: string | undefined
}

const poll_ms = 10
const start_ms_max = 120_000

/** Starts it; its log goes to `log` in its directory. */
export function startServer({ program, directory, environment, arming }: ServerOptions): Running {
  const log = openSync(join(directory, 'log'), 'a')
  const env = {
    PATH: process.env.PATH,
    HOME: process.env.HOME,
    MUSTER_DATA_DIR: directory,
    MUSTER_PORT: '0',
    MUSTER_SAMPLE: '0',
    MUSTER_LOG_LEVEL: 'warn',
    ...environment,
    ...(arming !== undefined && { MUSTER_TEST_KILL_POINT: arming }),
  }
  const child = spawn(process.execPath, [program, 'up'], { env, stdio: ['ignore', log, log] })
  closeSync(log)
  const killWithUs = (): void => void child.kill('SIGKILL')
  process.on('exit', killWithUs)
  const running = {
    arming,
    listening: undefined as string | undefined,
    isKilled: false,
    killed_at: undefined as number | undefined,
    ended: new Promise<void>((resolve) =>
      child.once('exit', (_, signal) => {
        process.off('exit', killWithUs)
        running.listening = undefined
        running.isKilled = signal === 'SIGKILL'
        resolve()
      }),
    ),
    address: Promise.resolve<string | undefined>(undefined),
    signal(name: NodeJS.Signals): void {
      if (name === 'SIGKILL') running.killed_at = Date.now()
      child.kill(name)
    },
  }
  running.address = listening(directory, child).then((address) => {
    if (child.exitCode === null && child.signalCode === null) running.listening = address
    return running.listening
  })
  return running
}

/** It writes where it listens, and its process id, as soon as it takes requests. */
async function listening(directory: string, child: ReturnType<typeof spawn>): Promise<string | undefined> {
  const file = join(directory, 'server.json')
  const until = Date.now() + start_ms_max
  while (child.exitCode === null && child.signalCode === null) {
    const said = existsSync(file) ? parsed(readFileSync(file, 'utf8')) : undefined
    if (said !== undefined && said.pid === child.pid) return said.address
    if (Date.now() > until)
      throw new Error(`The process did not start within ${start_ms_max} ms; see ${directory}/log.`)
    await delay(poll_ms)
  }
  if (child.signalCode !== 'SIGKILL')
    throw new Error(
      `The process ended with ${child.exitCode ?? child.signalCode}: ${readFileSync(join(directory, 'log'), 'utf8').slice(-2_000)}`,
    )
  return undefined
}

/** Half a file is no answer yet. */
function parsed(text: string): { readonly pid?: number; readonly address?: string } | undefined {
  try {
    return JSON.parse(text) as { pid?: number; address?: string }
  } catch {
    return undefined
  }
}
