import { plan as planSchema } from '@muster/contract/planner/plans/plans'
import { describe, expect, it } from 'vitest'
import { awaitedKeys, changeTask, checkPlan } from './plan/plan-editing.ts'

const tasks = [
  { key: 'a', capability: 'noop' },
  { key: 'b', capability: 'noop', depends_on: ['a'] },
]

describe('checkPlan', () => {
  it('gives a plan with its defaults', () => {
    expect(checkPlan({ tasks }).plan?.tasks[0]).toMatchObject({ key: 'a', attempts_max: 3, depends_on: [] })
  })

  it('says where something is wrong', () => {
    const { problems } = checkPlan({ tasks: [{ key: 'a' }, { key: 'b', capability: 'noop', atempts: 2 }] })
    expect(problems.map(({ path }) => path)).toEqual(['tasks[0].capability', 'tasks[1]'])
  })

  it('names dependencies that are no tasks', () => {
    const { problems } = checkPlan({ tasks: [{ key: 'b', capability: 'noop', depends_on: ['gone'] }] })
    expect(problems).toEqual([{ path: 'tasks[0].depends_on[0]', problem: 'no task has the key gone' }])
  })

  it('takes anything without breaking', () => {
    for (const value of [null, 3, 'x', [], { tasks: [] }]) expect(checkPlan(value).problems).not.toEqual([])
  })
})

describe('changeTask', () => {
  it('changes one task and takes away what is undefined', () => {
    const plan = planSchema.parse({ tasks: [{ ...tasks[0], priority: 'high' }, tasks[1]] })
    const { tasks: after } = changeTask(plan, 'a', { title: 'New', priority: undefined })
    expect(after[0]).toMatchObject({ title: 'New' })
    expect(after[0]).not.toHaveProperty('priority')
    expect(after[1]).toBe(plan.tasks[1])
  })
})

describe('awaitedKeys', () => {
  it('counts references as well as dependencies', () => {
    const plan = planSchema.parse({
      tasks: [
        ...tasks,
        {
          key: 'c',
          capability: 'noop',
          depends_on: [{ key: 'a', on_failure: 'skip' }],
          for_each: { $from: 'b.output' },
          input: { deep: [{ $from: 'goal.artifacts' }, { $from: 'd.output.x[0]' }] },
        },
      ],
    })
    expect(plan.tasks[2] && awaitedKeys(plan.tasks[2])).toEqual(['a', 'd', 'b'])
  })
})
