import { cancelGoal, getGoalPlan, listGoalPlans, rerunGoal } from '@muster/contract/planner/goals/goal.operations'
import { replan } from '@muster/contract/planner/plans/plan.operations'
import { retryTask, skipTask } from '@muster/contract/planner/tasks/task.operations'
import { describe, expect, it } from 'vitest'
import { testProgram } from '../program.ts'
import { failing, goal, journalOf, questions, remoteAgent, stated as statedGoal, task } from './steps.ts'

const { ours, database, work } = await testProgram()
const byId = (id: string) => ({ params: { id: id as never } })
const openRows = async (goal_id: string) =>
  database.sql(
    `select count(*) filter (where s.ended_at is null)::int as open, max(g.open_tasks)::int as counted
    from planner_task_states s join planner_tasks t on t.id = s.id join planner_goals g on g.id = s.goal_id where s.goal_id = $1 and t.superseded_in is null`,
    [goal_id],
  )

describe('a person’s retry', () => {
  it('makes new rows of the task and what hung on it, and the goal runs again', async () => {
    const agent = await remoteAgent(ours, 'retried')
    const stated = await goal(ours, [
      task('before'),
      task('bad', { capability: 'retried', depends_on: ['before'] }),
      task('after', { depends_on: ['bad'] }),
      task('beside'),
    ])
    await work()
    await agent.fail(await agent.claimOne(), false)
    const old = await stated.view()
    expect(old.status).toBe('failed')
    await ours.call(retryTask, { ...byId(old.tasks.get('bad')?.id ?? ''), body: { reason: 'again' } })
    const now = await stated.view()
    expect([now.status, now.plan_revision, await stated.statuses()]).toEqual([
      'running',
      2,
      { before: 'done', beside: 'done', bad: 'ready', after: 'pending' },
    ])
    expect(['bad', 'after'].map((key) => now.tasks.get(key)?.retry_of)).toEqual(
      ['bad', 'after'].map((key) => old.tasks.get(key)?.id),
    )
    expect(now.tasks.get('before')?.id).toBe(old.tasks.get('before')?.id)
    const run = await agent.claimOne()
    expect(run.token).toBe(1)
    await agent.complete(run, {})
    await work()
    expect((await stated.view()).status).toBe('done')
    const { items } = await ours.call(listGoalPlans, { ...byId(stated.id), query: {} as never })
    expect(items.map(({ revision, reason, current }) => [revision, reason, current])).toEqual([
      [2, 'again', true],
      [1, 'created', false],
    ])
    expect((await journalOf(database, ours, { goal_id: stated.id })).slice(3)).toEqual([
      'goal.failed',
      'goal.replanned',
      'goal.done',
    ])
    const stale = await ours.send(retryTask, byId(old.tasks.get('bad')?.id ?? ''))
    expect(stale.error?.code).toBe('ended')
  })

  it('of what failed by another takes that other with it', async () => {
    const agent = await remoteAgent(ours, 'root_cause')
    const stated = await goal(ours, [
      task('cause', { capability: 'root_cause' }),
      task('middle', { depends_on: ['cause'] }),
      task('last', { depends_on: ['middle'] }),
    ])
    await agent.fail(await agent.claimOne(), false)
    await ours.call(retryTask, byId((await stated.task('last')).id))
    expect(await stated.statuses()).toEqual({ cause: 'ready', middle: 'pending', last: 'pending' })
    await agent.complete(await agent.claimOne(), {})
    await work()
    expect((await stated.view()).status).toBe('done')
  })

  it('does not free what hangs on another failure too', async () => {
    const agent = await remoteAgent(ours, 'one_of_two')
    const stated = await goal(ours, [
      task('good', { capability: 'one_of_two' }),
      failing('bad'),
      task('both', { depends_on: ['good', 'bad'] }),
      task('still', { depends_on: ['good', { key: 'bad', on_failure: 'continue' }] }),
    ])
    await work()
    await agent.fail(await agent.claimOne(), false)
    await ours.call(retryTask, byId((await stated.task('good')).id))
    expect(await stated.statuses()).toEqual({ bad: 'failed', good: 'ready', both: 'failed', still: 'pending' })
    expect((await stated.task('both')).reason).toBe('dependency bad failed')
    await agent.complete(await agent.claimOne(), {})
    await work()
    expect([(await stated.task('still')).status, (await stated.view()).status]).toEqual(['done', 'failed'])
  })

  it('asks again where an edge asks', async () => {
    const agent = await remoteAgent(ours, 'asks_again')
    const stated = await goal(ours, [
      task('good', { capability: 'asks_again' }),
      failing('bad'),
      task('both', { depends_on: ['good', { key: 'bad', on_failure: 'ask' }] }),
    ])
    await work()
    await agent.fail(await agent.claimOne(), false)
    expect(await questions(ours, stated.id)).toEqual([])
    await ours.call(retryTask, byId((await stated.task('good')).id))
    expect([(await stated.task('both')).status, (await questions(ours, stated.id)).length]).toEqual([
      'awaiting_approval',
      1,
    ])
  })

  it('of one child of a for_each keeps the others, in their order', async () => {
    const agent = await remoteAgent(ours, 'one_child')
    const stated = await goal(ours, [
      task('list', { input: { items: ['a', 'b', 'c'] } }),
      task('each', {
        capability: 'one_child',
        for_each: { $from: 'list.output.items' },
        input: { it: { $from: 'item' } },
      }),
      task('after', { input: { all: { $from: 'each.output' } } }),
    ])
    await work()
    const runs = await agent.claim()
    for (const run of runs) {
      const { it } = run.brief.input as { it: string }
      if (it === 'b') await agent.fail(run, false)
      else await agent.complete(run, { it })
    }
    expect((await stated.view()).status).toBe('failed')
    await ours.call(retryTask, byId((await stated.task('each[1]')).id))
    expect(await stated.statuses()).toMatchObject({
      'each[0]': 'done',
      'each[1]': 'ready',
      'each[2]': 'done',
      each: 'pending',
    })
    const run = await agent.claimOne()
    expect(run.brief.input).toEqual({ it: 'b' })
    await agent.complete(run, { it: 'B' })
    await work()
    expect((await stated.task('after')).output).toEqual({ all: [{ it: 'a' }, { it: 'B' }, { it: 'c' }] })
    expect((await stated.view()).status).toBe('done')
  })

  it('of a for_each, or of what it is made from, makes its children anew', async () => {
    const agent = await remoteAgent(ours, 'all_children')
    const stated = await goal(ours, [
      task('list', { capability: 'all_children' }),
      task('each', { for_each: { $from: 'list.output.items' }, input: { pad_bytes: { $from: 'item' } } }),
    ])
    await agent.complete(await agent.claimOne(), { items: [1, -1] })
    await work()
    expect((await stated.view()).status).toBe('failed')
    await ours.call(retryTask, byId((await stated.task('each')).id))
    await work()
    expect([(await stated.view()).status, (await stated.view()).tasks.size]).toEqual(['failed', 4])
    await ours.call(retryTask, byId((await stated.task('list')).id))
    await agent.complete(await agent.claimOne(), { items: [1, 2, 3] })
    await work()
    const { status, tasks } = await stated.view()
    expect([status, tasks.size, tasks.get('each[1]')?.status]).toEqual(['done', 5, 'done'])
    expect(await openRows(stated.id)).toEqual([{ open: 0, counted: 0 }])
  })

  it('makes a cancelled goal run again, and stops what is under way for what hung on it', async () => {
    const agent = await remoteAgent(ours, 'again')
    const stated = await goal(ours, [
      task('done'),
      task('skipped', { capability: 'again' }),
      task('running', { capability: 'again', depends_on: ['done', { key: 'skipped', on_failure: 'continue' }] }),
    ])
    await work()
    await ours.call(skipTask, byId((await stated.task('skipped')).id))
    const run = await agent.claimOne()
    await ours.call(retryTask, byId((await stated.task('skipped')).id))
    expect(await agent.beat(run)).toEqual(['cancelled'])
    const replaced = await database.sql('select status from planner_task_states where id = $1', [run.task_id])
    expect(replaced).toEqual([{ status: 'cancelled' }])
    expect(await journalOf(database, ours, { task_id: run.task_id })).toEqual([
      'task.ready',
      'task.started',
      'task.cancelled',
    ])
    await ours.call(cancelGoal, byId(stated.id))
    await ours.call(retryTask, byId((await stated.task('running')).id))
    expect([(await stated.view()).status, await openRows(stated.id)]).toEqual(['running', [{ open: 1, counted: 1 }]])
    await agent.complete(await agent.claimOne(), {})
    expect((await stated.view()).status).toBe('done')
  })

  it('is refused for what has not ended, and does not start a goal that waits', async () => {
    const stated = await goal(ours, [task('only'), task('other')], { start: false })
    expect((await ours.send(retryTask, byId((await stated.task('only')).id))).error?.code).toBe('invalid')
    await ours.call(skipTask, byId((await stated.task('only')).id))
    await ours.call(retryTask, byId((await stated.task('only')).id))
    expect([(await stated.view()).status, await work()]).toEqual(['planning', 0])
  })
})

