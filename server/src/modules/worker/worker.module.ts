import type { Door } from '../../platform/db/door.ts'
import type { Dispatch } from '../../platform/dispatch/dispatch.ts'
import type { Manifest } from '../../platform/module.ts'
import type { PlannerPort } from '../planner/planner.port.ts'
import { createRuns } from './operations/list-runs.ts'
import { toldRun } from './operations/told.ts'
import { createRemote, type RemoteParts } from './remote.service.ts'
import { createReports } from './reports.service.ts'
import { leaseStore } from './store/lease.store.ts'
import { processStore } from './store/process.store.ts'
import { runReadStore } from './store/run-read.store.ts'
import { workerStore } from './store/worker.store.ts'
import { createTaskStatus } from './task-status.service.ts'
import type { Told } from './worker.port.ts'
import { workerRoutes } from './worker.routes.ts'
import { createWorker, type Worker, type WorkerParts } from './worker.service.ts'

export interface WorkerOptions extends Omit<WorkerParts, 'announceReview'>, Omit<RemoteParts, 'worker' | 'tasks'> {
  readonly door: Door
  readonly dispatch: Dispatch
  readonly planner: PlannerPort
  /** Processes that are gone, whose leases nobody keeps. */
  deadProcesses(): Promise<readonly string[]>
}

/** What earlier modules are told of live runs, through `app/`. */
export type Leases = typeof leaseStore & Pick<typeof workerStore, 'countLive'> & Pick<typeof runReadStore, 'medians'>

const sweep_ms = 2000

/** Builds the module: the protocol for remote agents, and the sweeper. The local worker is started by `app/`. */
export function workerModule(options: WorkerOptions): {
  readonly worker: Worker
  readonly told: Told
  readonly manifest: Manifest
  readonly leases: Leases
  readonly processes: typeof processStore
} {
  const { dispatch, planner } = options
  const worker = createWorker({ ...options, announceReview: (tx) => dispatch.announce(tx, 'review_queue') })
  const parts: RemoteParts = {
    ...options,
    worker,
    tasks: async (tx, organization_id, task_id) => (await planner.tasks(tx, [{ organization_id, task_id }]))[0],
  }
  const services = {
    remote: createRemote(parts),
    reports: createReports(parts),
    runs: createRuns(options),
    status: createTaskStatus(options),
  }
  const sweep = async (): Promise<void> => {
    const dead = await options.deadProcesses()
    while ((await worker.sweep(dead)) > 0);
  }
  return {
    worker,
    told: { told: (tx, ref) => toldRun(options, tx, ref) },
    leases: { ...leaseStore, countLive: workerStore.countLive, medians: runReadStore.medians },
    processes: processStore,
    manifest: {
      name: 'worker',
      routes: workerRoutes(services),
      jobs: [{ name: 'worker.sweep', every_ms: sweep_ms, run: sweep }],
    },
  }
}
