import {
  cancelGoal,
  changeGoal,
  createGoal,
  getGoal,
  listGoals,
  pauseGoal,
  rerunGoal,
  resumeGoal,
} from '@muster/contract/planner/goals/goal.operations'
import { replan } from '@muster/contract/planner/plans/plan.operations'
import { describe, expect, it } from 'vitest'
import { goal, task } from './engine/steps.ts'
import { testProgram } from './program.ts'

const { ours, theirs, work } = await testProgram()

describe('the number of a goal', () => {
  it('counts from 1 in each project, and is the same in every answer, for ever', async () => {
    const [first, second] = [await goal(ours, [task('a')]), await goal(ours, [task('a')])]
    const { project_id } = first
    const third = await ours.call(createGoal, {
      body: { project_id, title: 'Later', plan: { tasks: [task('a')] }, start: false } as never,
    })
    expect([(await first.view()).number, (await second.view()).number, third.number]).toEqual([1, 1, 2])
    const params = { id: third.id }
    const answers = [
      await ours.call(getGoal, { params }),
      await ours.call(changeGoal, { params, body: { title: 'Renamed' } }),
      (await ours.call(replan, { body: { goal_id: third.id, plan: { tasks: [task('b')] } } as never })).goal,
      await ours.call(resumeGoal, { params }),
      await ours.call(pauseGoal, { params }),
      await ours.call(cancelGoal, { params }),
    ]
    expect(answers.map(({ number }) => number)).toEqual(answers.map(() => 2))
    expect((await ours.call(rerunGoal, { params, body: {} })).number).toBe(3)
    const { items } = await ours.call(listGoals, { query: { project_id: project_id as never } })
    expect(items.map(({ number }) => number)).toEqual([3, 2, 1])
    expect((await goal(theirs, [task('a')])).project_id).not.toBe(project_id)
    await work()
    expect((await first.view()).number).toBe(1)
  })

  it('is taken by goals alone: not by refusals, nor twice by a request that is repeated', async () => {
    const { id: project_id } = await ours.project()
    const body = { project_id, title: 'Once', plan: { tasks: [task('a')] } }
    const refused = { ...body, plan: { tasks: [task('a', { depends_on: ['ghost'] })] } }
    expect((await ours.send(createGoal, { body: refused as never })).status).toBe(422)
    const headers = { 'idempotency-key': 'number-once' }
    for (const _ of [1, 2])
      expect(await ours.call(createGoal, { body: body as never, headers })).toMatchObject({ number: 1 })
    expect((await ours.send(createGoal, { body: refused as never })).status).toBe(422)
    expect((await ours.call(createGoal, { body: body as never })).number).toBe(2)
  })

  it('is nobody else’s among goals stated at once', async () => {
    const { id: project_id } = await ours.project()
    const at_once = 64
    const body = { project_id, title: 'Many', plan: { tasks: [task('a'), task('b', { depends_on: ['a'] })] } }
    const stated = await Promise.all(
      Array.from({ length: at_once }, () => ours.call(createGoal, { body: body as never })),
    )
    const numbers = stated.map(({ number }) => number).sort((one, other) => one - other)
    expect(numbers).toEqual(Array.from({ length: at_once }, (_, index) => index + 1))
    await work()
  })
})
