/** Runs bounded functions: cheap ones at once, others in a thread, where time and heap are limited. */
import { createHash } from 'node:crypto'
import { serialize } from 'node:v8'
import { MusterError } from '../errors.ts'
import type { BoundedFunction } from './bounded-function.ts'
import { OutsideWork } from './outside-work.ts'
import type { FunctionAnswer, FunctionJob } from './serve-functions.ts'
import { createThreadPool, ThreadError, type ThreadPoolOptions } from './thread-pool.ts'

export interface Bounded {
  /** @throws MusterError `too_costly` where it passes its bounds, `unavailable` where no thread can take it. */
  run<Input, Output>(
    boundedFunction: BoundedFunction<Input, Output>,
    input: Input,
    signal?: AbortSignal,
  ): Promise<Output>
  /**
   * The same inside a transaction, which may wait for its database only. @throws OutsideWork where it is not cheap and
   * its output is not there yet: `transact` runs it and begins anew.
   */
  inTransaction<Input, Output>(boundedFunction: BoundedFunction<Input, Output>, input: Input): Output
}

/** An eighth of the longest time that the main thread may be busy. */
const inline_ms_max = 12
const retry_after_ms = 1000

type JobOutput = { readonly output: unknown } | { readonly error: MusterError }

export function createBounded(options: ThreadPoolOptions): Bounded & AsyncDisposable {
  const pool = createThreadPool<FunctionJob, FunctionAnswer>(options)
  const outputs = new Map<string, JobOutput>()

  const run: Bounded['run'] = async (boundedFunction, input, signal) => {
    if (boundedFunction.estimateMs(input) <= inline_ms_max) return boundedFunction.run(input)
    try {
      const transferList = boundedFunction.inputBytes?.(input) ?? []
      const answer = await pool.run(
        { name: boundedFunction.name, input },
        { time_ms: boundedFunction.time_ms, signal, transferList },
      )
      if (!answer.ok) throw new Error(`${boundedFunction.name}: ${answer.message}`)
      // The thread has run the function of this name.
      return answer.output as ReturnType<typeof boundedFunction.run>
    } catch (error) {
      throw error instanceof ThreadError ? failureOf(boundedFunction, error) : error
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
    inTransaction(boundedFunction, input) {
      if (boundedFunction.estimateMs(input) <= inline_ms_max) return boundedFunction.run(input)
      const identity = serialize(boundedFunction.identityOf ? boundedFunction.identityOf(input) : input)
      const key = `${boundedFunction.name} ${createHash('sha256').update(identity).digest('base64')}`
      const cachedOutput = outputs.get(key)
      if (cachedOutput === undefined)
        throw new OutsideWork({ run: () => keep(key, run(boundedFunction, input)), forget: () => outputs.delete(key) })
      if ('error' in cachedOutput) throw cachedOutput.error
      return cachedOutput.output as ReturnType<typeof boundedFunction.run>
    },
    [Symbol.asyncDispose]: () => pool[Symbol.asyncDispose](),
  }
}

type FunctionLimits = Pick<BoundedFunction<never, unknown>, 'subject' | 'remedy' | 'time_ms'>

function failureOf({ subject, remedy, time_ms }: FunctionLimits, { reason }: ThreadError): Error {
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
