import { createGoal } from '@muster/contract/planner/goals/goal.operations'
import { retryTask } from '@muster/contract/planner/tasks/task.operations'
import { describe, expect, it } from 'vitest'
import { testProgram } from '../program.ts'
import { answer, goal, question, remoteAgent, task } from './steps.ts'

const { ours, database, work } = await testProgram()

const looped = (capability: string, rest: object = {}) =>
  task('fix', {
    capability,
    input: { last: { $from: 'previous.output.failures' }, about: 'tests' },
    repeat: { until: 'output.passed', max: 3 },
    ...rest,
  })

describe('repeat', () => {
  it('goes on until its condition holds, tells each round what the one before gave, and is done with the last', async () => {
    const smith = await remoteAgent(ours, 'smith')
    const stated = await goal(ours, [looped('smith'), task('after', { input: { got: { $from: 'fix.output' } } })])
    const first = await smith.claimOne()
    expect(first.brief.input).toEqual({ last: null, about: 'tests' })
    await smith.complete(first, { passed: false, failures: ['a', 'b'] })
    const second = await smith.claimOne()
    expect(second.brief.input).toEqual({ last: ['a', 'b'], about: 'tests' })
    expect(await stated.statuses()).toEqual({ fix: 'pending', after: 'pending', 'fix[0]': 'done', 'fix[1]': 'running' })
    await smith.complete(second, { passed: true, failures: [] })
    await work()
    const { status, tasks } = await stated.view()
    expect(status).toBe('done')
    expect(tasks.get('fix')?.output).toEqual({ passed: true, failures: [] })
    expect(tasks.get('after')?.output).toEqual({ got: { passed: true, failures: [] } })
    const rows = await database.sql(
      'select document from state_documents where organization_id = $1 and document like $2 order by 1',
      [ours.organization_id, `goals/${stated.id}/fix%`],
    )
    expect(rows.map(({ document }) => document)).toEqual([`goals/${stated.id}/fix[0]`, `goals/${stated.id}/fix[1]`])
  })

  it('fails when that many rounds were not enough, and begins anew when a person retries it', async () => {
    const smith = await remoteAgent(ours, 'tireless')
    const stated = await goal(ours, [looped('tireless', { repeat: { until: 'output.passed', max: 2 } })])
    const round = async (passed: boolean) => smith.complete(await smith.claimOne(), { passed, failures: [] })
    await round(false)
    await round(false)
    expect(await smith.claim()).toEqual([])
    const failed = await stated.task('fix')
    expect([failed.status, failed.reason]).toEqual([
      'failed',
      'repeat_exhausted: output.passed did not hold after 2 rounds',
    ])
    await ours.call(retryTask, { params: { id: failed.id as never }, body: { reason: 'once more' } })
    await round(false)
    await round(true)
    expect(await stated.statuses()).toEqual({ fix: 'done', 'fix[0]': 'done', 'fix[1]': 'done' })
    expect((await stated.view()).status).toBe('done')
  })

  it('keeps its rounds when a person retries one that failed, and goes on from it', async () => {
    const smith = await remoteAgent(ours, 'stumbling')
    const stated = await goal(ours, [looped('stumbling', { repeat: { until: 'output.passed', max: 2 } })])
    await smith.complete(await smith.claimOne(), { passed: false, failures: ['a'] })
    await smith.fail(await smith.claimOne(), false)
    expect((await stated.task('fix')).status).toBe('failed')
    await ours.call(retryTask, { params: { id: (await stated.task('fix[1]')).id as never } })
    const again = await smith.claimOne()
    expect(again.brief.input).toEqual({ last: ['a'], about: 'tests' })
    await smith.complete(again, { passed: false, failures: ['b'] })
    await smith.complete(await smith.claimOne(), { passed: true, failures: [] })
    expect(await stated.statuses()).toEqual({ fix: 'done', 'fix[0]': 'done', 'fix[1]': 'done', 'fix[2]': 'done' })
  })

  it('fails with a round that fails, and with a condition that its output does not fit', async () => {
    const smith = await remoteAgent(ours, 'clumsy')
    const broken = await goal(ours, [looped('clumsy')])
    await smith.fail(await smith.claimOne(), false)
    expect((await broken.task('fix')).reason).toBe('dependency fix[0] failed')
    const unfit = await goal(ours, [looped('clumsy')])
    await smith.complete(await smith.claimOne(), { failures: [] })
    const task = await unfit.task('fix')
    expect([task.status, task.reason]).toEqual([
      'failed',
      expect.stringMatching(/^repeat: .*output\.passed.*No such key/),
    ])
  })

  it('puts each round to a person where the task says so', async () => {
    const smith = await remoteAgent(ours, 'asked')
    const stated = await goal(ours, [looped('asked', { approval: 'after' })])
    await smith.complete(await smith.claimOne(), { passed: false, failures: ['x'] })
    await answer(ours, (await question(ours, stated.id)).id, { action: 'approve' })
    await smith.complete(await smith.claimOne(), { passed: true, failures: [] })
    await answer(ours, (await question(ours, stated.id)).id, { action: 'approve' })
    expect((await stated.view()).status).toBe('done')
  })

  it.each([
    ['a condition that is none', { repeat: { until: 'output.', max: 2 } }, 'plan.tasks[0].repeat.until'],
    [
      'walks inside walks',
      { repeat: { until: 'output.a.all(x, output.a.all(y, x == y))' } },
      'plan.tasks[0].repeat.until',
    ],
    ['a list beside it', { repeat: { until: 'true' }, for_each: { $from: 'goal.artifacts' } }, 'plan.tasks[0].repeat'],
  ])('is refused with %s', async (_what, rest, field) => {
    const { id: project_id } = await ours.project()
    const body = { project_id, title: 'No', plan: { tasks: [task('fix', { ...rest, input: {} })] } }
    const { error } = await ours.send(createGoal, { body: body as never })
    expect([error?.code, error?.detail.field]).toEqual(['invalid', field])
  })

  it('alone gives `previous` a meaning', async () => {
    const { id: project_id } = await ours.project()
    const body = {
      project_id,
      title: 'No',
      plan: { tasks: [task('fix', { input: { $from: 'previous.output' } as never })] },
    }
    expect((await ours.send(createGoal, { body: body as never })).error?.code).toBe('plan_invalid')
  })
})
