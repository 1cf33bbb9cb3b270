import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { testDatabase } from '../../../test/database.ts'
import type { EngineTx } from '../db/db.ts'
import { fragment, type Sql } from '../db/sql.ts'
import { MusterError } from '../errors.ts'
import { newId } from '../ids.ts'
import { silent_log } from '../log.ts'
import { createMetrics } from '../metrics.ts'
import { deadJobsCheck, deadJobsRetention, registerJobsGauge } from './dead-jobs.ts'
import type { JobKind, LeasedJob } from './job-kind.ts'
import { jobLeases } from './job-leases.ts'
import { jobQueue } from './job-queue.ts'
import { createJobWorker, type JobHandler } from './job-worker.ts'

const database = await testDatabase()
const { db, engine, clock } = database

interface Numbered {
  readonly [field: string]: number
  readonly n: number
}
const second_ms = 1000
let kinds = 0

/** A kind of its own for each test: they share a database. */
function kindOf(more: Partial<JobKind<Numbered>> = {}): JobKind<Numbered> {
  kinds += 1
  return {
    name: `test.kind_${kinds}`,
    payload: z.object({ n: z.number() }),
    lease_ms: 60 * second_ms,
    at_once_max: 4,
    attempts_max: 3,
    backoff_ms: [5 * second_ms, 20 * second_ms],
    ...more,
  }
}

async function put(kind: JobKind<Numbered>, count: number): Promise<string> {
  const organization_id = newId()
  await db.transact({ organization_id }, (tx) =>
    jobQueue.put(
      tx,
      kind,
      Array.from({ length: count }, (_, n) => ({ organization_id, key: `k${n}`, project_id: null, payload: { n } })),
    ),
  )
  return organization_id
}

const rowsOf = (kind: JobKind<Numbered>) =>
  database.sql(
    'select key, payload, attempts, leases_lost, last_error, dead_at, abandoned from jobs where kind = $1 order by key',
    [kind.name],
  )

const complete = (kind: JobKind<Numbered>, job: LeasedJob<Numbered>) =>
  engine.transact((tx) => jobQueue.complete(tx, kind, job))

/** A worker that notes which jobs it did. */
function worker(kind: JobKind<Numbered>, more: Partial<JobHandler<Numbered>> = {}) {
  const done: number[] = []
  const { job, clampTimes } = createJobWorker({ engine, log: silent_log }, kind, {
    async run(leased) {
      const payload = await complete(kind, leased)
      if (payload) done.push(payload.n)
    },
    ...more,
  })
  return {
    done,
    clampTimes,
    work: (signal?: AbortSignal) => job.run(signal),
    dueIn: () => engine.transact((tx) => job.dueIn?.(tx) ?? Promise.resolve(null)),
  }
}

