import { resumeGoal } from '@muster/contract/planner/goals/goal.operations'
import { replan } from '@muster/contract/planner/plans/plan.operations'
import { describe, expect, it } from 'vitest'
import { testProgram } from '../program.ts'
import { answer, failing, goal, journalOf, question, questions, remoteAgent, task } from './steps.ts'

const { ours, database, work } = await testProgram()
const eventsOf = (task_id: string) => journalOf(database, ours, { task_id })

describe('a dependency that failed', () => {
  it('fails what hangs on it by default, and other branches go on', async () => {
    const stated = await goal(ours, [
      failing('bad'),
      task('child', { depends_on: ['bad'] }),
      task('grandchild', { depends_on: ['child'] }),
      task('other'),
    ])
    await work()
    expect(await stated.statuses()).toEqual({ bad: 'failed', child: 'failed', grandchild: 'failed', other: 'done' })
    const { status, tasks } = await stated.view()
    expect([status, tasks.get('grandchild')?.reason]).toEqual(['failed', 'dependency child failed'])
    expect(await eventsOf(tasks.get('grandchild')?.id ?? '')).toEqual(['task.failed'])
  })

  it('skips what hangs on it, and so on, except over continue', async () => {
    const stated = await goal(ours, [
      failing('bad'),
      task('child', { depends_on: [{ key: 'bad', on_failure: 'skip' }] }),
      task('grandchild', { depends_on: ['child'] }),
      task('still', { depends_on: [{ key: 'child', on_failure: 'continue' }] }),
    ])
    await work()
    expect(await stated.statuses()).toEqual({ bad: 'failed', child: 'skipped', grandchild: 'skipped', still: 'done' })
    expect((await stated.view()).status).toBe('done')
  })

  it('gives null and the reason over continue', async () => {
    const agent = await remoteAgent(ours, 'go_on')
    const stated = await goal(ours, [
      failing('bad'),
      task('good', { input: { n: 1 } }),
      task('child', {
        capability: 'go_on',
        input: { a: { $from: 'bad.output.text' }, b: { $from: 'good.output.n' } },
        on_failure: 'continue',
      }),
    ])
    await work()
    const { brief } = await agent.claimOne()
    expect(brief.input).toEqual({ a: null, b: 1 })
    const [told] = brief.feedback
    expect([told?.from, told?.text]).toEqual([
      'dependency',
      expect.stringContaining('“bad” failed: invalid: pad_bytes'),
    ])
    expect((await stated.view()).status).toBe('running')
  })

  it('that two parents share ends its dependent once', async () => {
    const stated = await goal(ours, [
      failing('one'),
      failing('two'),
      failing('three'),
      task('child', { depends_on: ['one', 'two', 'three'] }),
    ])
    expect(await work(1)).toBe(1)
    expect((await stated.statuses()).child).toBe('failed')
    await work()
    expect(await eventsOf((await stated.task('child')).id)).toEqual(['task.failed'])
    const { counts, status } = await stated.view()
    expect([counts.failed, status]).toEqual([4, 'failed'])
  })

  it('pauses an explicit plan that is to be planned anew, until there is a new plan', async () => {
    const stated = await goal(ours, [
      task('kept'),
      failing('bad'),
      task('child', { depends_on: ['kept', { key: 'bad', on_failure: 'replan' }] }),
    ])
    await work()
    const paused = await stated.view()
    expect([paused.status, paused.reason, paused.tasks.get('child')?.status]).toEqual([
      'paused',
      'needs_plan',
      'pending',
    ])
    expect(await journalOf(database, ours, { goal_id: stated.id })).toContain('goal.paused')
    const refused = await ours.send(resumeGoal, { params: { id: stated.id as never } })
    expect([refused.status, refused.error?.detail.remedy]).toEqual([422, expect.stringContaining('Replan')])
    const plan = { tasks: [task('kept'), task('child', { depends_on: ['kept'] })] }
    const made = await ours.call(replan, { body: { goal_id: stated.id, plan } as never })
    expect([made.kept_tasks.length, made.new_tasks.length, made.goal.status]).toEqual([1, 1, 'running'])
    expect(await work()).toBe(1)
    expect(await stated.statuses()).toEqual({ kept: 'done', child: 'done' })
    expect((await stated.view()).status).toBe('done')
  })
})

