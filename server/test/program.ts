import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inspect } from 'node:util'
import { limits } from '@muster/contract/limits'
import type { FastifyInstance } from 'fastify'
import { afterAll, expect } from 'vitest'
import { compose, type Program } from '../src/app/compose.ts'
import { createBuiltinRuntime } from '../src/modules/runtimes/builtin.service.ts'
import { createModelRuntime } from '../src/modules/runtimes/model/model-runtime.service.ts'
import { createLocalWorker } from '../src/modules/worker/local/worker.jobs.ts'
import { readConfig } from '../src/platform/config.ts'
import type { ConnectionSource } from '../src/platform/db/connection.ts'
import { createDatabase } from '../src/platform/db/db.ts'
import { openPostgres } from '../src/platform/db/postgres.ts'
import { createHttp } from '../src/platform/http/server.ts'
import { type Log, silent_log } from '../src/platform/log.ts'
import { createMetrics } from '../src/platform/metrics.ts'
import { system_principal } from '../src/platform/principal.ts'
import { createSecretBox, newSecretKey } from '../src/platform/secrets.ts'
import { type TestDatabase, testDatabase } from './database.ts'
import { journalProblems } from './event-data.ts'
import { type ApiClient, twoOrganizations } from './fixtures.ts'

/** Says what nobody expects, and nothing else. */
const loud_log: Log = {
  ...silent_log,
  error: (fields, message) => void process.stderr.write(`${message}: ${inspect(fields, { depth: 4 })}\n`),
  child: () => loud_log,
}

/** Whatever is sealed in tests, another program of the same test can open. */
export const test_secrets = createSecretBox(newSecretKey())

/** Scripted providers of models listen on loopback. */
const testConfig = (folder: string) =>
  readConfig({ MUSTER_DATA_DIR: folder, MUSTER_FAST: '1', MUSTER_MODEL_ADDRESSES: 'loopback' })

export type LocalWorker = ReturnType<typeof createLocalWorker>

export interface TestProgram {
  readonly program: Program
  readonly database: TestDatabase
  /** The API, without a port: fixtures inject their requests. */
  readonly app: FastifyInstance
  readonly ours: ApiClient
  readonly theirs: ApiClient
  /** A folder that is removed with the program. */
  readonly folder: string
  /** Two more organizations, for what would disturb others: emergency stops, limits, queues that must be empty. */
  twoMore(): Promise<{ readonly ours: ApiClient; readonly theirs: ApiClient }>
  /** The local worker, driven by hand until its `start` is called. */
  readonly local: LocalWorker
  /**
   * Lets the built-in agents do what may be claimed now, until nothing is left, and says how many runs that took.
   * `runs` bounds them, so that a test can look in between.
   */
  work(runs?: number): Promise<number>
  /** Whatever comes round by the clock, once: reviews, sweeps, expiries, answers that take effect. */
  tick(): Promise<void>
}

/**
 * The whole program on the test database, without a port and without timers: tests let the built-in agents work, let
 * time pass and let jobs come round. Call it at the top of a test file.
 *
 * @example const { ours, work } = await testProgram()
 */
