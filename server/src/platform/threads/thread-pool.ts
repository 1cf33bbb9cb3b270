/**
 * A pool of threads for long work, so that the main thread answers meanwhile (`ThreadPool`). A thread starts when one
 * is needed, does one job at a time, and ends when it has had nothing to do for a while. A job is stopped by ending its
 * thread, since pure work cannot be asked to stop; a thread that dies fails its own job only, and the next job starts
 * another.
 */
import { availableParallelism } from 'node:os'
import type { Worker } from 'node:worker_threads'

export interface ThreadPoolOptions {
  /** Starts a thread whose entry calls `serveJobs`. */
  start(): Worker
  /** Default one less than there are cores, at least one. */
  readonly threads_max?: number | undefined
  /** Jobs that may wait for a thread; one more is refused. */
  readonly queue_max?: number | undefined
  readonly idle_ms?: number
}

export interface JobBounds {
  /** The longest time of the job itself, without the start of a thread and the wait for one. */
  readonly time_ms?: number
  readonly signal?: AbortSignal | undefined
  /** Bytes of the job that are moved instead of copied. */
  readonly transferList?: readonly ArrayBuffer[]
}

export interface ThreadPool<Job, Answer> extends AsyncDisposable {
  /** @throws ThreadError */
  run(job: Job, bounds: JobBounds): Promise<Answer>
}

/** Why a job has no answer. `memory`: its thread's heap was full. `ended`: its thread died of something else. */
export type NoAnswer = 'time' | 'memory' | 'ended' | 'busy' | 'cancelled' | 'closed'

export class ThreadError extends Error {
  override readonly name = 'ThreadError'
  readonly reason: NoAnswer

  constructor(reason: NoAnswer) {
    super(`a job in a thread has no answer: ${reason}`)
    this.reason = reason
  }
}

/** A thread's first message, once it can take jobs. */
export const ready_message = 'ready'

const queue_max_default = 256
const idle_ms_default = 60_000
/** From source a thread compiles its imports, which takes long on a busy machine. */
const start_ms_max = 120_000

interface WaitingJob<Job, Answer> {
  readonly job: Job
  readonly bounds: JobBounds
  resolve(answer: Answer): void
  reject(reason: NoAnswer): void
}

interface Thread<Job, Answer> {
  readonly worker: Worker
  is_ready: boolean
  /** The outcome of its job if the thread ends. */
  end: NoAnswer
  current: WaitingJob<Job, Answer> | undefined
  timer: NodeJS.Timeout | undefined
}

interface State<Job, Answer> {
  readonly options: { readonly [Option in keyof ThreadPoolOptions]-?: NonNullable<ThreadPoolOptions[Option]> }
  readonly queue: WaitingJob<Job, Answer>[]
  readonly threads: Set<Thread<Job, Answer>>
  is_closed: boolean
}

export function createThreadPool<Job, Answer>(poolOptions: ThreadPoolOptions): ThreadPool<Job, Answer> {
  const {
    threads_max = Math.max(1, availableParallelism() - 1),
    queue_max = queue_max_default,
    idle_ms = idle_ms_default,
  } = poolOptions
  const options = { start: poolOptions.start, threads_max, queue_max, idle_ms }
  const state: State<Job, Answer> = { options, queue: [], threads: new Set(), is_closed: false }
  return {
    run: (job, bounds) => run(state, job, bounds),
    async [Symbol.asyncDispose]() {
      state.is_closed = true
      for (const waitingJob of state.queue.splice(0)) waitingJob.reject('closed')
      await Promise.all([...state.threads].map(({ worker }) => worker.terminate()))
    },
  }
}

