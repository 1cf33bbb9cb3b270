import { limits } from '@muster/contract/limits'
import { createOpenRunBudgets } from '../modules/worker/local/run-budgets.jobs.ts'
import { createLocalWorker } from '../modules/worker/local/worker.jobs.ts'
import { leaseStore } from '../modules/worker/store/lease.store.ts'
import type { Config } from '../platform/config.ts'
import type { EngineTx } from '../platform/db/db.ts'
import { hearHints } from '../platform/dispatch/relay.ts'
import { createHeads } from '../platform/journal/heads.ts'
import { notifySealed } from '../platform/journal/notifications.ts'
import type { Signer } from '../platform/journal/seal.ts'
import { startSealing } from '../platform/journal/sealing.ts'
import { createSequencer, type Sealed, sealingDueIn } from '../platform/journal/sequencer.ts'
import type { Log } from '../platform/log.ts'
import type { Job } from '../platform/module.ts'
import type { ClockChange } from './clock-watch.ts'
import type { Program } from './compose.ts'
import type { OpenedDatabase } from './database.ts'
import { startJobs } from './jobs.ts'
import { createPresence } from './presence.ts'
import { runtimesOf } from './runtimes.ts'
import { createStack } from './stack.ts'

export interface WorkOptions {
  readonly config: Config
  readonly database: OpenedDatabase
  readonly log: Log
  readonly signer: Signer
}

const second_ms = 1000

/** Starts what this process's services do by themselves: sealing, jobs, the local worker. Disposing gives leases back. */
export async function startWork(program: Program, options: WorkOptions): Promise<AsyncDisposable> {
  const stack = createStack()
  try {
    await startAll(stack, program, options)
    return stack
  } catch (error) {
    // What has a session of its own would keep the process alive.
    await stack[Symbol.asyncDispose]()
    throw error
  }
}

async function startAll(stack: Stack, program: Program, options: WorkOptions): Promise<void> {
  const { config, log } = options
  const { engine, dispatch } = program
  const has = (service: Config['services'][number]): boolean => config.services.includes(service)
  if (config.database_url !== undefined) stack.use(hearHints({ url: config.database_url, dispatch, log }))
  if (has('scheduler')) startSealer(stack, program, options)
  const worker_jobs = await startWorker(stack, program, { ...options, has_worker: has('worker') })
  const jobs = program.manifests.flatMap(({ name, jobs = [] }) => (runsHere(name, config) ? jobs : []))
  if (has('scheduler')) jobs.push(sealingJob(program))
  const onClockChange = async (tx: EngineTx, { forward_ms }: ClockChange): Promise<void> => {
    for (const { clampTimes, shiftTimes } of has('scheduler') ? program.manifests : [])
      await (forward_ms > 0 ? shiftTimes?.(tx, forward_ms) : clampTimes?.(tx))
  }
  stack.use(startJobs([...worker_jobs, ...jobs], { engine, dispatch, log, onClockChange }))
}

type Stack = ReturnType<typeof createStack>

function startSealer(stack: Stack, program: Program, { config, log, signer }: WorkOptions): void {
  const { engine, dispatch } = program
  const sequencer = createSequencer({ engine, signer })
  const posting = stack.use(createHeads({ log, post_url: config.journal_post }))
  const onSealed = (sealed: Sealed): void => tellSealed(program, { sealed, posting, options: { config, log } })
  stack.use(startSealing({ sequencer, dispatch, log, onSealed }))
}

/** Wakes the sealer where a hint was lost or its process ended before it could seal. */
function sealingJob({ dispatch }: Program): Job {
  const wake = async (): Promise<void> => dispatch.wake('journal')
  return { name: 'journal.seal', every_ms: second_ms, dueIn: sealingDueIn, run: wake }
}

/** The local worker, and the lock that says that this process lives. Gives the jobs of both. */
async function startWorker(
  stack: Stack,
  program: Program,
  { config, database, log, has_worker }: WorkOptions & { readonly has_worker: boolean },
): Promise<readonly Job[]> {
  const { engine, dispatch, worker, links, agents } = program
  const run_budgets = createOpenRunBudgets()
  const local = has_worker
    ? createLocalWorker({
        engine,
        dispatch,
        worker,
        run_budgets,
        runtimes: await runtimesOf(program, { config, run_budgets, log }),
        services: config.services,
        present: (tx, runtimes) => agents.seenLocal(tx, runtimes),
        onError: (err) => log.error({ err }, 'a run could not be handled; its lease will be swept'),
      })
    : undefined
  const beat = async (): Promise<void> => local?.beat()
  const presence = stack.use(
    createPresence({
      engine,
      outageAt: database.outageAt,
      database_url: config.database_url,
      process_id: local?.process_id,
      log,
      onRecovered: () => void beat().catch((err: unknown) => log.warn({ err }, 'a heartbeat failed; it comes again')),
    }),
  )
  await presence.ready
  links.attachPresence(presence)
  // Tasks may become claimable with time alone, and agents of other processes long-poll here.
  const look = async (): Promise<void> => dispatch.wake('task_queue')
  const claims = { name: 'worker.claims', every_ms: second_ms, dueIn: leaseStore.claimDueIn, run: look }
  if (local === undefined) return [claims]
  links.attachLocal({ run_budgets, onStopped: (run_ids) => local.runs.abort(run_ids) })
  stack.use(local)
  await local.start()
  return [claims, { name: 'worker.heartbeat', every_ms: limits.heartbeat_ms, run: beat }]
}

/** New numbers are told in this process and, where there may be others, to those; heads go where the database cannot reach. */
function tellSealed(
  { engine, sealed: signal }: Program,
  {
    sealed,
    posting,
    options,
  }: { sealed: Sealed; posting: ReturnType<typeof createHeads>; options: Pick<WorkOptions, 'config' | 'log'> },
): void {
  signal.tell(sealed.organization_ids)
  posting.note(sealed.heads)
  if (options.config.database_url === undefined) return
  notifySealed(engine, sealed.organization_ids).catch((err: unknown) =>
    options.log.warn({ err }, 'other processes were not told of new events'),
  )
}

/** Judging is the judge's, everything else that comes round by the clock the scheduler's. */
function runsHere(module: string, { services }: Config): boolean {
  return services.includes(module === 'judge' ? 'judge' : 'scheduler')
}
