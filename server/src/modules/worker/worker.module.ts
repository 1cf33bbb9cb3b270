import { limits } from '@muster/contract/limits'
import type { Db, Engine } from '../../platform/db/db.ts'
import type { RequestTransactions } from '../../platform/db/request-transactions.ts'
import { fragment } from '../../platform/db/sql.ts'
import type { Dispatch } from '../../platform/dispatch/dispatch.ts'
import { isUuid } from '../../platform/ids.ts'
import type { Log } from '../../platform/log.ts'
import type { Metrics } from '../../platform/metrics.ts'
import { extend } from '../../platform/module/extension-point.ts'
import type { Job, Manifest } from '../../platform/module/module.ts'
import type { SearchSource } from '../../platform/module/search-source.ts'
import type { SecretBox } from '../../platform/secrets.ts'
import { activity } from '../agents/agents.extensions.ts'
import { subjects } from '../approvals/approvals.extensions.ts'
import { grants } from '../artifacts/artifacts.extensions.ts'
import { usageSources } from '../budgets/budgets.extensions.ts'
import { credentials, scopes } from '../identity/identity.extensions.ts'
import type { ScopeKind } from '../identity/identity.port.ts'
import { taskKinds } from '../planner/planner.extensions.ts'
import type { PlannerPort } from '../planner/planner.port.ts'
import type { TaskRuns } from '../planner/task-kinds.port.ts'
import type { DocumentHistory } from '../state/state.port.ts'
import type { Presence } from './local/presence.jobs.ts'
import { createRunStops, type RunStops } from './local/run-stops.jobs.ts'
import { type StartWorkerDeps, startWorker } from './local/start-worker.jobs.ts'
import { questionSubject } from './operations/ask.ts'
import { createRuns } from './operations/list-runs.ts'
import { createRunDetails } from './operations/run-details.ts'
import { createRunRetention, type RunRetentionOptions } from './operations/run-retention.ts'
import { createRemote, type RemoteDeps } from './remote.service.ts'
import { createReports } from './reports.service.ts'
import { createRunKeys, type RunKeys } from './run-keys.service.ts'
import { agentActivityStore } from './store/agent-activity.store.ts'
import { checkpointStore } from './store/checkpoint.store.ts'
import { leaseStore } from './store/lease.store.ts'
import { processStore } from './store/process.store.ts'
import { runReadStore } from './store/run-read.store.ts'
import { workerStore } from './store/worker.store.ts'
import { createTaskStatus } from './task-status.service.ts'
import { createTaskWhy, type TaskWhyDeps } from './task-why.service.ts'
import { workAttention } from './work-attention.service.ts'
import { workerRoutes } from './worker.routes.ts'
import { createWorker, type Worker, type WorkerDeps } from './worker.service.ts'

export interface WorkerOptions
  extends Omit<WorkerDeps, 'announceReview' | 'onStopped'>,
    Omit<RemoteDeps, 'worker' | 'tasks' | 'keys'>,
    Omit<StartWorkerDeps, 'worker' | 'run_keys' | 'run_stops' | 'onPresent'>,
    Omit<TaskWhyDeps, 'budgets'> {
  readonly config: StartWorkerDeps['config'] & Omit<RunRetentionOptions, 'engine'>
  readonly agents: RemoteDeps['agents'] & StartWorkerDeps['agents']
  readonly artifacts: RemoteDeps['artifacts'] & StartWorkerDeps['artifacts']
  readonly budgets: WorkerDeps['budgets'] & TaskWhyDeps['budgets']
  readonly state: WorkerDeps['state'] & DocumentHistory
  readonly log: Log
  readonly db: Db
  readonly secrets: SecretBox
  readonly transactions: RequestTransactions
  readonly dispatch: Dispatch
  readonly planner: PlannerPort
}

/** What others may read of leases. */
export type Leases = typeof leaseStore

const search: SearchSource = {
  kind: 'run',
  by: [],
  rows: fragment`select r.organization_id, r.run_id as id, null::int as number, r.project_id, r.goal_id, r.status, (
      select t.title from planner_tasks_v t
      where t.organization_id = r.organization_id and t.task_id = r.task_id) as title
    from (
      select organization_id, run_id, task_id, project_id, goal_id, 'running' as status from worker_live_v
      union all
      select organization_id, run_id, task_id, project_id, goal_id, status from worker_runs_v) r`,
}

const sweep_ms = 2000
const checkpoints_ms = 3_600_000
const checkpoints_max = 1000
const retention_ms = 3_600_000