describe('a dependency whose failure is asked about', () => {
  const asking = (rest: readonly ReturnType<typeof task>[] = []) =>
    goal(ours, [
      failing('bad'),
      ...rest,
      task('child', { depends_on: [{ key: 'bad', on_failure: 'ask' }, ...rest.map(({ key }) => key)] }),
      task('last', { depends_on: ['child'] }),
    ])

  it('is skipped, failed or gone on without, as a person says', async () => {
    const expected = {
      skip: ['skipped', 'skipped', 'done'],
      fail: ['failed', 'failed', 'failed'],
      continue: ['done', 'done', 'done'],
    } as const
    for (const [action, [child, last, whole]] of Object.entries(expected)) {
      const stated = await asking()
      await work()
      expect((await stated.statuses()).child).toBe('awaiting_approval')
      const asked = await question(ours, stated.id)
      expect([asked.subject_kind, asked.options]).toEqual(['dependency', ['retry', 'skip', 'continue', 'fail']])
      expect((await answer(ours, asked.id, { action })).status).toBe(200)
      await work()
      expect(await stated.statuses()).toEqual({ bad: 'failed', child, last })
      expect([(await stated.view()).status, (await questions(ours, stated.id)).length]).toEqual([whole, 0])
    }
  })

  it('is tried again as a new revision', async () => {
    const agent = await remoteAgent(ours, 'unsteady')
    const stated = await goal(ours, [
      task('bad', { capability: 'unsteady' }),
      task('child', { depends_on: [{ key: 'bad', on_failure: 'ask' }], input: { x: { $from: 'bad.output.x' } } }),
    ])
    await agent.fail(await agent.claimOne(), false)
    const before = await stated.view()
    expect((await answer(ours, (await question(ours, stated.id)).id, { action: 'retry' })).status).toBe(200)
    const after = await stated.view()
    expect([after.plan_revision, after.tasks.get('child')?.status]).toEqual([2, 'pending'])
    expect(after.tasks.get('bad')?.retry_of).toBe(before.tasks.get('bad')?.id)
    await agent.complete(await agent.claimOne(), { x: 7 })
    await work()
    expect((await stated.task('child')).output).toEqual({ x: 7 })
    expect((await stated.view()).status).toBe('done')
  })

  it('does not run before its other parents have ended', async () => {
    const agent = await remoteAgent(ours, 'later')
    const stated = await asking([task('slow', { capability: 'later' })])
    await work()
    const run = await agent.claimOne()
    expect((await answer(ours, (await question(ours, stated.id)).id, { action: 'continue' })).status).toBe(200)
    expect([(await stated.statuses()).child, await work()]).toEqual(['pending', 0])
    await agent.complete(run, {})
    await work()
    expect(await stated.statuses()).toEqual({ bad: 'failed', slow: 'done', child: 'done', last: 'done' })
  })

  it('counts parents that end while it is asked about', async () => {
    const agent = await remoteAgent(ours, 'meanwhile')
    const stated = await asking([task('slow', { capability: 'meanwhile' })])
    await work()
    await agent.complete(await agent.claimOne(), {})
    expect((await stated.statuses()).child).toBe('awaiting_approval')
    await answer(ours, (await question(ours, stated.id)).id, { action: 'continue' })
    await work()
    expect((await stated.view()).status).toBe('done')
  })

  it('fails with another parent, and the question is taken back', async () => {
    const agent = await remoteAgent(ours, 'doomed')
    const stated = await asking([task('slow', { capability: 'doomed' })])
    await work()
    await agent.fail(await agent.claimOne(), false)
    expect(await stated.statuses()).toEqual({ bad: 'failed', slow: 'failed', child: 'failed', last: 'failed' })
    expect([(await questions(ours, stated.id)).length, (await questions(ours, stated.id, 'withdrawn')).length]).toEqual(
      [0, 1],
    )
    expect((await stated.view()).status).toBe('failed')
  })

  it('is asked about once for two parents, and both are tried again together', async () => {
    const agent = await remoteAgent(ours, 'pair')
    const pair = { capability: 'pair' }
    const stated = await goal(ours, [
      task('one', pair),
      task('two', { ...pair, depends_on: ['one'] }),
      task('child', { depends_on: ['one', 'two'], on_failure: 'ask' }),
    ])
    await agent.fail(await agent.claimOne(), false)
    expect(await stated.statuses()).toEqual({ one: 'failed', two: 'failed', child: 'awaiting_approval' })
    expect((await answer(ours, (await question(ours, stated.id)).id, { action: 'retry' })).status).toBe(200)
    for (let count = 0; count < 2; count += 1) await agent.complete(await agent.claimOne(), {})
    await work()
    expect((await stated.view()).status).toBe('done')
  })
})
