import { describe, expect, it } from 'vitest'
import { createRunRetention } from '../../src/modules/worker/operations/run-retention.ts'
import { testProgram } from '../program.ts'
import { answer, goal, question, remoteAgent, task } from './steps.ts'

const { ours, program, database, work, tick } = await testProgram()
const { clock } = database
const hour_ms = 3_600_000
const day_ms = 24 * hour_ms

/** What the program does when it sees that the clock was put back. */
async function putClockBack(ms: number): Promise<void> {
  await clock.advance(-ms)
  await program.engine.transact(async (tx) => {
    for (const { clampTimes } of program.manifests) await clampTimes?.(tx)
  })
}

describe('a clock that was an hour ahead and is put right', () => {
  it('leaves no task waiting: neither what was ready nor what was sent back', async () => {
    const agent = await remoteAgent(ours, 'ahead')
    await clock.advance(hour_ms)
    const ready = await goal(ours, [task('only')])
    const returned = await goal(ours, [task('only', { capability: 'ahead' })])
    await agent.fail(await agent.claimOne(), true)
    await putClockBack(hour_ms)
    await work()
    expect(await ready.statuses()).toEqual({ only: 'done' })
    await agent.complete(await agent.claimOne(), {})
    expect(await returned.statuses()).toEqual({ only: 'done' })
  })

  it('leaves no lease that nobody keeps', async () => {
    const agent = await remoteAgent(ours, 'kept_ahead')
    await clock.advance(hour_ms)
    const stated = await goal(ours, [task('only', { capability: 'kept_ahead' })])
    await agent.claimOne()
    await putClockBack(hour_ms)
    await clock.advance(31_000)
    await tick()
    expect((await stated.task('only')).counters.leases_lost).toBe(1)
  })

  it('leaves no answer that never takes effect', async () => {
    await clock.advance(hour_ms)
    const stated = await goal(ours, [task('only', { approval: 'always' })])
    await work()
    const { status } = await answer(ours, (await question(ours, stated.id)).id, {
      action: 'approve',
      revocable_ms: 5_000,
    })
    expect(status).toBeLessThan(300)
    await putClockBack(hour_ms)
    await tick()
    expect(await stated.statuses()).toEqual({ only: 'done' })
  })
})

describe('a clock that was an hour behind and is put right', () => {
  it('takes no lease from a run that is kept, nor its time', async () => {
    const agent = await remoteAgent(ours, 'kept_behind')
    const stated = await goal(ours, [task('only', { capability: 'kept_behind' })])
    const run = await agent.claimOne()
    await clock.advance(hour_ms)
    await program.engine.transact(async (tx) => {
      for (const { shiftTimes } of program.manifests) await shiftTimes?.(tx, hour_ms)
    })
    await tick()
    expect((await agent.complete(run, {})).status).toBe(202)
    expect((await stated.task('only')).counters).toMatchObject({ leases_lost: 0, attempts: 0 })
  })
})

describe('runs and their log lines', () => {
  it('go by their age, but not the run whose result was accepted', async () => {
    const agent = await remoteAgent(ours, 'aged')
    const stated = await goal(ours, [task('only', { capability: 'aged' })])
    await agent.fail(await agent.claimOne(), true)
    await clock.advance(2_000)
    const accepted = await agent.claimOne()
    await agent.complete(accepted, { n: 1 })
    const { id } = await stated.task('only')
    await database.sql(
      `insert into worker_run_logs (organization_id, id, task_id, run_id, at, level, text)
       values ($1, $2, $3, $4, muster_now(), 'info', 'a line')`,
      [ours.organization_id, accepted.run_id, id, accepted.run_id],
    )
    const left = async () => ({
      runs: await database.sql('select id from worker_runs where task_id = $1', [id]),
      lines: await database.sql('select id from worker_run_logs where task_id = $1', [id]),
    })
    const remove = createRunRetention({ engine: program.engine, log_days: 10, run_days: 20 })
    await remove()
    expect(await left()).toMatchObject({ runs: { length: 2 }, lines: { length: 1 } })
    await clock.advance(10 * day_ms + 1_000)
    await remove()
    expect(await left()).toMatchObject({ runs: { length: 2 }, lines: { length: 0 } })
    await clock.advance(10 * day_ms)
    await Promise.all([remove(), remove()])
    expect(await left()).toEqual({ runs: [{ id: accepted.run_id }], lines: [] })
  })

  it('stay where a person approved the result', async () => {
    const stated = await goal(ours, [task('only', { approval: 'after' })])
    await work()
    await answer(ours, (await question(ours, stated.id)).id, { action: 'approve' })
    await clock.advance(21 * day_ms)
    await createRunRetention({ engine: program.engine, log_days: 10, run_days: 20 })()
    const { id } = await stated.task('only')
    expect(await database.sql('select status from worker_runs where task_id = $1', [id])).toEqual([
      { status: 'finished' },
    ])
  })
})