describe('jobs', () => {
  it('are done once each, however many workers there are', async () => {
    const kind = kindOf()
    await put(kind, 40)
    const workers = Array.from({ length: 4 }, () => worker(kind))
    await Promise.all(workers.map(({ work }) => work()))
    const done = workers.flatMap((one) => one.done)
    expect(done.sort((a, b) => a - b)).toEqual(Array.from({ length: 40 }, (_, n) => n))
    expect(await rowsOf(kind)).toEqual([])
  })

  it('are never claimed twice at the same time', async () => {
    const kind = kindOf()
    await put(kind, 30)
    const claims = await Promise.all(
      Array.from({ length: 6 }, () => engine.transact((tx) => jobLeases.claim(tx, kind, { max: 10 }))),
    )
    const keys = claims.flat().map(({ key }) => key)
    expect(new Set(keys).size).toBe(keys.length)
    expect(new Set(claims.flat().map(({ lease_token }) => lease_token)).size).toBe(keys.length)
  })

  it('stand once a key, with what was put first', async () => {
    const kind = kindOf()
    const organization_id = await put(kind, 1)
    const again = { organization_id, key: 'k0', project_id: null, payload: { n: 7 } }
    await db.transact({ organization_id }, (tx) => jobQueue.put(tx, kind, [again]))
    const { work, done } = worker(kind)
    await work()
    expect(done).toEqual([0])
  })

  it('wait where their kind says so, and are not due', async () => {
    const kind = kindOf({ may_run: fragment`j.key <> 'k0'` })
    await put(kind, 2)
    const { work, done, dueIn } = worker(kind)
    await work()
    expect(done).toEqual([1])
    expect(await dueIn()).toBeNull()
  })

  it('are changed and dropped while they run, and the late result is refused', async () => {
    const kind = kindOf()
    const organization_id = await put(kind, 2)
    const results: unknown[] = []
    const { work } = worker(kind, {
      async run(job) {
        const ref = { organization_id, key: job.key }
        await engine.transact((tx) =>
          job.key === 'k0' ? jobQueue.drop(tx, kind, ref) : jobQueue.amend(tx, kind, { ...ref, payload: { n: 9 } }),
        )
        results.push(await complete(kind, job))
      },
    })
    await work()
    expect(results).toContain(undefined)
    expect(results).toContainEqual({ n: 9 })
  })

  it('that were dropped and put again are not ended by the lease of before', async () => {
    const kind = kindOf()
    const organization_id = await put(kind, 1)
    const [before] = await engine.transact((tx) => jobLeases.claim(tx, kind, { max: 1 }))
    await engine.transact((tx) => jobQueue.drop(tx, kind, { organization_id, key: 'k0' }))
    const again = { organization_id, key: 'k0', project_id: null, payload: { n: 1 } }
    await engine.transact((tx) => jobQueue.put(tx, kind, [again]))
    const [now] = await engine.transact((tx) => jobLeases.claim(tx, kind, { max: 1 }))
    if (!before || !now) throw new Error('there is nothing to claim')
    expect(await complete(kind, { ...before, payload: { n: 0 } })).toBeUndefined()
    expect(await complete(kind, { ...now, payload: { n: 1 } })).toEqual({ n: 1 })
  })

  it('of one organization are not seen by another', async () => {
    const kind = kindOf()
    const organization_id = await put(kind, 1)
    await db.transact({ organization_id: newId() }, (tx) => jobQueue.drop(tx, kind, { organization_id, key: 'k0' }))
    expect(await rowsOf(kind)).toHaveLength(1)
  })
})

describe('a process that dies with a job', () => {
  it('leaves it to another once the lease has ended, and comes back late to nothing', async () => {
    const kind = kindOf()
    await put(kind, 1)
    const [lost] = await engine.transact((tx) => jobLeases.claim(tx, kind, { max: 1 }))
    const { work, done } = worker(kind)
    await work()
    expect(done).toEqual([])
    await clock.advance(kind.lease_ms + 1)
    await work()
    expect(done).toEqual([0])
    if (!lost) throw new Error('there was nothing to claim')
    expect(await complete(kind, { ...lost, payload: { n: 0 } })).toBeUndefined()
    expect(await engine.transact((tx) => jobLeases.renew(tx, kind, lost))).toBe(false)
  })

  it('again and again is what the job does: it is given up, and others are done', async () => {
    const kind = kindOf()
    await put(kind, 1)
    for (let deaths = 0; deaths < 5; deaths += 1) {
      await engine.transact((tx) => jobLeases.claim(tx, kind, { max: 1 }))
      await clock.advance(kind.lease_ms + 1)
    }
    await put(kind, 2)
    const { work, done } = worker(kind)
    await work()
    expect(done.sort()).toEqual([0, 1])
    const [dead] = (await rowsOf(kind)).filter(({ dead_at }) => dead_at !== null)
    expect(dead).toMatchObject({
      key: 'k0',
      leases_lost: 5,
      last_error: expect.stringContaining('lease was lost 5 times'),
    })
  })

  it('keeps its lease while it lives, by renewing it', async () => {
    const kind = kindOf()
    await put(kind, 1)
    const [job] = await engine.transact((tx) => jobLeases.claim(tx, kind, { max: 1 }))
    if (!job) throw new Error('there is nothing to claim')
    for (let renewals = 0; renewals < 3; renewals += 1) {
      await clock.advance(kind.lease_ms - second_ms)
      expect(await engine.transact((tx) => jobLeases.renew(tx, kind, job))).toBe(true)
    }
    expect(await engine.transact((tx) => jobLeases.claim(tx, kind, { max: 1 }))).toEqual([])
  })
})