async function run<Job, Answer>(state: State<Job, Answer>, job: Job, bounds: JobBounds): Promise<Answer> {
  const { signal } = bounds
  if (state.is_closed) throw new ThreadError('closed')
  if (signal?.aborted) throw new ThreadError('cancelled')
  if (state.queue.length >= state.options.queue_max) throw new ThreadError('busy')
  return new Promise<Answer>((resolve, reject) => {
    const finish = (): void => signal?.removeEventListener('abort', cancel)
    const waitingJob: WaitingJob<Job, Answer> = {
      job,
      bounds,
      resolve(answer) {
        finish()
        resolve(answer)
      },
      reject(reason) {
        finish()
        reject(new ThreadError(reason))
      },
    }
    const cancel = (): void => stop(state, waitingJob)
    signal?.addEventListener('abort', cancel, { once: true })
    state.queue.push(waitingJob)
    next(state)
  })
}

/** Cancels a waiting job, or ends the thread that runs it. */
function stop<Job, Answer>(state: State<Job, Answer>, waitingJob: WaitingJob<Job, Answer>): void {
  const at = state.queue.indexOf(waitingJob)
  if (at >= 0) state.queue.splice(at, 1)
  else for (const thread of state.threads) if (thread.current === waitingJob) end(thread, 'cancelled')
  waitingJob.reject('cancelled')
}

/** Gives the first waiting job to an idle thread, or to a new one if there may be one. */
function next<Job, Answer>(state: State<Job, Answer>): void {
  if (state.is_closed || state.queue.length === 0) return
  const thread = idleThread(state) ?? (state.threads.size < state.options.threads_max ? grow(state) : undefined)
  const waitingJob = thread && state.queue.shift()
  if (!waitingJob) return
  clearTimeout(thread.timer)
  thread.current = waitingJob
  thread.worker.ref()
  if (thread.is_ready) startClock(thread)
  else thread.timer = setTimeout(() => end(thread, 'ended'), start_ms_max)
  thread.worker.postMessage(waitingJob.job, waitingJob.bounds.transferList ?? [])
}

function idleThread<Job, Answer>(state: State<Job, Answer>): Thread<Job, Answer> | undefined {
  for (const thread of state.threads) if (!thread.current && thread.end === 'ended') return thread
  return undefined
}

function grow<Job, Answer>(state: State<Job, Answer>): Thread<Job, Answer> {
  const worker = state.options.start()
  const thread: Thread<Job, Answer> = { worker, is_ready: false, end: 'ended', current: undefined, timer: undefined }
  state.threads.add(thread)
  worker.on('message', (message: unknown) => {
    if (message === ready_message) becomeReady(thread)
    // The entry of the thread answers with nothing else.
    else handleAnswer(state, thread, message as Answer)
  })
  // Without a listener the error would end the process; the exit event follows and handles it.
  worker.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'ERR_WORKER_OUT_OF_MEMORY') thread.end = 'memory'
  })
  worker.once('exit', () => {
    clearTimeout(thread.timer)
    state.threads.delete(thread)
    thread.current?.reject(thread.end)
    next(state)
  })
  return thread
}

function becomeReady<Job, Answer>(thread: Thread<Job, Answer>): void {
  thread.is_ready = true
  if (!thread.current) return
  clearTimeout(thread.timer)
  startClock(thread)
}

function startClock<Job, Answer>(thread: Thread<Job, Answer>): void {
  const time_ms = thread.current?.bounds.time_ms
  if (time_ms !== undefined) thread.timer = setTimeout(() => end(thread, 'time'), time_ms)
}

function handleAnswer<Job, Answer>(state: State<Job, Answer>, thread: Thread<Job, Answer>, answer: Answer): void {
  clearTimeout(thread.timer)
  thread.current?.resolve(answer)
  thread.current = undefined
  // An idle thread does not keep the process alive, nor its memory for ever.
  thread.worker.unref()
  thread.timer = setTimeout(() => end(thread, 'closed'), state.options.idle_ms).unref()
  next(state)
}

/**
 * Its job fails at once, since code that cannot be interrupted may keep the thread alive for a while; its place is free
 * after the exit, which starts the next job.
 */
function end<Job, Answer>(thread: Thread<Job, Answer>, reason: NoAnswer): void {
  clearTimeout(thread.timer)
  thread.end = reason
  thread.current?.reject(reason)
  thread.current = undefined
  thread.worker.terminate()
}
