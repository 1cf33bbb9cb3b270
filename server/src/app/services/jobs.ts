import { limits } from '@muster/contract/limits'
import type { Engine, EngineTx } from '../../platform/db/db.ts'
import { type Dispatch, queues } from '../../platform/dispatch/dispatch.ts'
import type { Log } from '../../platform/log.ts'
import type { Job } from '../../platform/module/module.ts'
import { type ClockChange, createClockWatch } from './clock-watch.ts'

export interface JobsOptions {
  readonly engine: Engine
  readonly dispatch: Dispatch
  readonly log: Log
  /** Called when the database's clock was put back or forward, and at the start, before any job. */
  onClockChange?(tx: EngineTx, change: ClockChange): Promise<unknown>
}

/** The shortest time from one check to the next, however much happens. */
const apart_ms = 1_000
/** A job without `dueIn` runs first after this long at most, so that it also runs where the process never lives for long. */
const first_run_ms_max = 60_000

/**
 * Runs jobs, each never twice at once in this process. Jobs with `dueIn` are asked in one transaction for all of them:
 * at each heartbeat, and a moment after an announcement or a finished job. An idle database is asked nothing else
 * (invariant 13). A failure is logged and tried again.
 */
export function startJobs(jobs: readonly Job[], options: JobsOptions): AsyncDisposable {
  const { dispatch, log } = options
  const stopping = new AbortController()
  const runners = jobs.map((job) =>
    createJobRunner(job, { signal: stopping.signal, log, onDone: () => due_jobs.recheck() }),
  )
  const due_jobs = startDueJobs(
    runners.filter(({ job }) => job.dueIn !== undefined),
    { ...options, signal: stopping.signal },
  )
  const timers = runners
    .filter(({ job }) => job.dueIn === undefined)
    .flatMap(({ job, run }) => [
      setTimeout(run, Math.min(job.every_ms, first_run_ms_max)),
      setInterval(run, job.every_ms),
    ])
  const subscriptions = queues.map((queue) => dispatch.listen(queue, due_jobs.recheck))
  return {
    async [Symbol.asyncDispose]() {
      stopping.abort()
      for (const subscription of subscriptions) subscription[Symbol.dispose]()
      for (const timer of timers) clearTimeout(timer)
      await due_jobs.stop()
      await Promise.all(runners.map((runner) => runner.ended()))
    },
  }
}

interface DueJobs {
  /** Something was announced or done, so that a job may have become due. */
  recheck(): void
  stop(): Promise<void>
}

/** Checks which jobs are due and runs them. There is one timer, for the next check. */
function startDueJobs(
  runners: readonly JobRunner[],
  { engine, log, onClockChange, signal }: JobsOptions & { readonly signal: AbortSignal },
): DueJobs {
  const watchClock = createClockWatch()
  let clock_change: ClockChange | undefined
  let checked_at = Number.NEGATIVE_INFINITY
  let check: Promise<void> | undefined
  // The check before this one may not have been answered yet.
  const timer = createEarliestTimer(() => void (check === undefined ? runCheck() : check.then(recheck)))

  function scheduleCheck(at: number): void {
    if (!signal.aborted) timer.schedule(at)
  }

  function recheck(): void {
    if (runners.length > 0) scheduleCheck(Math.max(performance.now(), checked_at + apart_ms))
  }

  function runCheck(): Promise<void> {
    checked_at = performance.now()
    check = checkDue()
      .catch((err: unknown) => log.error({ err }, 'the due jobs could not be read; retrying'))
      .finally(() => {
        check = undefined
        scheduleCheck(checked_at + limits.heartbeat_ms)
      })
    return check
  }

  async function checkDue(): Promise<void> {
    const waits = await engine.transact(async (tx) => {
      const [change, ...answers] = await Promise.all([watchClock(tx), ...runners.map(({ job }) => job.dueIn?.(tx))])
      // Kept until it was handled, also where this transaction is tried again.
      clock_change = change ?? clock_change
      return answers
    })
    if (clock_change !== undefined) await handleClockChange(clock_change)
    for (const [index, runner] of runners.entries()) {
      const at = dueAt(runner, waits[index] ?? null)
      if (at <= performance.now()) runner.run()
      else scheduleCheck(Math.max(at, checked_at + apart_ms))
    }
  }

  async function handleClockChange(change: ClockChange): Promise<void> {
    if (onClockChange !== undefined) await engine.transact((tx) => onClockChange(tx, change))
    clock_change = undefined
    recheck()
  }

  recheck()
  return {
    recheck,
    async stop() {
      timer.stop()
      await check
    },
  }
}

/** Calls `onTime` at the earliest of the times that it was given, and at the latest after a heartbeat. */
function createEarliestTimer(onTime: () => void) {
  let next_at = Number.POSITIVE_INFINITY
  let timer: NodeJS.Timeout | undefined
  const handleTime = (): void => {
    next_at = Number.POSITIVE_INFINITY
    onTime()
  }
  return {
    /** `at`: of `performance.now`. */
    schedule(at: number): void {
      if (at >= next_at) return
      next_at = at
      clearTimeout(timer)
      timer = setTimeout(handleTime, Math.min(Math.max(0, at - performance.now()), limits.heartbeat_ms))
    },
    stop: () => clearTimeout(timer),
  }
}

/**
 * The time of `performance.now` at which a job is due; infinite where it has nothing to do. A job has a shortest
 * interval.
 */
function dueAt({ job, startedAt }: JobRunner, due_in_ms: number | null): number {
  if (due_in_ms === null) return Number.POSITIVE_INFINITY
  return Math.max(performance.now() + due_in_ms, startedAt() + job.every_ms)
}

interface JobRunner {
  readonly job: Job
  /** Starts the job unless it runs. */
  run(): void
  /** Of `performance.now`; long ago where it never ran. */
  startedAt(): number
  ended(): Promise<void>
}

function createJobRunner(
  job: Job,
  { signal, log, onDone }: { readonly signal: AbortSignal; readonly log: Log; onDone(): void },
): JobRunner {
  let currentRun: Promise<void> | undefined
  let started_at = Number.NEGATIVE_INFINITY
  return {
    job,
    startedAt: () => started_at,
    ended: async () => currentRun,
    run() {
      if (currentRun !== undefined || signal.aborted) return
      started_at = performance.now()
      currentRun = job
        .run(signal)
        .catch((err: unknown) => log.error({ err, job: job.name }, 'a job failed; it will run again'))
        .finally(() => {
          currentRun = undefined
          onDone()
        })
    },
  }
}
