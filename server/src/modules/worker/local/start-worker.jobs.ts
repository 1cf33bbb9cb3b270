import { limits } from '@muster/contract/limits'
import type { Service } from '../../../platform/config.ts'
import type { Dispatch } from '../../../platform/dispatch/dispatch.ts'
import type { Log } from '../../../platform/log.ts'
import type { Started } from '../../../platform/module/module.ts'
import type { AgentsPort } from '../../agents/agents.port.ts'
import type { RuntimesPort } from '../../runtimes/runtimes.port.ts'
import { leaseStore } from '../store/lease.store.ts'
import type { Worker } from '../worker.service.ts'
import { createPresence, type Presence } from './presence.jobs.ts'
import type { RunContextDeps } from './run-context.service.ts'
import type { RunStops } from './run-stops.jobs.ts'
import { createLocalWorker } from './worker.jobs.ts'

export interface StartWorkerDeps extends Omit<RunContextDeps, 'logs'> {
  readonly config: { readonly services: readonly Service[]; readonly database_url: string | undefined }
  readonly dispatch: Dispatch
  readonly worker: Worker
  readonly agents: Pick<AgentsPort, 'recordLocalPresence'>
  readonly runtimes: RuntimesPort
  readonly run_stops: RunStops
  readonly log: Log
  /** When the database last failed, of `performance.now`. */
  outageAt(): number
  onPresent(presence: Presence): void
}

const second_ms = 1000

/** Starts the worker of this process, where it is one, and holds the lock that says that this process lives. */
export async function startWorker(deps: StartWorkerDeps): Promise<Started> {
  const { config, engine, dispatch, agents, log } = deps
  const local = config.services.includes('worker')
    ? createLocalWorker({
        ...deps,
        runtimes: await deps.runtimes.open(),
        services: config.services,
        present: (tx, runtimes) => agents.recordLocalPresence(tx, runtimes),
        onError: (err) => log.error({ err }, 'a run could not be processed; its lease will expire'),
      })
    : undefined
  const beat = async (): Promise<void> => local?.beat()
  const presence = createPresence({
    engine,
    outageAt: deps.outageAt,
    database_url: config.database_url,
    process_id: local?.process_id,
    log,
    onRecovered: () => void beat().catch((err: unknown) => log.warn({ err }, 'a heartbeat failed; retrying')),
  })
  try {
    await presence.ready
    deps.onPresent(presence)
    await local?.start()
  } catch (error) {
    // Threads of runs, and a session of its own, would keep the process alive.
    await local?.[Symbol.asyncDispose]()
    await presence[Symbol.asyncDispose]()
    throw error
  }
  // Tasks may become claimable with time alone, and agents of other processes long-poll here.
  const wake = async (): Promise<void> => dispatch.wake('task_queue')
  const claims = { name: 'worker.claims', every_ms: second_ms, dueIn: leaseStore.claimDueIn, run: wake }
  const heartbeat = { name: 'worker.heartbeat', every_ms: limits.heartbeat_ms, run: beat }
  return {
    jobs: local === undefined ? [claims] : [claims, heartbeat],
    async [Symbol.asyncDispose]() {
      await local?.[Symbol.asyncDispose]()
      await presence[Symbol.asyncDispose]()
    },
  }
}
