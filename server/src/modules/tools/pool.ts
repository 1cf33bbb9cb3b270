/**
 * Threads for work that burns CPU, so that heartbeats and requests go on while a large document is read. Started when
 * first needed, one job a thread at a time; a thread that dies fails the job it had and nothing else, and stopping a
 * job means ending its thread, since pure work cannot be asked to stop.
 */
import { availableParallelism } from 'node:os'
import type { Worker } from 'node:worker_threads'
import type { Json } from '@muster/contract/values'
import { startThread } from '../../platform/threads.ts'
import type { LoadedArtifact } from './pure-capability.ts'
import { CapabilityError, type CapabilityErrorCode } from './tools.port.ts'

export interface Job {
  readonly capability: string
  readonly input: unknown
  readonly artifacts: readonly LoadedArtifact[]
}

export type Answer =
  | { readonly ok: true; readonly output: Json }
  | { readonly ok: false; readonly code: CapabilityErrorCode; readonly message: string; readonly retryable: boolean }

export interface Pool extends AsyncDisposable {
  /** @throws CapabilityError of the work itself; `cancelled`; `unavailable` when the queue is full or the thread died. */
  run(job: Job, signal: AbortSignal): Promise<Json>
}

export interface PoolOptions {
  /** Threads at most; default one less than there are cores, at least one. */
  readonly size?: number
  /** Jobs that may wait; one more is refused as retryable. */
  readonly queue_max?: number
  /** Starts a thread; default `pool.thread` beside this file, from source or from the bundle. */
  readonly start?: () => Worker
}

interface Waiting {
  readonly job: Job
  readonly signal: AbortSignal
  readonly settle: (answer: Answer) => void
}

export function createPool(options: PoolOptions = {}): Pool {
  const { size = Math.max(1, availableParallelism() - 1), queue_max = 256 } = options
  const start = options.start ?? (() => startThread('pool', import.meta.url, null))
  const queue: Waiting[] = []
  const idle: Worker[] = []
  const threads = new Set<Worker>()
  let closed = false

  const next = (): void => {
    const worker = idle.pop() ?? (queue.length > 0 && threads.size < size ? grow() : undefined)
    if (!worker) return
    const waiting = queue.shift()
    if (waiting) perform(worker, waiting)
    else {
      worker.unref()
      idle.push(worker)
    }
  }
  const grow = (): Worker => {
    const worker = start()
    threads.add(worker)
    worker.on('error', () => {})
    worker.once('exit', () => {
      threads.delete(worker)
      const at = idle.indexOf(worker)
      if (at >= 0) idle.splice(at, 1)
      if (!closed) next()
    })
    return worker
  }
  const perform = (worker: Worker, { job, signal, settle }: Waiting): void => {
    worker.ref()
    const finish = (answer: Answer, reusable: boolean): void => {
      signal.removeEventListener('abort', stop)
      worker.off('message', done)
      worker.off('exit', died)
      settle(answer)
      if (!reusable) return void worker.terminate()
      idle.push(worker)
      next()
    }
    const done = (answer: Answer): void => finish(answer, true)
    const died = (): void => finish(failure('unavailable', `the thread that did ${job.capability} ended`, true), false)
    const stop = (): void => finish(failure('cancelled', 'the run was stopped'), false)
    worker.once('message', done)
    worker.once('exit', died)
    signal.addEventListener('abort', stop, { once: true })
    worker.postMessage(job)
  }
  const enqueue = (waiting: Waiting): void => {
    if (closed) return waiting.settle(failure('cancelled', 'the thread pool is closed'))
    if (waiting.signal.aborted) return waiting.settle(failure('cancelled', 'the run was stopped'))
    if (queue.length >= queue_max) return waiting.settle(failure('unavailable', 'the thread pool is busy', true))
    queue.push(waiting)
    waiting.signal.addEventListener('abort', () => leave(waiting), { once: true })
    next()
  }
  const leave = (waiting: Waiting): void => {
    const at = queue.indexOf(waiting)
    if (at < 0) return
    queue.splice(at, 1)
    waiting.settle(failure('cancelled', 'the run was stopped'))
  }
  return {
    run: (job, signal) => new Promise<Answer>((settle) => enqueue({ job, signal, settle })).then(outputOf),
    [Symbol.asyncDispose]: async () => {
      closed = true
      for (const { settle } of queue.splice(0)) settle(failure('cancelled', 'the thread pool is closed'))
      await Promise.all([...threads].map((worker) => worker.terminate()))
    },
  }
}

function outputOf(answer: Answer): Json {
  if (answer.ok) return answer.output
  throw new CapabilityError(answer.code, answer.message, answer.retryable)
}

function failure(code: CapabilityErrorCode, message: string, retryable = false): Answer {
  return { ok: false, code, message, retryable }
}
