import { Worker } from 'node:worker_threads'
import { afterEach, describe, expect, it } from 'vitest'
import { createBounded } from './bounded.ts'
import { boundedFunction } from './bounded-function.ts'
import { withOutsideWork } from './outside-work.ts'
import type { ThreadPoolOptions } from './thread-pool.ts'

const open: AsyncDisposable[] = []
afterEach(async () => {
  for (const one of open.splice(0)) await one[Symbol.asyncDispose]()
})

/** A thread that gives back what it is asked, spins on `spin`, fills its heap on `fill` and dies on `die`. */
function scripted(): Worker {
  const script = `
    const { parentPort } = require('node:worker_threads')
    parentPort.on('message', ({ input }) => {
      if (input === 'die') process.exit(3)
      const kept = []
      while (input === 'spin' || input === 'fill') if (input === 'fill') kept.push(new Array(1000).fill(kept.length))
      parentPort.postMessage(input === 'throw' ? { ok: false, message: 'a mistake' } : { ok: true, output: input })
    })
    parentPort.postMessage('ready')`
  return new Worker(script, { eval: true, resourceLimits: { maxOldGenerationSizeMb: 32 } })
}

function bounded(options: Partial<ThreadPoolOptions> = {}) {
  const made = createBounded({ start: scripted, threads_max: 1, ...options })
  open.push(made)
  return made
}

const costly = boundedFunction({
  name: 'test.costly',
  subject: 'The test',
  remedy: 'Ask for less.',
  time_ms: 300,
  estimateMs: (input: string) => (input === 'cheap' ? 0 : Number.POSITIVE_INFINITY),
  run: (input) => `${input}, at once`,
})

describe('bounded functions', () => {
  it('run at once where that is cheap, else in a thread', async () => {
    const { run } = bounded()
    expect(await run(costly, 'cheap')).toBe('cheap, at once')
    expect(await run(costly, 'dear')).toBe('dear')
  })

  it.each([
    ['spin', { code: 'too_costly', detail: { limit: 300, remedy: 'Ask for less.' } }],
    ['fill', { code: 'too_costly', detail: { remedy: 'Ask for less.' } }],
    ['die', { code: 'unavailable' }],
    ['throw', { message: 'test.costly: a mistake' }],
  ])('%s fails alone, and the next one finds a thread', async (input, failure) => {
    const { run } = bounded()
    const [failed, next] = await Promise.allSettled([run(costly, input), run(costly, 'next')])
    expect(failed).toMatchObject({ status: 'rejected', reason: failure })
    expect(next).toEqual({ status: 'fulfilled', value: 'next' })
  })

  it('are refused where too many wait', async () => {
    const { run } = bounded({ queue_max: 1 })
    const running = Promise.allSettled([run(costly, 'spin'), run(costly, 'waits')])
    await expect(run(costly, 'too many')).rejects.toMatchObject({ code: 'unavailable' })
    expect(await running).toMatchObject([{ status: 'rejected' }, { value: 'waits' }])
  })

  it('end their thread when it has had nothing to do for a while', async () => {
    const exits: Promise<unknown>[] = []
    const start = () => {
      const worker = scripted()
      exits.push(new Promise((resolve) => worker.once('exit', resolve)))
      return worker
    }
    const { run } = bounded({ start, idle_ms: 1 })
    await run(costly, 'one')
    await exits[0]
    expect(await run(costly, 'two')).toBe('two')
    expect(exits).toHaveLength(2)
  })

  it('inside a transaction are done between two tries of it, and remembered as long as these', async () => {
    const { inTransaction } = bounded()
    const attempts: string[] = []
    const transaction = async () => {
      attempts.push('begun')
      return [inTransaction(costly, 'cheap'), inTransaction(costly, 'one'), inTransaction(costly, 'other')]
    }
    expect(await withOutsideWork(transaction)).toEqual(['cheap, at once', 'one', 'other'])
    expect(attempts).toHaveLength(3)
    expect(() => inTransaction(costly, 'one')).toThrow('outside of the transaction')
  })

  it('inside a transaction fail in it, where they take too long', async () => {
    const { inTransaction } = bounded()
    const transaction = async () => {
      try {
        return inTransaction(costly, 'spin')
      } catch (error) {
        if ((error as { code?: string }).code !== 'too_costly') throw error
        return 'told'
      }
    }
    expect(await withOutsideWork(transaction)).toBe('told')
  })
})