/** Builds the module: the protocol for remote agents, the sweeper, and the worker of this process, which `start` starts. */
export function workerModule(options: WorkerOptions): {
  readonly worker: Worker
  readonly manifest: Manifest
  readonly leases: Leases
  readonly run_stops: RunStops
  readonly run_keys: RunKeys
} {
  const { dispatch } = options
  const run_keys = createRunKeys(options)
  const run_stops = createRunStops()
  let presence: Presence | undefined
  const worker = createWorker({
    ...options,
    announceReview: (tx) => dispatch.announce(tx, 'review_queue'),
    onStopped: run_stops.tell,
  })
  return {
    worker,
    leases: leaseStore,
    run_stops,
    run_keys,
    manifest: {
      name: 'worker',
      routes: workerRoutes(createServices(options, worker, run_keys)),
      attention: [workAttention],
      search: [search],
      registerMetrics: (metrics) => registerQueueGauge(metrics, options.engine),
      extensions: [
        extend(credentials, run_keys),
        extend(scopes, { kind: 'run', find: runScopes }),
        extend(grants, { handedOut: leaseStore.handedOut }),
        extend(usageSources, { countLive: workerStore.countLive }),
        extend(subjects, questionSubject(options)),
        extend(activity, agentActivityStore),
        extend(taskKinds, { kind: 'work', runs: workRuns(worker) }),
      ],
      start: () =>
        startWorker({
          ...options,
          worker,
          run_keys,
          run_stops,
          onPresent(startedPresence) {
            presence = startedPresence
          },
        }),
      shiftTimes: (tx, forward_ms) => leaseStore.shiftTimes(tx, { forward_ms, lease_ms: limits.lease_ms }),
      clampTimes: (tx) => Promise.all([leaseStore.clampTimes(tx, limits.lease_ms), workerStore.clampReviews(tx)]),
      jobs: workerJobs(options, worker, async () => (presence === undefined ? [] : presence.dead())),
    },
  }
}

/** What the routes call. */
function createServices(options: WorkerOptions, worker: Worker, keys: RunKeys) {
  const { planner } = options
  const deps: RemoteDeps = {
    ...options,
    worker,
    keys,
    tasks: async (tx, organization_id, task_id) => (await planner.tasks(tx, [{ organization_id, task_id }]))[0],
  }
  return {
    remote: createRemote(deps),
    reports: createReports(deps),
    runs: createRuns(options),
    details: createRunDetails(options),
    status: createTaskStatus(options),
    why: createTaskWhy(options),
  }
}

function workRuns({ stop }: Worker): TaskRuns {
  return { stop, medians: runReadStore.medians, latestRuns: runReadStore.latestOfTasks }
}

function registerQueueGauge(metrics: Metrics, engine: Engine): void {
  metrics.gauge({
    name: 'muster_waiting',
    help: 'Queue depth by queue: ready tasks, results in review, open approvals, active runs.',
    labels: ['queue'],
    async read() {
      const depths = await engine.transact((tx) => leaseStore.depths(tx))
      return Object.entries(depths).map(([queue, value]) => ({ labels: { queue }, value }))
    },
  })
}

function workerJobs(options: WorkerOptions, worker: Worker, deadProcesses: Presence['dead']): readonly Job[] {
  const { engine } = options
  const sweep = async (): Promise<void> => {
    const dead = await deadProcesses()
    if (dead === undefined) return
    while ((await worker.sweep(dead)) > 0);
    if (dead.length > 0) await engine.transact((tx) => processStore.removeGone(tx, dead))
  }
  const removeCheckpoints = async (): Promise<void> => {
    while ((await engine.transact((tx) => checkpointStore.sweep(tx, checkpoints_max))) === checkpoints_max);
  }
  return [
    { name: 'worker.sweep', every_ms: sweep_ms, dueIn: leaseStore.sweepDueIn, run: sweep },
    { name: 'worker.checkpoints', every_ms: checkpoints_ms, run: removeCheckpoints },
    { name: 'worker.retention', every_ms: retention_ms, run: createRunRetention({ engine, ...options.config }) },
  ]
}

/** Live runs, for what belongs to them. */
const runScopes: ScopeKind['find'] = async (tx, organization_id, refs) => {
  const runs = await Promise.all(refs.filter(isUuid).map((id) => leaseStore.run(tx, organization_id, id)))
  return new Map(
    runs.flatMap((run) => {
      if (run === undefined) return []
      const { run_id: id, project_id, goal_id, task_id, agent_id } = run
      return [[id, { id, name: id, project_id, goal_id, task_id, agent_id, stopped: false, usable: true }] as const]
    }),
  )
}
