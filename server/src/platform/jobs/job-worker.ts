import { limits } from '@muster/contract/limits'
import { cutText } from '@muster/contract/texts/graphemes'
import type { JsonObject } from '@muster/contract/values'
import { runConcurrencyPool } from '../concurrency/concurrency-pool.ts'
import type { Engine, EngineTx } from '../db/db.ts'
import { MusterError } from '../errors.ts'
import { commitKillPoints } from '../kill-points.ts'
import type { Log } from '../log.ts'
import type { Job } from '../module/module.ts'
import { storable } from '../text/storable.ts'
import type { JobKind, LeasedJob } from './job-kind.ts'
import { type ClaimedJob, jobLeases, type Lease } from './job-leases.ts'
import { withLeaseRenewal } from './lease-renewal.ts'

/** How a module does the jobs of a kind. */
export interface JobHandler<Payload extends JsonObject> {
  /**
   * Does the job, and in the transaction that writes its result ends it by `jobQueue.complete`. It may run twice: a lease
   * can be lost while it runs. What it throws is a failed attempt. `signal`: the process stops or the lease is lost.
   */
  run(job: LeasedJob<Payload>, signal: AbortSignal): Promise<void>
  /**
   * Says what becomes of the job's subject when no attempt is left, in the transaction that makes it a dead one. It takes
   * its locks first, then calls `bury` and writes nothing where that is false: then another process has the job. Where it
   * fails as often as it may, the job is made a dead one without it.
   */
  giveUp?(tx: EngineTx, given_up: GivenUpJob<Payload>): Promise<void>
}

export interface GivenUpJob<Payload> {
  /** Its payload is undefined where what is stored does not fit the kind: then its key says what it was about. */
  readonly job: LeasedJob<Payload | undefined>
  readonly error: unknown
  bury(): Promise<boolean>
}

export interface JobWorkerDeps {
  readonly engine: Engine
  readonly log: Pick<Log, 'warn' | 'error'>
}

/** The jobs of one kind, as a module's manifest takes them. */
export interface JobWorker {
  /** Does all jobs of the kind that are due, several at once. */
  readonly job: Job
  /** For the manifest's `clampTimes`. */
  clampTimes(tx: EngineTx): Promise<number>
}

const second_ms = 1000
/** A job whose processes die this often is given up: most likely it is what kills them. */
const leases_lost_max = 5
/** A job that could not be given up this often, for whatever reason, is made a dead one without its handler. */
const give_ups_max = 5

const giveUpKillPoint = commitKillPoints('jobs.give_up')

/** Builds what does the jobs of a kind, over any number of processes: each job is leased to one of them at a time. */
export function createJobWorker<Payload extends JsonObject>(
  deps: JobWorkerDeps,
  kind: JobKind<Payload>,
  handler: JobHandler<Payload>,
): JobWorker {
  const { engine } = deps
  let last_served: string | undefined
  const claim = async (max: number): Promise<readonly ClaimedJob[]> => {
    const jobs = await engine.transact((tx) => jobLeases.claim(tx, kind, { max, last_served }))
    last_served = jobs.at(-1)?.organization_id ?? last_served
    return jobs
  }
  const run = (signal: AbortSignal = new AbortController().signal) =>
    runConcurrencyPool({
      at_once_max: kind.at_once_max,
      signal,
      claim,
      work: (claimed) => workOn({ ...deps, kind, handler, signal }, claimed),
    })
  return {
    job: { name: kind.name, every_ms: second_ms, dueIn: (tx) => jobLeases.dueIn(tx, kind), run },
    clampTimes: (tx) => jobLeases.clampTimes(tx, kind),
  }
}

interface Work<Payload extends JsonObject> extends JobWorkerDeps {
  readonly kind: JobKind<Payload>
  readonly handler: JobHandler<Payload>
  /** The process is stopping. */
  readonly signal: AbortSignal
}

/** A claimed job whose payload was read; undefined where it does not fit its kind. */
type ReadJob<Payload> = Omit<ClaimedJob, 'payload'> & { readonly payload: Payload | undefined }

/** One attempt. It throws only where its outcome cannot be written; then the lease ends by itself. */
async function workOn<Payload extends JsonObject>(work: Work<Payload>, claimed: ClaimedJob): Promise<void> {
  const payload = work.kind.payload.safeParse(claimed.payload)
  const job: ReadJob<Payload> = { ...claimed, payload: payload.data }
  // A mistake of ours that no attempt mends.
  if (!payload.success)
    return giveUp(work, job, new Error('the payload does not fit its kind', { cause: payload.error }))
  if (claimed.leases_lost >= leases_lost_max)
    return giveUp(work, job, new Error(`the lease was lost ${claimed.leases_lost} times before an attempt had ended`))
  // Every attempt was made; only giving it up has failed so far.
  if (claimed.attempts >= work.kind.attempts_max)
    return giveUp(work, job, new Error(`it has failed ${claimed.attempts} times`))
  const lost = new AbortController()
  try {
    await runLeased(work, { ...claimed, payload: payload.data }, lost)
  } catch (error) {
    if (!lost.signal.aborted) return endAttempt(work, job, error)
    work.log.warn({ err: error, ...fieldsOf(work, job) }, 'a job broke off: it was dropped, or another process has it')
  }
}

