import { limits } from '@muster/contract/limits'
import type { Db } from '../../platform/db/db.ts'
import type { RequestTransactions } from '../../platform/db/request-transactions.ts'
import type { Dispatch } from '../../platform/dispatch/dispatch.ts'
import type { Manifest } from '../../platform/module.ts'
import type { SecretBox } from '../../platform/secrets.ts'
import type { ApprovalSubject } from '../approvals/approvals.port.ts'
import type { PlannerPort } from '../planner/planner.port.ts'
import { questionSubject } from './operations/ask.ts'
import { createRuns } from './operations/list-runs.ts'
import { createRunRetention, type RunRetentionOptions } from './operations/run-retention.ts'
import { toldRun } from './operations/told.ts'
import { createRemote, type RemoteDeps } from './remote.service.ts'
import { createReports } from './reports.service.ts'
import { createRunKeys, type RunKeys } from './run-keys.service.ts'
import { checkpointStore } from './store/checkpoint.store.ts'
import { leaseStore } from './store/lease.store.ts'
import { processStore } from './store/process.store.ts'
import { runReadStore } from './store/run-read.store.ts'
import { workerStore } from './store/worker.store.ts'
import { createTaskStatus } from './task-status.service.ts'
import type { Told } from './worker.port.ts'
import { workerRoutes } from './worker.routes.ts'
import { createWorker, type Worker, type WorkerDeps } from './worker.service.ts'

export interface WorkerOptions
  extends Omit<WorkerDeps, 'announceReview'>,
    Omit<RemoteDeps, 'worker' | 'tasks' | 'keys'>,
    RunRetentionOptions {
  readonly db: Db
  readonly secrets: SecretBox
  readonly transactions: RequestTransactions
  readonly dispatch: Dispatch
  readonly planner: PlannerPort
  /** Processes that are gone, whose leases nobody keeps; undefined where that cannot be told just now, nor who was late. */
  deadProcesses(): Promise<readonly string[] | undefined>
}

/** What earlier modules are told of live runs, through `app/`. */
export type Leases = typeof leaseStore & Pick<typeof workerStore, 'countLive'> & Pick<typeof runReadStore, 'medians'>

const sweep_ms = 2000
const checkpoints_ms = 3_600_000
const checkpoints_max = 1000
const retention_ms = 3_600_000

/** Builds the module: the protocol for remote agents, and the sweeper. The local worker is started by `app/`. */
export function workerModule(options: WorkerOptions): {
  readonly worker: Worker
  readonly told: Told
  readonly manifest: Manifest
  readonly leases: Leases
  readonly processes: typeof processStore
  readonly keys: RunKeys
  readonly subject: ApprovalSubject
} {
  const { dispatch, planner, engine } = options
  const keys = createRunKeys(options)
  const worker = createWorker({ ...options, announceReview: (tx) => dispatch.announce(tx, 'review_queue') })
  const deps: RemoteDeps = {
    ...options,
    worker,
    keys,
    tasks: async (tx, organization_id, task_id) => (await planner.tasks(tx, [{ organization_id, task_id }]))[0],
  }
  const services = {
    remote: createRemote(deps),
    reports: createReports(deps),
    runs: createRuns(options),
    status: createTaskStatus(options),
  }
  const sweep = async (): Promise<void> => {
    const dead = await options.deadProcesses()
    if (dead === undefined) return
    while ((await worker.sweep(dead)) > 0);
    if (dead.length > 0) await engine.transact((tx) => processStore.removeGone(tx, dead))
  }
  const forget = async (): Promise<void> => {
    while ((await engine.transact((tx) => checkpointStore.sweep(tx, checkpoints_max))) === checkpoints_max);
  }
  return {
    worker,
    told: { told: (tx, ref) => toldRun(options, tx, ref) },
    leases: { ...leaseStore, countLive: workerStore.countLive, medians: runReadStore.medians },
    processes: processStore,
    keys,
    subject: questionSubject(options),
    manifest: {
      name: 'worker',
      routes: workerRoutes(services),
      shiftTimes: (tx, forward_ms) => leaseStore.shiftTimes(tx, { forward_ms, lease_ms: limits.lease_ms }),
      clampTimes: (tx) => Promise.all([leaseStore.clampTimes(tx, limits.lease_ms), workerStore.clampReviews(tx)]),
      jobs: [
        { name: 'worker.sweep', every_ms: sweep_ms, dueIn: leaseStore.sweepDueIn, run: sweep },
        { name: 'worker.checkpoints', every_ms: checkpoints_ms, run: forget },
        { name: 'worker.retention', every_ms: retention_ms, run: createRunRetention(options) },
      ],
    },
  }
}
