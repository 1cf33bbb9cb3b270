import { generateKeyPairSync, randomBytes } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import type { DoneFault } from '../evidence.types.ts'
import type { ServerAddresses } from '../load/client.ts'
import type { Random } from '../random.ts'
import { createProxy, type LoopbackProxy } from './proxy.ts'
import { type Running, startServer } from './server.ts'

/** A PostgreSQL of the run's own, which it may restart. */
export interface OwnPostgres {
  readonly url: string
  restart(mode: 'fast' | 'immediate'): Promise<void>
}

export interface StageOptions {
  /** The built program: `cli/bin/muster.js`, or a copy with a defect. */
  readonly program: string
  readonly postgres: OwnPostgres | undefined
  readonly processes: number
  /** For the first start of the first process. */
  readonly arming?: string | undefined
  readonly random: Random
  readonly faults: DoneFault[]
}

/** An installation that is there to be harmed: its processes, its database, and the proxies between. */
export interface Stage extends AsyncDisposable {
  /** The key of the first organization's owner. */
  readonly key: string
  serverAddresses(): Promise<ServerAddresses>
  /** Starts a process where it does not run; where it is not armed as wanted it is killed first. */
  ensure(process: number, arming: string | undefined): Promise<void>
  isRunning(process: number): boolean
  /** Resolves when the process that runs now has ended. */
  ended(process: number): Promise<void>
  kill(process: number): Promise<void>
  /** SIGSTOP, and SIGCONT after so long. */
  suspend(process: number, ms: number): Promise<void>
  restartDatabase(mode: 'fast' | 'immediate'): Promise<void>
  cutDatabase(connections: number): void
  /** Stops all processes gracefully. */
  stop(): Promise<void>
}

interface Place {
  readonly directory: string
  readonly losing: LoopbackProxy
  running: Running | undefined
  suspended: boolean
}

export async function openStage(options: StageOptions): Promise<Stage> {
  const { postgres, random, faults } = options
  const database = postgres && (await createProxy())
  if (postgres) database?.aim(Number(new URL(postgres.url).port))
  const environment = environmentOf(postgres?.url, database)
  const places = await Promise.all(
    Array.from({ length: options.processes }, async () => placeOf(await createProxy({ losesAll: true }))),
  )
  const waiting = new Set<() => void>()
  let start_failure: unknown

  const wakeWaiting = (): void => {
    for (const wake of waiting) wake()
    waiting.clear()
  }
  const at = (process: number): Place => {
    const place = places[process]
    if (!place) throw new Error(`there is no process ${process}`)
    return place
  }
  const start = async (process: number, arming: string | undefined): Promise<void> => {
    const place = at(process)
    const running = startServer({ program: options.program, directory: place.directory, environment, arming })
    place.running = running
    running.ended.then(() => {
      place.running = undefined
      if (running.isKilled)
        faults.push({ kind: 'kill', process, at: running.killed_at ?? Date.now(), until: Date.now() })
    })
    const address = await running.address.catch((error: unknown) => {
      // Callers that wait for a process would wait for ever.
      start_failure = error
      wakeWaiting()
      throw error
    })
    if (address === undefined) return
    place.losing.aim(Number(new URL(address).port))
    wakeWaiting()
  }
  const stage: Stage = {
    key: '',
    async serverAddresses() {
      for (;;) {
        if (start_failure !== undefined) throw start_failure
        const open = places.filter(({ running, suspended }) => running?.listening !== undefined && !suspended)
        if (open.length > 0) {
          const { running, losing } = random.pick(open)
          return { direct: running?.listening ?? '', losing: `http://127.0.0.1:${losing.port}` }
        }
        await new Promise<void>((resolve) => waiting.add(resolve))
      }
    },
    async ensure(process, arming) {
      const { running } = at(process)
      if (running && running.arming === arming) return
      if (running) await stage.kill(process)
      await start(process, arming)
    },
    isRunning: (process) => at(process).running?.listening !== undefined,
    ended: async (process) => at(process).running?.ended,
    async kill(process) {
      const { running } = at(process)
      running?.signal('SIGKILL')
      await running?.ended
    },
    async suspend(process, ms) {
      const place = at(process)
      const began = Date.now()
      place.running?.signal('SIGSTOP')
      place.suspended = true
      await delay(ms)
      place.running?.signal('SIGCONT')
      place.suspended = false
      faults.push({ kind: 'stop', process, at: began, until: Date.now() })
      wakeWaiting()
    },
    async restartDatabase(mode) {
      const began = Date.now()
      await postgres?.restart(mode)
      faults.push({ kind: 'database_restart', at: began, until: Date.now() })
    },
    cutDatabase(connections) {
      database?.loseNext(connections)
      faults.push({ kind: 'database_cut', at: Date.now(), until: Date.now() })
    },
    async stop() {
      await Promise.all(
        places.map(async ({ running }) => {
          running?.signal('SIGTERM')
          await running?.ended
        }),
      )
    },
    async [Symbol.asyncDispose]() {
      for (const { running } of places) running?.signal('SIGKILL')
      await Promise.all(places.map(({ running }) => running?.ended))
      await Promise.all([...places.map(({ losing }) => losing.close()), database?.close()])
      for (const { directory } of places) rmSync(directory, { recursive: true, force: true })
    },
  }
  // The first one makes the database and its key; the others find it.
  for (const process of places.keys()) await start(process, process === 0 ? options.arming : undefined)
  return Object.assign(stage, { key: readFileSync(join(at(0).directory, 'first-key'), 'utf8').trim() })
}

function placeOf(losing: LoopbackProxy): Place {
  return { directory: mkdtempSync(join(tmpdir(), 'muster-kill-')), losing, running: undefined, suspended: false }
}

/** All processes of an installation sign and encrypt with the same keys, and reach the database through the proxy. */
function environmentOf(url: string | undefined, database: LoopbackProxy | undefined): Record<string, string> {
  if (url === undefined || database === undefined) return {}
  const through = new URL(url)
  through.port = String(database.port)
  const signer = generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
  return {
    DATABASE_URL: through.href,
    MUSTER_SECRET_KEY: randomBytes(32).toString('base64'),
    MUSTER_JOURNAL_SIGNER: signer,
  }
}
