import { listApprovals, respondApproval } from '@muster/contract/approvals/operations'
import { limits } from '@muster/contract/limits'
import { cancelGoal, createGoal, getGoal, pauseGoal, resumeGoal } from '@muster/contract/planner/goals/goal.operations'
import { replan } from '@muster/contract/planner/plans/plan.operations'
import { retryTask } from '@muster/contract/planner/tasks/task.operations'
import { putPolicy } from '@muster/contract/projects/operations'
import { afterAll, describe, expect, it, vi } from 'vitest'
import { system_principal } from '../../src/platform/principal.ts'
import { failing, stated, task } from '../engine/steps.ts'
import { testProgram } from '../program.ts'
import { fixtureModel, type ModelScript, scriptedModel } from './scripted-model.ts'

const engine = await testProgram()
const { ours, work, tick, database } = engine
let script: ModelScript = () => ({})
let asked = 0
const server = await scriptedModel((request) => {
  asked += 1
  return script(request)
})
afterAll(() => server[Symbol.asyncDispose]())
await fixtureModel(ours, server)

const submit =
  (...tasks: object[]): ModelScript =>
  () => ({ calls: [['submit_plan', { tasks }]] })
/** `bad` fails, and what hangs on it asks for another plan. */
const broken = [
  failing('bad'),
  task('end', { depends_on: [{ key: 'bad', on_failure: 'replan' }] }),
  task('slow', { capability: 'sleep', input: { ms: 0 } }),
]

async function state(more: object = {}) {
  asked = 0
  const project = await ours.project()
  const body = { project_id: project.id, title: 'Think', strategy: 'model', model: 'scripted', ...more }
  const goal = await ours.call(createGoal, { body: body as never })
  const params = { id: goal.id }
  return { goal, params, project, view: () => ours.call(getGoal, { params }), tasks: stated(ours, goal) }
}

/** A goal whose first plan has failed, so that it waits for another by the model. */
async function failed() {
  script = submit(...broken)
  const given = await state()
  await tick()
  await work()
  expect(await given.view()).toMatchObject({ status: 'paused', reason: 'needs_plan' })
  asked = 0
  script = submit(task('anew'))
  return given
}

/** Its failing task is under way while somebody pauses the goal. */
async function fails({ params, view }: Awaited<ReturnType<typeof state>>) {
  const { program, local } = engine
  const claimer = { runtime: 'builtin' } as const
  const runs = await program.worker.claim({
    claimer,
    max: 9,
    claimed_by: system_principal,
    process_id: local.process_id,
  })
  await ours.call(pauseGoal, { params, body: { reason: 'wait' } })
  const [builtin] = local.runtimes
  if (!builtin) throw new Error('nobody works here')
  for (const run of runs) await (await local.runs.start(run, builtin.runtime)).written
  expect(await view()).toMatchObject({ status: 'paused', reason: 'needs_plan' })
}

/** It has its new plan, and does not go on with it before somebody says so. */
async function rests({ params, view }: Awaited<ReturnType<typeof state>>) {
  await tick()
  expect(await view()).toMatchObject({ status: 'paused', plan_revision: 2 })
  await ours.call(resumeGoal, { params })
  await work()
  expect((await view()).status).toBe('done')
}

describe('a goal that waits for a model’s plan', () => {
  it('does not wait for another whose model is slow', async () => {
    let release = (): void => {}
    const slow = new Promise<void>((resolve) => {
      release = resolve
    })
    script = async ({ task: told }) => {
      if (told.includes('Slowly')) await slow
      return { calls: [['submit_plan', { tasks: [task('quick')] }]] }
    }
    const first = await state({ title: 'Slowly' })
    const ticking = tick()
    await vi.waitFor(() => expect(asked).toBe(1), { timeout: 30_000 })
    const second = await state({ title: 'At once' })
    await vi.waitFor(async () => expect((await second.view()).status).toBe('running'), { timeout: 30_000 })
    expect((await first.view()).status).toBe('planning')
    release()
    await ticking
    expect((await first.view()).status).toBe('running')
  })

  it('takes a person’s plan instead, which the model does not replace', async () => {
    script = submit(task('model'))
    const { goal, view, tasks } = await state()
    await ours.call(replan, { body: { goal_id: goal.id, plan: { tasks: [task('person')] } } as never })
    await tick()
    expect((await view()).plan_revision).toBe(1)
    expect(Object.keys(await tasks.statuses())).toEqual(['person'])
    expect(asked).toBe(0)
  })

  it('goes on with what a person retried', async () => {
    const { tasks, view } = await failed()
    const { id } = await tasks.task('bad')
    await ours.call(retryTask, { params: { id }, body: { input: {} } as never })
    await tick()
    expect((await view()).plan_revision).toBe(2)
    expect(asked).toBe(0)
  })

  it('runs as soon as it is planned where a person started it before that', async () => {
    script = submit(task('anew'))
    const { params, view } = await state({ start: false })
    await ours.call(resumeGoal, { params })
    await tick()
    await work()
    expect((await view()).status).toBe('done')
    expect((await view()).plan_revision).toBe(1)
  })

  it('costs nothing once it is cancelled', async () => {
    const { params } = await state()
    await ours.call(cancelGoal, { params, body: {} })
    await tick()
    expect(asked).toBe(0)
    expect(await database.sql('select key from jobs where key = $1', [params.id])).toEqual([])
  })

  it('stays paused where a person paused it, before or behind its failure, until that person goes on', async () => {
    script = submit(...broken)
    const before = await state()
    await tick()
    await fails(before)
    script = submit(task('anew'))
    await rests(before)
    const behind = await failed()
    await ours.call(pauseGoal, { params: behind.params, body: { reason: 'wait for me' } })
    await rests(behind)
  })

  it('is put to a person where policy wants that, a second plan too', async () => {
    script = submit(...broken)
    const { view, project, params } = await state()
    await tick()
    await ours.call(putPolicy, { params: { id: project.id }, body: { plan_approval: true } })
    await work()
    script = submit(task('anew'))
    await tick()
    expect(await view()).toMatchObject({ status: 'awaiting_approval', plan_revision: 2 })
    const { items } = await ours.call(listApprovals, { query: { goal_id: params.id } })
    const id = items.find(({ status }) => status === 'open')?.id as never
    await ours.call(respondApproval, { params: { id }, body: { action: 'approve' } })
    await work()
    expect((await view()).status).toBe('done')
  })

  it('is left to a person once plans by the model have failed too often', async () => {
    script = submit(...broken)
    const { view } = await state()
    for (let round = 0; round < limits.plans_by_model_max + 2; round++) {
      await tick()
      await work()
    }
    expect(asked).toBe(limits.plans_by_model_max)
    expect(await view()).toMatchObject({ status: 'paused', reason: 'needs_plan' })
  })
})