export async function testProgram({ log = loud_log }: { readonly log?: Log } = {}): Promise<TestProgram> {
  const database = await testDatabase()
  const folder = mkdtempSync(join(tmpdir(), 'muster-test-program-'))
  const config = testConfig(folder)
  const program = compose({
    config,
    database: { ...database, epoch: 1 },
    directory: { path: folder },
    secrets: test_secrets,
    log,
  })
  const { app } = createHttp({
    routes: program.manifests.flatMap(({ routes }) => routes),
    authenticate: program.identity.authenticate,
    rates: program.projects.requestRates,
    log,
    metrics: createMetrics({ process: false }),
    bounded: program.bounded,
    behind_proxy: false,
  })
  await app.ready()
  const local = localWorker(program, 16)
  database.clock.onAdvance(() => program.dispatch.wake('task_queue'))
  const createOrganization = organizationsOf(program)
  const twoMore = () => twoOrganizations({ app, createOrganization })
  const clients = await twoMore()
  afterAll(async () => {
    // It writes what its runs have logged, a moment behind them.
    await local[Symbol.asyncDispose]()
    await app.close()
    await local.writeLogs()
    await program.gateway[Symbol.asyncDispose]()
    await program.threads[Symbol.asyncDispose]()
    rmSync(folder, { recursive: true, force: true })
    expect(await journalProblems(database)).toEqual([])
  })
  return {
    program,
    database,
    app,
    folder,
    local,
    ...clients,
    twoMore,
    async work(runs = Number.POSITIVE_INFINITY) {
      const done = await workAll(program, local, runs)
      // What calls have cost is written behind them.
      await program.gateway.flushUsage()
      return done
    },
    async tick() {
      for (const { jobs = [] } of program.manifests) for (const job of jobs) await job.run()
      await program.gateway.flushUsage()
    },
  }
}

/**
 * The same program once more over a pool of its own, as another process of the same installation would be. PostgreSQL
 * only. `onFailure` hears of every statement that failed, also of those that are tried again.
 */
export function anotherProcess(
  { database, folder }: TestProgram,
  onFailure: (error: unknown, text: string) => void = () => {},
): Program & AsyncDisposable {
  if (database.url === undefined) throw new Error('the embedded database has one process')
  const source = openPostgres({
    url: database.url,
    connections: 8,
    statement_timeout_ms: limits.statement_ms,
    onError: (error) => onFailure(error, ''),
  })
  const heard: ConnectionSource = {
    ...source,
    use: (work) =>
      source.use((connection) =>
        work({
          ...connection,
          query: (statement) =>
            connection.query(statement).catch((error: unknown) => {
              onFailure(error, statement.text)
              throw error
            }),
        }),
      ),
  }
  const program = compose({
    config: testConfig(folder),
    database: { ...createDatabase(heard), epoch: 1 },
    directory: { path: folder },
    secrets: test_secrets,
    log: loud_log,
  })
  return Object.assign(program, {
    async [Symbol.asyncDispose]() {
      await program.gateway[Symbol.asyncDispose]()
      await program.threads[Symbol.asyncDispose]()
      await source[Symbol.asyncDispose]()
    },
  })
}

/** Makes organizations as the first start does: with the built-in agent. */
export function organizationsOf({ identity, agents, tools }: Program) {
  const capabilities = [...tools.capabilities.keys()]
  return (name: string) =>
    identity.createOrganization(name, async (tx, organization_id) => {
      await agents.ensureBuiltin(tx, organization_id, capabilities)
    })
}

/** A worker of a program, as the product starts it. */
export function localWorker(program: Program, slots: number): LocalWorker {
  const { engine, dispatch, worker, agents, artifacts, run_stops, run_keys } = program
  return createLocalWorker({
    run_stops,
    run_keys,
    artifacts,
    engine,
    dispatch,
    worker,
    runtimes: [
      { runtime: createBuiltinRuntime(program), slots },
      { runtime: createModelRuntime(program), slots },
    ],
    services: ['worker'],
    present: (tx, runtimes) => agents.recordLocalPresence(tx, runtimes),
    onError: (error) => {
      throw error
    },
  })
}

async function workAll(
  { worker }: Program,
  { runs: locals, process_id, runtimes }: LocalWorker,
  runs: number,
): Promise<number> {
  let done = 0
  for (;;) {
    const before = done
    for (const { runtime } of runtimes) {
      const max = Math.min(limits.claim_max, runs - done)
      const claimer = { runtime: runtime.runtime }
      const assignments = max > 0 ? await worker.claim({ claimer, max, claimed_by: system_principal, process_id }) : []
      done += assignments.length
      await Promise.all(assignments.map(async (assignment) => (await locals.start(assignment, runtime)).written))
    }
    if (done === before) return done
  }
}