describe('a lease that is lost', () => {
  it('breaks the work off, which changes nothing any more', async () => {
    const kind = kindOf({ lease_ms: 60 })
    const organization_id = await put(kind, 1)
    let brokeOff = false
    const { work } = worker(kind, {
      async run({ key }, signal) {
        await engine.transact((tx) => jobQueue.drop(tx, kind, { organization_id, key }))
        await new Promise((resolve) => signal.addEventListener('abort', resolve))
        brokeOff = true
        signal.throwIfAborted()
      },
    })
    await work()
    expect(brokeOff).toBe(true)
    expect(await rowsOf(kind)).toEqual([])
  })
})

describe('a process that stops', () => {
  it('gives its jobs back, which counts as no attempt', async () => {
    const kind = kindOf()
    await put(kind, 1)
    const stopping = new AbortController()
    const { work } = worker(kind, {
      async run(_job, signal) {
        stopping.abort()
        signal.throwIfAborted()
      },
    })
    await work(stopping.signal)
    expect(await rowsOf(kind)).toMatchObject([{ attempts: 0, leases_lost: 0, dead_at: null }])
    const next = worker(kind)
    await next.work()
    expect(next.done).toEqual([0])
  })
})

describe('a job that fails', () => {
  it('comes back after 5 and 20 seconds, and is dead after the third attempt, with the reason', async () => {
    const kind = kindOf()
    await put(kind, 1)
    const given_up: unknown[] = []
    let attempts = 0
    const { work, dueIn } = worker(kind, {
      async run() {
        attempts += 1
        throw new MusterError('unavailable', 'The provider is away.')
      },
      async giveUp(_tx: EngineTx, { job, error, bury }) {
        if (await bury()) given_up.push([job.payload?.n, error instanceof MusterError && error.code])
      },
    })
    for (const wait_ms of [5, 20]) {
      await work()
      await clock.advance(wait_ms * second_ms - second_ms)
      await work()
      const before = attempts
      await clock.advance(second_ms)
      await work()
      expect(attempts).toBe(before + 1)
    }
    expect(attempts).toBe(3)
    expect(given_up).toEqual([[0, 'unavailable']])
    expect(await rowsOf(kind)).toMatchObject([
      { attempts: 3, last_error: 'unavailable: The provider is away.', dead_at: expect.anything() },
    ])
    expect(await dueIn()).toBeNull()
    await clock.advance(3_600_000)
    await work()
    expect(attempts).toBe(3)
  })

  it('for the last time ends its subject in one transaction with itself, or not at all', async () => {
    const kind = kindOf({ attempts_max: 1 })
    await put(kind, 1)
    let fails = true
    let runs = 0
    const { work } = worker(kind, {
      run() {
        runs += 1
        return Promise.reject(new Error('broken'))
      },
      async giveUp(_tx, { bury }) {
        await bury()
        if (fails) throw new Error('the subject cannot be written')
      },
    })
    await work()
    expect(await rowsOf(kind)).toMatchObject([{ dead_at: null, attempts: 1 }])
    fails = false
    await clock.advance(3_600_000)
    await work()
    expect(await rowsOf(kind)).toMatchObject([{ dead_at: expect.anything() }])
    // Giving up was tried again, the work was not.
    expect(runs).toBe(1)
  })

  it('holds no other up, nor does a payload that is not one of its kind', async () => {
    const kind = kindOf({ attempts_max: 1 })
    await put(kind, 6)
    await database.sql(`update jobs set payload = '{"n": "poison"}' where kind = $1 and key = 'k1'`, [kind.name])
    const done: number[] = []
    const { work } = worker(kind, {
      async run(job) {
        if (job.payload.n === 3) throw new Error('three')
        if (await complete(kind, job)) done.push(job.payload.n)
      },
    })
    await work()
    expect(done.sort()).toEqual([0, 2, 4, 5])
    expect(await rowsOf(kind)).toMatchObject([
      { key: 'k1', last_error: expect.stringContaining('internal: '), dead_at: expect.anything() },
      { key: 'k3', last_error: 'internal: three', dead_at: expect.anything() },
    ])
  })

  it('and is put again is a new one', async () => {
    const kind = kindOf({ attempts_max: 1 })
    const organization_id = await put(kind, 1)
    const failing = worker(kind, { run: () => Promise.reject(new Error('broken')) })
    await failing.work()
    const again = { organization_id, key: 'k0', project_id: null, payload: { n: 5 } }
    await db.transact({ organization_id }, (tx) => jobQueue.put(tx, kind, [again]))
    expect(await rowsOf(kind)).toMatchObject([{ attempts: 0, last_error: null, dead_at: null }])
    const { work, done } = worker(kind)
    await work()
    expect(done).toEqual([5])
  })
})