describe('a new plan', () => {
  it('keeps finished work that is the same, and cancels what has not ended', async () => {
    const agent = await remoteAgent(ours, 'replanned')
    const before = [
      task('same', { input: { n: 1 } }),
      task('changed', { input: { n: 1 } }),
      task('on_same', { input: { n: { $from: 'same.output.n' } } }),
      task('on_changed', { input: { n: { $from: 'changed.output.n' } } }),
      task('running', { capability: 'replanned' }),
      task('gone'),
    ]
    const stated = await goal(ours, before)
    await work()
    const run = await agent.claimOne()
    const old = await stated.view()
    const tasks = [
      task('same', { input: { n: 1 }, title: 'Named otherwise' }),
      task('changed', { input: { n: 2 } }),
      task('on_same', { input: { n: { $from: 'same.output.n' } } }),
      task('on_changed', { input: { n: { $from: 'changed.output.n' } } }),
      task('running', { capability: 'replanned', depends_on: ['on_same'] }),
    ]
    const made = await ours.call(replan, { body: { goal_id: stated.id, plan: { tasks } } as never })
    const idOf = (key: string) => old.tasks.get(key)?.id
    expect([...made.kept_tasks].sort()).toEqual([idOf('same'), idOf('on_same')].sort())
    expect([made.new_tasks.length, made.cancelled_tasks]).toEqual([3, [idOf('running')]])
    expect(await agent.beat(run)).toEqual(['cancelled'])
    expect(await stated.statuses()).toEqual({
      same: 'done',
      on_same: 'done',
      changed: 'ready',
      on_changed: 'pending',
      running: 'ready',
    })
    await work()
    await agent.complete(await agent.claimOne(), {})
    const now = await stated.view()
    expect([now.status, now.plan_revision, now.tasks.get('on_changed')?.output]).toEqual(['done', 2, { n: 2 }])
    const first = await ours.call(getGoalPlan, { params: { id: stated.id, revision: 1 } as never })
    expect(first.tasks.map(({ key }) => key)).toEqual(before.map(({ key }) => key))
  })

  it('of which all is finished is done at once', async () => {
    const stated = await goal(ours, [task('kept'), failing('bad')])
    await work()
    await ours.call(replan, { body: { goal_id: stated.id, plan: { tasks: [task('kept')] } } as never })
    expect([(await stated.view()).status, await stated.statuses()]).toEqual(['done', { kept: 'done' }])
    expect((await journalOf(database, ours, { goal_id: stated.id })).slice(-2)).toEqual(['goal.replanned', 'goal.done'])
  })

  it('that cannot be is refused, and nothing changes', async () => {
    const stated = await goal(ours, [task('kept')])
    const plan = { tasks: [task('a', { depends_on: ['b'] }), task('b', { depends_on: ['a'] })] }
    expect((await ours.send(replan, { body: { goal_id: stated.id, plan } as never })).error?.code).toBe('plan_invalid')
    expect([(await stated.view()).plan_revision, await work()]).toEqual([1, 1])
    expect((await ours.send(replan, { body: { goal_id: stated.id, reason: 'anew' } as never })).error?.code).toBe(
      'invalid',
    )
  })
})

describe('a re-run', () => {
  it('is a new goal with the same plan', async () => {
    const stated = await goal(ours, [
      task('first', { input: { n: 1 } }),
      task('second', { input: { n: { $from: 'first.output.n' } } }),
    ])
    await work()
    const { id, rerun_of } = await ours.call(rerunGoal, { ...byId(stated.id), body: { title: 'Once more' } as never })
    const again = statedGoal(ours, { id, project_id: stated.project_id })
    expect(await work()).toBe(2)
    const { status, title, tasks } = await again.view()
    expect([rerun_of, status, title, tasks.get('second')?.output]).toEqual([stated.id, 'done', 'Once more', { n: 1 }])
  })
})
