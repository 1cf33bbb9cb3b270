import { hostname } from 'node:os'
import { setTimeout } from 'node:timers/promises'
import { limits } from '@muster/contract/limits'
import type { LogLine } from '@muster/contract/shapes/runs'
import type { Engine, EngineTx } from '../../platform/db/db.ts'
import { isCommonFailure } from '../../platform/db/failures.ts'
import type { Dispatch } from '../../platform/dispatch/dispatch.ts'
import { newId } from '../../platform/ids.ts'
import { system_actor } from '../../platform/journal/events.ts'
import type { ToolsPort } from '../tools/tools.port.ts'
import { createBuiltinRuntime } from './builtin.service.ts'
import { createLocalRuns, type LocalRuns } from './local-runs.jobs.ts'
import { createRunner } from './runner.jobs.ts'
import type { Assignment } from './runtime.types.ts'
import { leaseStore } from './store/lease.store.ts'
import { processStore } from './store/process.store.ts'
import type { Worker } from './worker.service.ts'

export interface LocalWorkerParts {
  readonly engine: Engine
  readonly dispatch: Dispatch
  readonly worker: Worker
  readonly tools: ToolsPort
  readonly slots: number
  readonly services: readonly string[]
  content(
    assignment: Assignment,
    artifact_id: string,
  ): ReturnType<Parameters<typeof createBuiltinRuntime>[0]['content']>
  /** Notes that the built-in agents of all organizations are here. */
  present(tx: EngineTx): Promise<void>
  onError(error: unknown): void
}

const patience_ms = 1000

/** While the database is away a result is kept and written when it is back, as long as its lease could still be held. */
async function patiently<T>(work: () => Promise<T>): Promise<T> {
  const until = Date.now() + limits.lease_ms
  for (;;) {
    try {
      return await work()
    } catch (error) {
      if (!isCommonFailure(error) || Date.now() > until) throw error
      await setTimeout(patience_ms)
    }
  }
}

/** How the runs of this process report, with patience where that matters. */
function reporting(worker: Worker): Omit<Parameters<typeof createLocalRuns>[0], 'runtime'> {
  return {
    settle: (result) => patiently(() => worker.settle(result)),
    async fail({ run }, error) {
      await patiently(() => worker.endAttempts([{ lease: run, unfinished: { how: 'failed', ...error } }]))
    },
    async giveBack(assignments, reason) {
      await worker.endAttempts(
        assignments.map(({ run }) => ({ lease: run, unfinished: { how: 'given_back', reason } })),
      )
    },
  }
}

/** The worker of this process: its row among the processes, its runs, their heartbeats. */
export function createLocalWorker(parts: LocalWorkerParts): AsyncDisposable & {
  readonly process_id: string
  readonly runs: LocalRuns
  start(): Promise<void>
  /** Keeps the leases of this process's runs, and its own row; due every heartbeat. */
  beat(): Promise<void>
} {
  const { engine, worker } = parts
  const process_id = newId()
  const lines: { readonly assignment: Assignment; readonly line: LogLine }[] = []
  const runtime = createBuiltinRuntime({
    tools: parts.tools,
    content: parts.content,
    log: (assignment, line) => void lines.push({ assignment, line }),
  })
  const runs = createLocalRuns({ runtime, ...reporting(worker) })
  const runner = createRunner({
    slots: parts.slots,
    dispatch: parts.dispatch,
    claim: (max) =>
      worker.claim({
        claimer: { runtime: 'builtin' },
        max: Math.min(max, limits.claim_max),
        claimed_by: system_actor,
        process_id,
      }),
    work: (assignment) => runs.start(assignment),
    onError: parts.onError,
  })

  async function writeLogs(): Promise<void> {
    const taken = lines.splice(0, lines.length)
    if (taken.length === 0) return
    await engine.transact(async (tx) => {
      for (const { assignment, line } of taken) await leaseStore.log(tx, assignment.run, [line])
    })
  }

  async function beat(): Promise<void> {
    await writeLogs()
    const held = runs.assignments().map(({ run }) => run)
    const kept = await engine.transact(async (tx) => {
      await processStore.seen(tx, process_id)
      await parts.present(tx)
      return held.length > 0 ? leaseStore.extend(tx, held, limits.lease_ms) : []
    })
    const alive = new Set(kept.map((row) => row.run_id))
    runs.abort(held.filter(({ run_id }) => !alive.has(run_id)).map(({ run_id }) => run_id))
  }

  return {
    process_id,
    runs,
    beat,
    async start() {
      const row = { id: process_id, host: hostname(), pid: process.pid, services: parts.services }
      await engine.transact((tx) => processStore.insert(tx, row))
      await beat()
      runner.start()
    },
    async [Symbol.asyncDispose]() {
      runs.giveAllBack()
      await runner[Symbol.asyncDispose]()
      await writeLogs()
      await engine.transact((tx) => processStore.remove(tx, process_id))
    },
  }
}
