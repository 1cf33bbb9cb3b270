import { limits } from '@muster/contract/limits'
import { createRunPurses } from '../modules/worker/local/purses.jobs.ts'
import { createLocalWorker } from '../modules/worker/local/worker.jobs.ts'
import { processStore } from '../modules/worker/store/process.store.ts'
import type { Config } from '../platform/config.ts'
import { hearHints } from '../platform/dispatch/relay.ts'
import { createHeads } from '../platform/journal/heads.ts'
import { notifySealed } from '../platform/journal/notifications.ts'
import type { Signer } from '../platform/journal/seal.ts'
import { startSealing } from '../platform/journal/sealing.ts'
import { createSequencer, type Sealed } from '../platform/journal/sequencer.ts'
import type { Log } from '../platform/log.ts'
import type { Program } from './compose.ts'
import type { OpenedDatabase } from './database.ts'
import { startJobs } from './jobs.ts'
import { holdPresence } from './presence.ts'
import { runtimesOf } from './runtimes.ts'
import { createStack } from './stack.ts'

export interface WorkOptions {
  readonly config: Config
  readonly database: OpenedDatabase
  readonly log: Log
  readonly signer: Signer
}

/** Starts what this process's services do by themselves: sealing, jobs, the local worker. Disposing gives leases back. */
export async function startWork(
  program: Program,
  { config, database, log, signer }: WorkOptions,
): Promise<AsyncDisposable> {
  const { engine, dispatch, worker, links, agents } = program
  const stack = createStack()
  if (config.database_url !== undefined) stack.use(hearHints({ url: config.database_url, dispatch, log }))
  const has = (service: Config['services'][number]): boolean => config.services.includes(service)
  if (has('scheduler')) {
    const sequencer = createSequencer({ engine, signer })
    const posting = stack.use(createHeads({ log, post_url: config.journal_post }))
    stack.use(
      startSealing({
        sequencer,
        dispatch,
        log,
        onSealed: (sealed) => tellSealed(program, { sealed, posting, options: { config, log } }),
      }),
    )
  }
  if (has('worker')) {
    const purses = createRunPurses()
    const local = createLocalWorker({
      engine,
      dispatch,
      worker,
      purses,
      runtimes: await runtimesOf(program, { config, purses, log }),
      services: config.services,
      present: (tx, runtimes) => agents.seenLocal(tx, runtimes),
      onError: (err) => log.error({ err }, 'a run could not be handled; its lease will be swept'),
    })
    stack.use(await holdPresence(database.source, local.process_id))
    links.attachLocal({
      purses,
      onStopped: (run_ids) => local.runs.abort(run_ids),
      dead: () => engine.transact((tx) => processStore.dead(tx, local.process_id)),
    })
    stack.use(local)
    await local.start()
    const heartbeat = { name: 'worker.heartbeat', every_ms: limits.heartbeat_ms, run: local.beat }
    stack.use(startJobs([heartbeat], log))
  }
  const jobs = program.manifests.flatMap(({ name, jobs = [] }) => (runsHere(name, config) ? jobs : []))
  stack.use(startJobs(jobs, log))
  return stack
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