describe('a dead job', () => {
  it('shows in metrics and health, there by its code alone, and goes after two weeks, however often one removes', async () => {
    const kind = kindOf({ attempts_max: 1 })
    await put(kind, 1)
    const { work } = worker(kind, {
      run: () => Promise.reject(new MusterError('unavailable', 'A secret of a tenant.')),
    })
    await work()
    const metrics = createMetrics({ process: false })
    registerJobsGauge(metrics, { engine })
    expect(await metrics.text()).toContain(`muster_jobs{kind="${kind.name}",state="dead"} 1`)
    const finding = await deadJobsCheck({ engine }).check({ thorough: true })
    expect(finding).toMatchObject({ status: 'degraded', facts: { [kind.name]: 1 } })
    expect(JSON.stringify(finding)).not.toContain('secret')
    const remove = deadJobsRetention({ engine })
    await remove.run()
    expect(await rowsOf(kind)).toHaveLength(1)
    await clock.advance(25 * 3_600_000)
    expect(await deadJobsCheck({ engine }).check({ thorough: true })).toEqual({ status: 'ok' })
    await clock.advance(14 * 24 * 3_600_000)
    await Promise.all([remove.run(), remove.run()])
    expect(await rowsOf(kind)).toEqual([])
  })
})

describe('a job that died of what its organization has set up', () => {
  it('shows in metrics, and leaves health as it is', async () => {
    const failures = [
      new MusterError('provider_failed', 'No provider could respond.'),
      new MusterError('invalid', 'No.'),
    ]
    for (const failure of failures) {
      const kind = kindOf({ attempts_max: 1 })
      await put(kind, 1)
      await worker(kind, { run: () => Promise.reject(failure) }).work()
      const metrics = createMetrics({ process: false })
      registerJobsGauge(metrics, { engine })
      expect(await metrics.text()).toContain(`muster_jobs{kind="${kind.name}",state="dead"} 1`)
      const { facts = {} } = await deadJobsCheck({ engine }).check({ thorough: true })
      expect(facts).not.toHaveProperty([kind.name])
    }
  })

  it('is told apart by its code: that of another version is the installation’s', async () => {
    const kind = kindOf()
    await put(kind, 1)
    await database.sql("update jobs set dead_at = muster_now(), last_error = 'unheard_of: what' where kind = $1", [
      kind.name,
    ])
    expect(await deadJobsCheck({ engine }).check({ thorough: true })).toMatchObject({
      status: 'degraded',
      facts: { [kind.name]: 1 },
    })
  })
})

describe('a job that cannot be given up', () => {
  it('is tried five times, then it is dead without its handler, which is logged and counted', async () => {
    const kind = kindOf({ attempts_max: 1 })
    await put(kind, 2)
    let runs = 0
    let give_ups = 0
    const logged: string[] = []
    const log = { warn: () => {}, error: (_fields: object, message: string) => void logged.push(message) }
    const { job } = createJobWorker({ engine, log }, kind, {
      async run(leased) {
        runs += 1
        if (leased.key === 'k1') await complete(kind, leased)
        else throw new Error('broken')
      },
      giveUp() {
        give_ups += 1
        return Promise.reject(new Error('the subject cannot be written'))
      },
    })
    for (let hours = 0; hours < 10; hours += 1) {
      await job.run()
      await clock.advance(3_600_000)
    }
    expect([runs, give_ups]).toEqual([2, 5])
    expect(await rowsOf(kind)).toMatchObject([
      { key: 'k0', abandoned: true, dead_at: expect.anything(), last_error: expect.stringContaining('internal: ') },
    ])
    expect(logged.filter((message) => message.includes('it is dead without its handler'))).toHaveLength(1)
    const metrics = createMetrics({ process: false })
    registerJobsGauge(metrics, { engine })
    expect(await metrics.text()).toContain(`muster_jobs{kind="${kind.name}",state="abandoned"} 1`)
    expect(await deadJobsCheck({ engine }).check({ thorough: true })).toMatchObject({ facts: { [kind.name]: 1 } })
  })

  it('because that ends its process is made a dead one as well', async () => {
    const kind = kindOf()
    await put(kind, 1)
    for (let deaths = 0; deaths < 10; deaths += 1) {
      await engine.transact((tx) => jobLeases.claim(tx, kind, { max: 1 }))
      await clock.advance(kind.lease_ms + 1)
    }
    const { work } = worker(kind, { giveUp: () => Promise.reject(new Error('never asked')) })
    await work()
    expect(await rowsOf(kind)).toMatchObject([{ abandoned: true, leases_lost: 10 }])
  })
})

