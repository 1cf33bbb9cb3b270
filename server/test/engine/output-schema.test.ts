import { createGoal } from '@muster/contract/planner/goals/goal.operations'
import { decompose } from '@muster/contract/planner/plans/plan.operations'
import { createTask } from '@muster/contract/planner/tasks/task.operations'
import { describe, expect, it } from 'vitest'
import { testProgram } from '../program.ts'

const { ours } = await testProgram()
const { id: project_id } = await ours.project()

const bad = {
  'an unknown type': { type: 'strin' },
  'a reference to elsewhere': { $ref: 'https://example.com/schema.json' },
  'a reference to nothing': { $ref: '#/$defs/none' },
  'a pattern that is not linear': { type: 'string', pattern: '(?=a)' },
  'more than a schema may have': { enum: ['x'.repeat(70_000)] },
}

describe.each(Object.entries(bad))('an output schema with %s', (_name, output_schema) => {
  it('is refused with its plan, naming the place', async () => {
    const tasks = [
      { key: 'fine', capability: 'noop', output_schema: { type: 'object' } },
      { key: 'bad', capability: 'noop', output_schema },
    ]
    for (const operation of [createGoal, decompose]) {
      const { status, error } = await ours.send(operation, {
        body: { project_id, title: 'x', plan: { tasks } } as never,
      })
      expect([status, error?.code]).toEqual([422, 'plan_invalid'])
      expect(error?.detail).toMatchObject({ path: 'plan.tasks[1].output_schema', problem: 'output_schema' })
    }
    const alone = await ours.send(createTask, { body: { project_id, capability: 'noop', output_schema } as never })
    expect([alone.status, alone.error?.detail.field]).toEqual([422, 'output_schema'])
  })
})

it('is bounded for all tasks of a plan together, each different one counted once', async () => {
  const schema = (n: number) => ({ enum: [`${n}`.padEnd(30_000, 'x')] })
  const plan = (schemas: readonly object[]) => ({
    tasks: schemas.map((output_schema, n) => ({ key: `t${n}`, capability: 'noop', output_schema })),
  })
  const send = (schemas: readonly object[]) =>
    ours.send(decompose, { body: { project_id, title: 'x', plan: plan(schemas) } as never })
  expect((await send(Array.from({ length: 50 }, () => schema(1)))).status).toBe(200)
  const { status, error } = await send([1, 2, 3, 4, 5].map(schema))
  expect([status, error?.detail.path]).toEqual([422, 'plan.tasks[4].output_schema'])
})