/** Runs the handler while the lease is renewed; where it is lost, the handler is told to break off. */
async function runLeased<Payload extends JsonObject>(
  work: Work<Payload>,
  job: LeasedJob<Payload>,
  lost: AbortController,
): Promise<void> {
  const { engine, kind, handler, log } = work
  const renewal = {
    every_ms: kind.lease_ms / 3,
    renew: () => engine.transact((tx) => jobLeases.renew(tx, kind, job)),
    onLost: () => lost.abort(),
    onError: (err: unknown) => log.warn({ err, ...fieldsOf(work, job) }, 'a lease could not be renewed; retrying'),
  }
  await withLeaseRenewal(renewal, () => handler.run(job, AbortSignal.any([work.signal, lost.signal])))
}

async function endAttempt<Payload extends JsonObject>(
  work: Work<Payload>,
  job: ReadJob<Payload>,
  error: unknown,
): Promise<void> {
  const { engine, kind, log } = work
  if (work.signal.aborted) return engine.transact((tx) => jobLeases.release(tx, kind, job))
  if (job.attempts + 1 >= kind.attempts_max) return giveUp(work, job, error)
  const wait_ms = kind.backoff_ms[Math.min(job.attempts, kind.backoff_ms.length - 1)] ?? 0
  log.warn({ err: causeOf(error), ...fieldsOf(work, job) }, 'a job failed; it will run again')
  await engine.transact((tx) => jobLeases.retry(tx, kind, { lease: job, error: reasonOf(error), wait_ms }))
}

async function giveUp<Payload extends JsonObject>(
  work: Work<Payload>,
  job: ReadJob<Payload>,
  error: unknown,
): Promise<void> {
  const { engine, kind, handler, log } = work
  if (wasGivenUpInVain(work, job)) return abandon(work, job)
  const fields = { err: causeOf(error), ...fieldsOf(work, job) }
  log[causeOf(error) instanceof MusterError ? 'warn' : 'error'](
    fields,
    'a job failed for the last time and is given up',
  )
  try {
    await engine.transact(async (tx) => {
      giveUpKillPoint(tx)
      const bury = () => jobLeases.bury(tx, kind, { lease: job, error: reasonOf(error) })
      await (handler.giveUp === undefined ? bury() : handler.giveUp(tx, { job, error, bury }))
    })
  } catch (failure) {
    log.error({ err: failure, ...fieldsOf(work, job) }, 'a job could not be given up; that is tried again')
    // Counted as one more attempt, so that the handler itself does not run again.
    const wait_ms = kind.backoff_ms.at(-1) ?? 0
    await engine.transact((tx) => jobLeases.retry(tx, kind, { lease: job, error: reasonOf(error), wait_ms }))
  }
}

/** Each try is counted as an attempt; one that took its process with it, as a lost lease. */
function wasGivenUpInVain<Payload extends JsonObject>(
  { kind }: Work<Payload>,
  { attempts, leases_lost }: Pick<ClaimedJob, 'attempts' | 'leases_lost'>,
): boolean {
  return attempts >= kind.attempts_max + give_ups_max - 1 || leases_lost >= leases_lost_max + give_ups_max
}

/** Makes a job a dead one although its handler never said what becomes of its subject: that is left to a person. */
async function abandon<Payload extends JsonObject>(work: Work<Payload>, job: Lease): Promise<void> {
  const error = 'internal: its handler could not give it up; what it was about still waits'
  work.log.error(fieldsOf(work, job), 'a job could not be given up as often as it may; it is dead without its handler')
  await work.engine.transact((tx) => jobLeases.bury(tx, work.kind, { lease: job, error, is_abandoned: true }))
}

/** `key` would be taken for a credential and left out. */
function fieldsOf<Payload extends JsonObject>(
  { kind }: Work<Payload>,
  { organization_id, key }: Pick<ClaimedJob, 'organization_id' | 'key'>,
): object {
  return { job: kind.name, organization_id, job_key: key }
}

/** The code comes first: it is all that anybody may see. */
function reasonOf(error: unknown): string {
  const cause = causeOf(error)
  const message = cause instanceof Error ? cause.message : String(cause)
  const text = `${cause instanceof MusterError ? cause.code : 'internal'}: ${message}`
  return cutText(storable(text), limits.reason_bytes_max)
}

/** A handler may put an expected failure into one that says more. */
function causeOf(error: unknown): unknown {
  return error instanceof Error && error.cause instanceof MusterError ? error.cause : error
}
