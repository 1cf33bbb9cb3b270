import type { Config } from '../../platform/config.ts'
import type { EngineTx } from '../../platform/db/db.ts'
import { hearHints } from '../../platform/dispatch/relay.ts'
import { notifySealed } from '../../platform/journal/notifications.ts'
import type { Signer } from '../../platform/journal/seal.ts'
import { createHeads } from '../../platform/journal/sealing/heads.ts'
import { startSealing } from '../../platform/journal/sealing/sealing-loop.ts'
import { createSequencer, type SealedBatch, sealingDueIn } from '../../platform/journal/sealing/sequencer.ts'
import type { Log } from '../../platform/log.ts'
import type { Job } from '../../platform/module/module.ts'
import type { Program } from '../compose.ts'
import type { OpenedDatabase } from '../database.ts'
import { createStack } from '../stack.ts'
import type { ClockChange } from './clock-watch.ts'
import { startJobs } from './jobs.ts'

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
  const started_jobs: Job[] = []
  for (const { start } of program.manifests) {
    if (start !== undefined) started_jobs.push(...stack.use(await start()).jobs)
  }
  const jobs = program.manifests.flatMap(({ name, jobs = [] }) => (runsHere(name, config) ? jobs : []))
  if (has('scheduler')) jobs.push(sealingJob(program))
  const onClockChange = async (tx: EngineTx, { forward_ms }: ClockChange): Promise<void> => {
    for (const { clampTimes, shiftTimes } of has('scheduler') ? program.manifests : [])
      await (forward_ms > 0 ? shiftTimes?.(tx, forward_ms) : clampTimes?.(tx))
  }
  stack.use(startJobs([...started_jobs, ...jobs], { engine, dispatch, log, onClockChange }))
}

type Stack = ReturnType<typeof createStack>

function startSealer(stack: Stack, program: Program, { config, log, signer }: WorkOptions): void {
  const { engine, dispatch } = program
  const sequencer = createSequencer({ engine, signer })
  const posting = stack.use(createHeads({ log, post_url: config.journal_post }))
  const onSealed = (batch: SealedBatch): void =>
    tellSealed(program, { sealed: batch, posting, options: { config, log } })
  stack.use(startSealing({ sequencer, dispatch, log, onSealed }))
}

/** Wakes the sealer where a hint was lost or its process ended before it could seal. */
function sealingJob({ dispatch }: Program): Job {
  const wake = async (): Promise<void> => dispatch.wake('journal')
  return { name: 'journal.seal', every_ms: second_ms, dueIn: sealingDueIn, run: wake }
}

/** New numbers are told in this process and, where there may be others, to those; heads go where the database cannot reach. */
function tellSealed(
  { engine, sealed: signal }: Program,
  {
    sealed,
    posting,
    options,
  }: { sealed: SealedBatch; posting: ReturnType<typeof createHeads>; options: Pick<WorkOptions, 'config' | 'log'> },
): void {
  signal.tell(sealed.organization_ids)
  posting.note(sealed.heads)
  if (options.config.database_url === undefined) return
  notifySealed(engine, sealed.organization_ids).catch((err: unknown) =>
    options.log.warn({ err }, 'other processes were not notified of new events'),
  )
}

/** Judging is the judge's, everything else that comes round by the clock the scheduler's. */
function runsHere(module: string, { services }: Config): boolean {
  return services.includes(module === 'judge' ? 'judge' : 'scheduler')
}
