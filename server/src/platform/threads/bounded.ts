/** Runs bounded functions: cheap ones at once, others in a thread, where time and heap are limited. */
import { createHash } from 'node:crypto'
import { serialize } from 'node:v8'
import type { BoundedFunction } from '../bounded-function.ts'
import { OutsideWork } from '../db/outside-work.ts'
import { MusterError } from '../errors.ts'
import type { FunctionAnswer, FunctionJob } from './serve-functions.ts'
import { createThreadPool, ThreadError, type ThreadPoolOptions } from './thread-pool.ts'

export interface Bounded {
  /** @throws MusterError `too_costly` where it passes its bounds, `unavailable` where no thread can take it. */
  run<Input, Output>(called: BoundedFunction<Input, Output>, input: Input, signal?: AbortSignal): Promise<Output>
  /**
   * The same inside a transaction, which may wait for its database only. @throws OutsideWork where it is not cheap and
   * its output is not there yet: `transact` runs it and begins anew.
   */
  inTransaction<Input, Output>(called: BoundedFunction<Input, Output>, input: Input): Output
}

/** An eighth of the longest time that the main thread may be busy. */
const inline_ms_max = 12
const retry_after_ms = 1000

type Settled = { readonly output: unknown } | { readonly error: MusterError }

export function createBounded(options: ThreadPoolOptions): Bounded & AsyncDisposable {
  const pool = createThreadPool<FunctionJob, FunctionAnswer>(options)
  const outputs = new Map<string, Settled>()

  const run: Bounded['run'] = async (called, input, signal) => {
    if (called.estimateMs(input) <= inline_ms_max) return called.run(input)
    try {
      const moved = called.inputBytes?.(input) ?? []
      const answer = await pool.run({ name: called.name, input }, { time_ms: called.time_ms, signal, moved })
      if (!answer.ok) throw new Error(`${called.name}: ${answer.message}`)
      // The thread has run the function of this name.
      return answer.output as ReturnType<typeof called.run>
    } catch (error) {
      throw error instanceof ThreadError ? failureOf(called, error) : error
    }
  }

  const keep = async (key: string, output: Promise<unknown>): Promise<void> => {
    try {
      outputs.set(key, { output: await output })
    } catch (error) {
      if (!(error instanceof MusterError) || error.code !== 'too_costly') throw error
      outputs.set(key, { error })
    }
  }

  return {
    run,
    inTransaction(called, input) {
      if (called.estimateMs(input) <= inline_ms_max) return called.run(input)
      const identity = serialize(called.identityOf ? called.identityOf(input) : input)
      const key = `${called.name} ${createHash('sha256').update(identity).digest('base64')}`
      const settled = outputs.get(key)
      if (settled === undefined)
        throw new OutsideWork({ run: () => keep(key, run(called, input)), forget: () => outputs.delete(key) })
      if ('error' in settled) throw settled.error
      return settled.output as ReturnType<typeof called.run>
    },
    [Symbol.asyncDispose]: () => pool[Symbol.asyncDispose](),
  }
}

type Described = Pick<BoundedFunction<never, unknown>, 'subject' | 'remedy' | 'time_ms'>

function failureOf({ subject, remedy, time_ms }: Described, { reason }: ThreadError): Error {
  if (reason === 'time')
    return new MusterError('too_costly', `${subject} takes longer than ${time_ms} ms to evaluate.`, {
      limit: time_ms,
      remedy,
    })
  if (reason === 'memory')
    return new MusterError('too_costly', `${subject} needs too much memory to evaluate.`, { remedy })
  const message = reason === 'busy' ? 'The server is busy' : 'The evaluation was interrupted'
  return new MusterError('unavailable', `${message}. Nothing was changed. Try again.`, { retry_after_ms })
}
