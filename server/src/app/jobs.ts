import { limits } from '@muster/contract/limits'
import type { Engine, EngineTx } from '../platform/db/db.ts'
import { type Dispatch, queues } from '../platform/dispatch/dispatch.ts'
import type { Log } from '../platform/log.ts'
import type { Job } from '../platform/module.ts'
import { createClockWatch } from './clock-watch.ts'

export interface JobsOptions {
  readonly engine: Engine
  readonly dispatch: Dispatch
  readonly log: Log
  /** Called when the database's clock was put back, and at the start. */
  onClockBack?(tx: EngineTx): Promise<unknown>
}

/** The shortest time from one question what is due to the next, however much happens. */
const apart_ms = 1_000

/**
 * Runs jobs, each never twice at once in this process. Jobs that can say when they are due are asked in one transaction
 * for all of them: at each heartbeat, and a moment after anything was announced or done. So nothing is asked of an idle
 * database but that. A failure is logged and tried again.
 */
export function startJobs(jobs: readonly Job[], { engine, dispatch, log, onClockBack }: JobsOptions): AsyncDisposable {
  const wasClockPutBack = createClockWatch()
  const stopping = new AbortController()
  const runners = jobs.map((job) => createJobRunner(job, { signal: stopping.signal, log, onDone: () => changed() }))
  const timers = runners.flatMap((runner) =>
    runner.job.dueIn === undefined ? [setInterval(runner.run, runner.job.every_ms)] : [],
  )
  const dated = runners.filter(({ job }) => job.dueIn !== undefined)
  let asked_at = Number.NEGATIVE_INFINITY
  let next_at = Number.POSITIVE_INFINITY
  let timer: NodeJS.Timeout | undefined
  let asking: Promise<void> | undefined

  function lookAt(at: number): void {
    if (at >= next_at || stopping.signal.aborted) return
    next_at = at
    clearTimeout(timer)
    timer = setTimeout(() => void look(), Math.max(0, at - performance.now()))
  }

  const changed = (): void => {
    if (dated.length > 0) lookAt(Math.max(performance.now(), asked_at + apart_ms))
  }

  function look(): Promise<void> {
    asking ??= ask()
      .catch((err: unknown) => log.error({ err }, 'what is due cannot be asked just now; it is asked again'))
      .finally(() => {
        asking = undefined
        lookAt(asked_at + limits.heartbeat_ms)
      })
    return asking
  }

  async function ask(): Promise<void> {
    asked_at = performance.now()
    next_at = Number.POSITIVE_INFINITY
    const [was_put_back, ...waits] = await engine.transact((tx) =>
      Promise.all([wasClockPutBack(tx), ...dated.map(({ job }) => job.dueIn?.(tx))]),
    )
    if (was_put_back && onClockBack !== undefined) {
      await engine.transact(onClockBack)
      changed()
    }
    for (const [index, runner] of dated.entries()) {
      const due_in = waits[index] ?? null
      if (due_in === null) continue
      // The job has its own pace, and the transaction of this question has not ended yet when another one begins.
      const at = Math.max(performance.now() + due_in, runner.startedAt() + runner.job.every_ms)
      if (at <= performance.now()) runner.run()
      else lookAt(Math.max(at, asked_at + apart_ms))
    }
  }

  const heard = dated.length === 0 ? [] : queues.map((queue) => dispatch.listen(queue, changed))
  changed()
  return {
    async [Symbol.asyncDispose]() {
      stopping.abort()
      for (const one of heard) one[Symbol.dispose]()
      for (const one of [...timers, timer]) clearTimeout(one)
      await asking
      await Promise.all(runners.map((runner) => runner.ended()))
    },
  }
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
  let running: Promise<void> | undefined
  let started_at = Number.NEGATIVE_INFINITY
  return {
    job,
    startedAt: () => started_at,
    ended: async () => running,
    run() {
      if (running !== undefined || signal.aborted) return
      started_at = performance.now()
      running = job
        .run(signal)
        .catch((err: unknown) => log.error({ err, job: job.name }, 'a job failed; it comes round again'))
        .finally(() => {
          running = undefined
          onDone()
        })
    },
  }
}
