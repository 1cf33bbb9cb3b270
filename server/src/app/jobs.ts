import type { Log } from '../platform/log.ts'
import type { Job } from '../platform/module.ts'

/** Runs jobs as often as they ask, each never twice at once in this process. A failure is logged and tried again. */
export function startJobs(jobs: readonly Job[], log: Log): AsyncDisposable {
  const stopping = new AbortController()
  const running = new Set<Promise<void>>()
  const timers = jobs.map((job) => {
    let busy = false
    return setInterval(() => {
      if (busy || stopping.signal.aborted) return
      busy = true
      const done = job
        .run(stopping.signal)
        .catch((err: unknown) => log.error({ err, job: job.name }, 'a job failed; it comes round again'))
        .finally(() => {
          busy = false
          running.delete(done)
        })
      running.add(done)
    }, job.every_ms)
  })
  return {
    async [Symbol.asyncDispose]() {
      stopping.abort()
      for (const timer of timers) clearInterval(timer)
      await Promise.all(running)
    },
  }
}