describe('a payload that is none of its kind', () => {
  it('is given up like a failed job, by its key', async () => {
    const kind = kindOf()
    await put(kind, 1)
    await database.sql(`update jobs set payload = '{"n": "poison"}' where kind = $1`, [kind.name])
    const given_up: unknown[] = []
    const { work, done } = worker(kind, {
      async giveUp(_tx, { job, bury }) {
        if (await bury()) given_up.push([job.key, job.payload])
      },
    })
    await work()
    expect([done, given_up]).toEqual([[], [['k0', undefined]]])
    expect(await rowsOf(kind)).toMatchObject([{ dead_at: expect.anything(), abandoned: false }])
  })
})

describe('organizations', () => {
  it('take turns: ten thousand jobs of one hold that of another up by one', async () => {
    const kind = kindOf({ at_once_max: 1 })
    const many = await put(kind, 10_000)
    const few = await put(kind, 1)
    const served: string[] = []
    const enough = new AbortController()
    const { work } = worker(kind, {
      async run(job) {
        await complete(kind, job)
        served.push(job.organization_id)
        if (served.length === 4) enough.abort()
      },
    })
    await work(enough.signal)
    expect(served).toEqual([many, few, many, many])
  })

  it('have one job each before any has a second one, from the one behind the last that was served', async () => {
    const kind = kindOf()
    const [first, second, third] = [await put(kind, 3), await put(kind, 3), await put(kind, 1)]
    const claim = (max: number, last_served?: string) =>
      engine.transact(async (tx) =>
        (await jobLeases.claim(tx, kind, { max, last_served })).map(({ organization_id }) => organization_id),
      )
    expect(await claim(2)).toEqual([first, second])
    expect(await claim(4, second)).toEqual([third, first, second, first])
    expect(await claim(4, first)).toEqual([second])
    expect(await claim(4)).toEqual([])
  })

  it('are found by index, whatever one of them has waiting, running or dead', async () => {
    const kind = kindOf()
    const many = await put(kind, 10_000)
    await put(kind, 1)
    await database.sql(
      `update jobs set dead_at = case when key > 'k8' then muster_now() end,
        due_at = due_at + case when key > 'k5' then interval '1 hour' else interval '0' end where organization_id = $1`,
      [many],
    )
    await database.sql('analyze jobs')
    const plan = await engine.transact(async (tx) => {
      let claiming: Sql | undefined
      const rows = <Row>(statement: Sql) => {
        claiming = statement
        return tx.rows<Row>(statement)
      }
      await jobLeases.claim({ ...tx, rows }, kind, { max: 4 })
      if (claiming === undefined) throw new Error('nothing was claimed')
      const explained = { ...claiming, name: undefined, text: `explain (analyze, format json) ${claiming.text}` }
      return JSON.stringify(await tx.rows(explained))
    })
    expect(plan).toContain('jobs_turns')
    const touched = [...plan.matchAll(/"Actual Rows":([\d.]+),"Actual Loops":(\d+)/g)].map(
      ([, count, loops]) => Number(count) * Number(loops),
    )
    expect(touched.length).toBeGreaterThan(10)
    expect(Math.max(...touched)).toBeLessThan(100)
    expect(plan).not.toContain('"Rows Removed by Filter":1000')
  })
})

describe('a clock that was put back', () => {
  it('leaves no job waiting for it', async () => {
    const kind = kindOf()
    await put(kind, 1)
    await database.sql("update jobs set due_at = muster_now() + interval '1 day' where kind = $1", [kind.name])
    const { work, done, clampTimes } = worker(kind)
    await work()
    expect(done).toEqual([])
    await engine.transact(clampTimes)
    await work()
    expect(done).toEqual([0])
  })
})
