/** Runs pure capabilities in threads, so that heartbeats and requests go on while a large document is read. */
import type { Worker } from 'node:worker_threads'
import { limits } from '@muster/contract/limits'
import type { Json } from '@muster/contract/values'
import { startThreadWithHeap } from '../../platform/threads/start-thread.ts'
import { createThreadPool, ThreadError } from '../../platform/threads/thread-pool.ts'
import type { Answer, Job, Pool } from './pool.types.ts'
import { CapabilityError } from './tools.port.ts'

export interface PoolOptions {
  /** Threads at most; default one less than there are cores, at least one. */
  readonly size?: number
  /** Jobs that may wait; one more is refused as retryable. */
  readonly queue_max?: number
  /** The longest time of one capability's work. */
  readonly time_ms?: number
  /** Starts a thread; default `pool.thread` beside this file, from source or from the bundle. */
  readonly start?: () => Worker
}

const heap_mb = 1024

export function createPool(options: PoolOptions = {}): Pool {
  const { size, queue_max, time_ms = limits.capability_ms_max } = options
  const start = options.start ?? (() => startThreadWithHeap('pool', import.meta.url, heap_mb))
  const threads = createThreadPool<Job, Answer>({ start, threads_max: size, queue_max })
  return {
    async run(job, signal) {
      try {
        return outputOf(await threads.run(job, { time_ms, signal }))
      } catch (error) {
        throw error instanceof ThreadError ? failureOf(error, { capability: job.capability, time_ms }) : error
      }
    },
    [Symbol.asyncDispose]: () => threads[Symbol.asyncDispose](),
  }
}

function outputOf(answer: Answer): Json {
  if (answer.ok) return answer.output
  throw new CapabilityError(answer.code, answer.message, answer.retryable)
}

function failureOf(
  { reason }: ThreadError,
  { capability, time_ms }: { readonly capability: string; readonly time_ms: number },
): CapabilityError {
  const failures = {
    time: () => new CapabilityError('timeout', `${capability} takes longer than ${time_ms} ms; use a smaller input`),
    memory: () =>
      new CapabilityError('too_large', `${capability} takes more memory than ${heap_mb} MB; use a smaller input`),
    ended: () => new CapabilityError('unavailable', `the thread of ${capability} ended`, true),
    busy: () => new CapabilityError('unavailable', 'the thread pool is busy', true),
    cancelled: () => new CapabilityError('cancelled', 'the run was stopped'),
    closed: () => new CapabilityError('cancelled', 'the thread pool is closed'),
  } as const
  return failures[reason]()
}
