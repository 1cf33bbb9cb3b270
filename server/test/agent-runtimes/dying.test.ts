import { createGoal, getGoal } from '@muster/contract/planner/goals/goal.operations'
import { afterAll, describe, expect, it } from 'vitest'
import { testProgram } from '../program.ts'
import { fixtureModel, type ModelReply, scriptedModel } from './scripted-model.ts'

const { ours, tick, database } = await testProgram()
let answer: ModelReply = {}
let asked = 0
const server = await scriptedModel(() => {
  asked += 1
  return answer
})
afterAll(() => server[Symbol.asyncDispose]())
await fixtureModel(ours, server)
const plan = { tasks: [{ key: 'a', capability: 'noop' }] }

describe('a process that dies while it thinks', () => {
  it('leaves the goal to another, and what it comes back with late changes nothing', async () => {
    const { id: project_id } = await ours.project()
    const body = { project_id, title: 'Think', strategy: 'model', model: 'scripted' } as never
    const goal = await ours.call(createGoal, { body })
    // As a process leaves it that was killed just after it had taken it.
    await database.sql("update jobs set lease_token = gen_random_uuid(), due_at = muster_now() + interval '60 seconds'")
    answer = { calls: [['submit_plan', plan]] }
    await tick()
    expect([asked, (await ours.call(getGoal, { params: { id: goal.id } })).status]).toEqual([0, 'planning'])
    await database.clock.advance(61_000)
    await tick()
    expect(await ours.call(getGoal, { params: { id: goal.id } })).toMatchObject({ status: 'running', plan_revision: 1 })
    await tick()
    expect(asked).toBe(1)
  })
})

describe('a plan that no attempt brings', () => {
  it('leaves a dead job with the reason, and the goal says the same', async () => {
    const { id: project_id } = await ours.project()
    const body = { project_id, title: 'Think in vain', strategy: 'model', model: 'scripted' } as never
    const { id } = await ours.call(createGoal, { body })
    answer = { status: 500 }
    for (const wait_ms of [5_000, 20_000, 60_000]) {
      await tick()
      await database.clock.advance(wait_ms)
    }
    const { status, reason } = await ours.call(getGoal, { params: { id } })
    expect([status, reason]).toEqual(['failed', expect.stringContaining('planning failed: provider_failed')])
    const rows = await database.sql('select kind, attempts, last_error, dead_at from jobs where key = $1', [id])
    const last_error = expect.stringContaining('provider_failed: ')
    expect(rows).toMatchObject([{ kind: 'planner.plan_requests', attempts: 3, last_error, dead_at: expect.anything() }])
  })
})
