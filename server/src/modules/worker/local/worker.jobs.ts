import { hostname } from 'node:os'
import { setTimeout } from 'node:timers/promises'
import { limits } from '@muster/contract/limits'
import type { EngineTx } from '../../../platform/db/db.ts'
import { isCommonFailure } from '../../../platform/db/failures.ts'
import type { Dispatch } from '../../../platform/dispatch/dispatch.ts'
import { newId } from '../../../platform/ids.ts'
import { system_principal } from '../../../platform/principal.ts'
import type { LocalRuntime, StaffedRuntime } from '../../runtimes/runtimes.port.ts'
import type { ClaimedAssignment } from '../operations/claim.ts'
import { leaseStore } from '../store/lease.store.ts'
import { processStore } from '../store/process.store.ts'
import type { Worker } from '../worker.service.ts'
import { createLocalRuns, type LocalRuns, type LocalRunsDeps } from './local-runs.jobs.ts'
import { type RunContextDeps, runContext } from './run-context.service.ts'
import { createRunLogs } from './run-logs.jobs.ts'
import type { RunStops } from './run-stops.jobs.ts'
import { createRunner, type Runner } from './runner.jobs.ts'

export interface LocalWorkerDeps extends Omit<RunContextDeps, 'logs'> {
  readonly dispatch: Dispatch
  readonly worker: Worker
  readonly runtimes: readonly StaffedRuntime[]
  readonly services: readonly string[]
  readonly run_stops: RunStops
  /** Notes that the agents of these runtimes, of all organizations, are here. */
  present(tx: EngineTx, runtimes: readonly LocalRuntime[]): Promise<void>
  onError(error: unknown): void
}

const retry_ms = 1000

/** While the database is away a result is kept and written when it is back, as long as its lease could still be held. */
async function retryWhileLeased<T>(work: () => Promise<T>): Promise<T> {
  const until = Date.now() + limits.lease_ms
  for (;;) {
    try {
      return await work()
    } catch (error) {
      if (!isCommonFailure(error) || Date.now() > until) throw error
      await setTimeout(retry_ms)
    }
  }
}

/** How the runs of this process report: what must arrive is tried again while the lease lasts. */
function reportsTo(worker: Worker): Omit<LocalRunsDeps, 'contextOf'> {
  return {
    settle: (result) => retryWhileLeased(() => worker.settle(result)),
    async fail({ run }, { usage, ...failure }) {
      await retryWhileLeased(() =>
        worker.endAttempts([{ lease: run, unfinished: { how: 'failed', ...failure }, usage }]),
      )
    },
    async requeueRun({ run }, { reason, usage }) {
      await worker.endAttempts([{ lease: run, unfinished: { how: 'given_back', reason }, usage }])
    },
    async ask({ run, task }, ask) {
      await retryWhileLeased(() => worker.ask({ run, task, ...ask }))
    },
  }
}

export interface LocalWorker extends AsyncDisposable {
  readonly process_id: string
  readonly runs: LocalRuns
  readonly runtimes: readonly StaffedRuntime[]
  start(): Promise<void>
  /** Keeps the leases of this process's runs, and its own row; due every heartbeat. */
  beat(): Promise<void>
  /** Writes the log lines that wait. */
  writeLogs(): Promise<void>
}

/** The worker of this process: its row among the processes, its runs, their heartbeats. */
export function createLocalWorker(deps: LocalWorkerDeps): LocalWorker {
  const { engine, worker, runtimes } = deps
  const process_id = newId()
  const logs = createRunLogs(engine, deps.onError)
  const contextOf = (assignment: ClaimedAssignment) => runContext({ ...deps, logs }, assignment)
  const runs = createLocalRuns({ contextOf, ...reportsTo(worker) })
  const runners = runtimes.map((staffed) => createRuntimeRunner(deps, { runs, process_id, ...staffed }))
  const stopListening = deps.run_stops.listen((run_ids) => runs.abort(run_ids))
  const own = { id: process_id, host: hostname(), pid: process.pid, services: deps.services }
  const names = runtimes.map(({ runtime }) => runtime.runtime)

  async function beat(): Promise<void> {
    const ownRuns = runs.assignments().map(({ run }) => run)
    const extendedLeases = await engine.transact(async (tx) => {
      await processStore.seen(tx, own)
      await deps.present(tx, names)
      return ownRuns.length > 0 ? leaseStore.extend(tx, ownRuns, limits.lease_ms) : []
    })
    const alive = new Set(extendedLeases.map((row) => row.run_id))
    runs.abort(ownRuns.filter(({ run_id }) => !alive.has(run_id)).map(({ run_id }) => run_id))
  }

  return {
    process_id,
    runs,
    runtimes,
    beat,
    writeLogs: () => logs.flush(),
    async start() {
      await beat()
      for (const runner of runners) runner.start()
    },
    async [Symbol.asyncDispose]() {
      stopListening()
      runs.giveAllBack()
      await Promise.all(runners.map((runner) => runner[Symbol.asyncDispose]()))
      await logs.flush()
      // Where the database is away, the free lock says the same.
      await engine.transact((tx) => processStore.remove(tx, process_id)).catch(deps.onError)
    },
  }
}

/** Claims for the agents of one runtime, as many runs as it has slots. */
function createRuntimeRunner(
  { worker, dispatch, onError }: LocalWorkerDeps,
  {
    runs,
    process_id,
    runtime,
    slots,
  }: StaffedRuntime & { readonly runs: Pick<LocalRuns, 'start'>; readonly process_id: string },
): Runner {
  return createRunner({
    slots,
    dispatch,
    claim: (max) =>
      worker.claim({
        claimer: { runtime: runtime.runtime },
        max: Math.min(max, limits.claim_max),
        claimed_by: system_principal,
        process_id,
      }),
    work: (assignment) => runs.start(assignment, runtime),
    onError,
  })
}
