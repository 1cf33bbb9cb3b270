import { afterEach, describe, expect, it } from 'vitest'
import { testDatabase } from '../../../test/database.ts'
import { createDispatch } from '../../platform/dispatch/dispatch.ts'
import { silent_log } from '../../platform/log.ts'
import type { Job } from '../../platform/module/module.ts'
import { type JobsOptions, startJobs } from './jobs.ts'

const database = await testDatabase()
const { engine, counts } = database
const dispatch = createDispatch()
let started: AsyncDisposable | undefined
afterEach(async () => {
  await started?.[Symbol.asyncDispose]()
  started = undefined
})

/** A job that is due as the test says, and tells of each run. */
function scripted(answers: readonly (number | null)[]) {
  const asked: number[] = []
  let runs = 0
  const waiting: { readonly runs: number; resolve(): void }[] = []
  const looks: { readonly asked: number; resolve(): void }[] = []
  const job: Job = {
    name: 'test.job',
    every_ms: 1,
    async dueIn() {
      asked.push(runs)
      for (const one of looks) if (asked.length >= one.asked) one.resolve()
      return answers[asked.length - 1] ?? null
    },
    async run() {
      runs += 1
      for (const one of waiting) if (runs >= one.runs) one.resolve()
    },
  }
  const ran = (count: number) =>
    new Promise<void>((resolve) => (runs >= count ? resolve() : waiting.push({ runs: count, resolve })))
  const wasAsked = (count: number) =>
    new Promise<void>((resolve) => (asked.length >= count ? resolve() : looks.push({ asked: count, resolve })))
  return { job, ran, wasAsked, runs: () => runs }
}

const start = (jobs: readonly Job[], onClockChange?: JobsOptions['onClockChange']) => {
  started = startJobs(jobs, { engine, dispatch, log: silent_log, ...(onClockChange && { onClockChange }) })
}

describe('jobs that say when they are due', () => {
  it('run when they are due, and are asked again after that', async () => {
    const { job, ran, wasAsked } = scripted([0, 5, 0])
    start([job])
    await ran(1)
    await wasAsked(3)
    await ran(2)
  })

  it('are asked again after an announcement of any queue', async () => {
    const { job, ran, runs } = scripted([null, 0])
    const other = scripted([0])
    start([job, other.job])
    // Its run shows that the first question was answered.
    await other.ran(1)
    expect(runs()).toBe(0)
    dispatch.wake('review_queue')
    await ran(1)
  })

  it('share one transaction, however many they are', async () => {
    const first = scripted([0])
    const others = Array.from({ length: 20 }, () => scripted([null]))
    const before = counts.transactions
    start([...others.map(({ job }) => job), first.job])
    await first.ran(1)
    expect(counts.transactions - before).toBe(1)
  })

  it('do not keep others from running when one fails', async () => {
    const failing: Job = { ...scripted([]).job, dueIn: async () => 0, run: () => Promise.reject(new Error('broken')) }
    const { job, ran } = scripted([0, 0])
    start([failing, job])
    await ran(2)
  })
})

describe('a check that takes longer than the shortest time between two', () => {
  it('is followed by the next one, although announcements came meanwhile', async () => {
    const { job, ran } = scripted([null, 0])
    let release: () => void = () => {}
    const released = new Promise<void>((resolve) => {
      release = resolve
    })
    let is_slow = true
    const slow: Job = {
      ...scripted([]).job,
      async dueIn() {
        if (!is_slow) return null
        is_slow = false
        dispatch.wake('journal')
        await released
        return null
      },
    }
    start([slow, job])
    // Longer than the shortest time between two checks, so that the timer of the next one finds this one unanswered.
    setTimeout(release, 1_200)
    await ran(1)
  })
})

describe('the clock of the database', () => {
  it('is looked at from the start, and told of when it was put forward or back, until that was handled', async () => {
    const { job, wasAsked } = scripted([])
    const changes: number[] = []
    let onChange: () => void = () => {}
    const nextChange = () =>
      new Promise<void>((resolve) => {
        onChange = resolve
      })
    let failures = 1
    start([job], async (_tx, { forward_ms }) => {
      if (failures > 0) {
        failures -= 1
        throw new Error('not just now')
      }
      changes.push(Math.round(forward_ms / 60_000))
      onChange()
    })
    const first = nextChange()
    await wasAsked(1)
    dispatch.wake('journal')
    await first
    const forward = nextChange()
    await database.clock.advance(3_600_000)
    dispatch.wake('journal')
    await forward
    const back = nextChange()
    await database.clock.advance(-3_600_000)
    dispatch.wake('journal')
    await back
    expect(changes).toEqual([0, 60, 0])
  })
})
