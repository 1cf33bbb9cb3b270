import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { Worker } from 'node:worker_threads'
import { build } from 'esbuild'
import { afterEach, describe, expect, it } from 'vitest'
import { createPool, type PoolOptions } from './pool.service.ts'
import type { Pool } from './pool.types.ts'
import { createTools } from './tools.service.ts'

const open: Pool[] = []
function pool(options: PoolOptions = {}): Pool {
  const made = createPool(options)
  open.push(made)
  return made
}
afterEach(async () => {
  for (const one of open.splice(0)) await one[Symbol.asyncDispose]()
})

const never = new AbortController().signal
const job = (text: string) => ({ capability: 'keywords', input: { text, keywords_max: 1 }, artifacts: [] })

/** A thread that says what it was given, dies on `die` and stays silent on `hang`. */
function scripted(): Worker {
  const script = `
    const { parentPort } = require('node:worker_threads')
    parentPort.on('message', ({ input }) => {
      if (input === 'die') process.exit(3)
      if (input !== 'hang') parentPort.postMessage({ ok: true, output: input })
    })
    parentPort.postMessage('ready')`
  return new Worker(script, { eval: true })
}
const say = (input: string) => ({ capability: 'noop', input, artifacts: [] })

describe('the thread pool', () => {
  it('does the work of a capability in a thread, from source', async () => {
    const threads = pool()
    expect(await threads.run(job('The power grid failed.'), never)).toMatchObject({
      keywords: [{ phrase: 'power grid failed' }],
    })
    const wrong = threads.run({ capability: 'keywords', input: {}, artifacts: [] }, never)
    await expect(wrong).rejects.toMatchObject({ code: 'invalid' })
  })

  it('does it from a bundle', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'pool-'))
    try {
      const outfile = join(directory, 'pool.thread.js')
      const entry = join(import.meta.dirname, 'pool.thread.ts')
      await build({ entryPoints: [entry], bundle: true, platform: 'node', format: 'esm', outfile, logLevel: 'error' })
      const threads = pool({ start: () => new Worker(pathToFileURL(outfile)) })
      expect(await threads.run(job('The power grid failed.'), never)).toMatchObject({ keywords: [{ count: 1 }] })
      await threads[Symbol.asyncDispose]()
    } finally {
      await rm(directory, { recursive: true })
    }
  })

  it('large sources go to it, small ones do not', async () => {
    const sent: string[] = []
    const threads: Pool = {
      run: ({ capability }) => Promise.resolve(`${sent.push(capability)}`),
      [Symbol.asyncDispose]: () => Promise.resolve(),
    }
    const read = createTools({ pool: threads }).capabilities.get('read')
    const context = (bytes: Uint8Array) => ({
      signal: never,
      documents: [],
      log: () => {},
      artifact: () => Promise.resolve({ name: 'a.txt', media_type: '', bytes }),
    })
    await read?.run({ artifact_id: 'a' }, context(new Uint8Array(100).fill(97)))
    expect(sent).toEqual([])
    await read?.run({ artifact_id: 'a' }, context(new Uint8Array(100_000).fill(97)))
    expect(sent).toEqual(['read'])
  })

  it('a thread that dies fails the job it had and no other', async () => {
    const threads = pool({ size: 1, start: scripted })
    const jobs = ['one', 'die', 'two'].map((input) => threads.run(say(input), never))
    expect(await Promise.allSettled(jobs)).toMatchObject([
      { value: 'one' },
      { reason: { code: 'unavailable', retryable: true } },
      { value: 'two' },
    ])
  })

  it('ends work that takes too long, and says so', async () => {
    const threads = pool({ size: 1, time_ms: 200, start: scripted })
    const jobs = [threads.run(say('hang'), never), threads.run(say('goes on'), never)]
    expect(await Promise.allSettled(jobs)).toMatchObject([
      { reason: { code: 'timeout', retryable: false } },
      { value: 'goes on' },
    ])
  })

  it('stops what runs and what waits, and the rest goes on', async () => {
    const threads = pool({ size: 1, start: scripted })
    const [running, waiting] = [new AbortController(), new AbortController()]
    const jobs = [
      threads.run(say('hang'), running.signal),
      threads.run(say('waits'), waiting.signal),
      threads.run(say('goes on'), never),
    ]
    waiting.abort()
    running.abort()
    expect(await Promise.allSettled(jobs)).toMatchObject([
      { reason: { code: 'cancelled' } },
      { reason: { code: 'cancelled' } },
      { value: 'goes on' },
    ])
    await expect(threads.run(say('late'), AbortSignal.abort())).rejects.toMatchObject({ code: 'cancelled' })
  })

  it('refuses what its queue cannot hold, and everything once it is closed', async () => {
    const threads = pool({ size: 1, queue_max: 1, start: scripted })
    const running = threads.run(say('hang'), never)
    const waiting = threads.run(say('waits'), never)
    await expect(threads.run(say('too many'), never)).rejects.toMatchObject({ code: 'unavailable', retryable: true })
    const ended = Promise.allSettled([running, waiting])
    await threads[Symbol.asyncDispose]()
    expect(await ended).toMatchObject([{ reason: { code: 'unavailable' } }, { reason: { code: 'cancelled' } }])
    await expect(threads.run(say('late'), never)).rejects.toMatchObject({ code: 'cancelled' })
  })
})
