/**
 * Threads for work that burns CPU, so that heartbeats and requests go on while a large document is read. Started when
 * first needed, one job a thread at a time; a thread that dies fails the job it had and nothing else, and stopping a
 * job means ending its thread, since pure work cannot be asked to stop.
 */
import { availableParallelism } from 'node:os'
import type { Worker } from 'node:worker_threads'
import type { Json } from '@muster/contract/values'
import { startThread } from '../../platform/threads.ts'
import type { Answer, Job, Pool } from './pool.types.ts'
import { CapabilityError, type CapabilityErrorCode } from './tools.port.ts'

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
  readonly leave: () => void
}

interface State {
  readonly size: number
  readonly start: () => Worker
  readonly queue: Waiting[]
  readonly idle: Worker[]
  readonly threads: Set<Worker>
  closed: boolean
}

export function createPool(options: PoolOptions = {}): Pool {
  const { size = Math.max(1, availableParallelism() - 1), queue_max = 256 } = options
  const start = options.start ?? (() => startThread('pool', import.meta.url, null))
  const state: State = { size, start, queue: [], idle: [], threads: new Set(), closed: false }
  return {
    run: async (job, signal) => {
      if (state.closed) throw cancelled('the thread pool is closed')
      if (signal.aborted) throw cancelled('the run was stopped')
      if (state.queue.length >= queue_max) throw new CapabilityError('unavailable', 'the thread pool is busy', true)
      return outputOf(await new Promise<Answer>((settle) => enqueue(state, { job, signal, settle })))
    },
    [Symbol.asyncDispose]: async () => {
      state.closed = true
      for (const { settle } of state.queue.splice(0)) settle(stopped('the thread pool is closed'))
      await Promise.all([...state.threads].map((worker) => worker.terminate()))
    },
  }
}

function enqueue(state: State, { job, signal, settle }: Omit<Waiting, 'leave'>): void {
  const leave = (): void => {
    const at = state.queue.findIndex((one) => one.leave === leave)
    if (at >= 0) state.queue.splice(at, 1)
    settle(stopped('the run was stopped'))
  }
  signal.addEventListener('abort', leave, { once: true })
  state.queue.push({ job, signal, settle, leave })
  next(state)
}

/** Gives the first waiting job to an idle thread, or to a new one if there may be one. */
function next(state: State): void {
  if (state.closed || state.queue.length === 0) return
  const worker = state.idle.pop() ?? (state.threads.size < state.size ? grow(state) : undefined)
  const waiting = worker && state.queue.shift()
  if (waiting) perform(state, worker, waiting)
}

function grow(state: State): Worker {
  const worker = state.start()
  state.threads.add(worker)
  // What an error leads to is seen at the exit that follows it; without a listener it would end the process.
  worker.on('error', () => {})
  worker.once('exit', () => {
    state.threads.delete(worker)
    const at = state.idle.indexOf(worker)
    if (at >= 0) state.idle.splice(at, 1)
    next(state)
  })
  return worker
}

function perform(state: State, worker: Worker, { job, signal, settle, leave }: Waiting): void {
  signal.removeEventListener('abort', leave)
  const finish = (answer: Answer): void => {
    signal.removeEventListener('abort', stop)
    worker.off('message', done)
    worker.off('exit', died)
    settle(answer)
  }
  const done = (answer: Answer): void => {
    finish(answer)
    // An idle thread keeps nobody from ending.
    worker.unref()
    state.idle.push(worker)
    next(state)
  }
  const died = (): void => finish(failure('unavailable', `the thread that did ${job.capability} ended`, true))
  const stop = (): void => {
    finish(stopped('the run was stopped'))
    // Its place is free once it has ended, when the exit starts what waits.
    worker.terminate()
  }
  worker.ref()
  worker.once('message', done)
  worker.once('exit', died)
  signal.addEventListener('abort', stop, { once: true })
  worker.postMessage(job)
}

function outputOf(answer: Answer): Json {
  if (answer.ok) return answer.output
  throw new CapabilityError(answer.code, answer.message, answer.retryable)
}

function stopped(message: string): Answer {
  return failure('cancelled', message)
}

function cancelled(message: string): CapabilityError {
  return new CapabilityError('cancelled', message)
}

function failure(code: CapabilityErrorCode, message: string, retryable = false): Answer {
  return { ok: false, code, message, retryable }
}
