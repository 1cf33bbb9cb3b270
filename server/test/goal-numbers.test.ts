import { cpSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import {
  cancelGoal,
  changeGoal,
  createGoal,
  getGoal,
  listGoals,
  pauseGoal,
  rerunGoal,
  resumeGoal,
} from '@muster/contract/operations/goals'
import { replan } from '@muster/contract/operations/planner'
import { describe, expect, it } from 'vitest'
import { migrate } from '../src/platform/db/migrate.ts'
import { openPglite } from '../src/platform/db/pglite.ts'
import { newId } from '../src/platform/ids.ts'
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

it('is given to goals that were there before there were numbers, in the order of their making', async () => {
  const migrations = fileURLToPath(new URL('../migrations/', import.meta.url))
  const earlier = mkdtempSync(join(tmpdir(), 'muster-migrations-'))
  for (const name of readdirSync(migrations)) if (name < '0012') cpSync(join(migrations, name), join(earlier, name))
  const source = await openPglite({ durable: false, shared_buffers_mb: 16 })
  try {
    await migrate(source, pathToFileURL(`${earlier}/`))
    const [organization, one, other] = [newId(), newId(), newId()]
    const goals = [
      { project: one, title: 'second', at: '2026-01-02' },
      { project: one, title: 'first', at: '2026-01-01' },
      { project: other, title: 'alone', at: '2026-01-03' },
      { project: one, title: 'third', at: '2026-01-02' },
    ].map((row) => ({ ...row, id: newId() }))
    const run = (text: string, values: readonly unknown[] = []) =>
      source.use(async (connection) => (await connection.query({ text, values, name: undefined })).rows)
    await run(`insert into organizations (organization_id, name) values ($1, 'Old')`, [organization])
    for (const project of [one, other])
      await run(
        `insert into projects (organization_id, id, name, oversight, policy_version) values ($1, $2, 'Old', 'medium', 1)`,
        [organization, project],
      )
    for (const { id, project, title, at } of goals)
      await run(
        `insert into goals (organization_id, id, project_id, title, status, strategy, plan_revision, priority, artifacts,
          variables, created_by, open_tasks, created_at) values ($1, $2, $3, $4, 'done', 'explicit', 1, 1, '[]', '{}', '{}', 0, $5)`,
        [organization, id, project, title, at],
      )
    expect((await migrate(source, pathToFileURL(migrations)))[0]).toBe('0012_goal_numbers.sql')
    expect(await run('select title, number from goals order by title')).toEqual([
      { title: 'alone', number: 1 },
      { title: 'first', number: 1 },
      { title: 'second', number: 2 },
      { title: 'third', number: 3 },
    ])
    const counters = await run('select project_id, last_number from goal_counters order by last_number')
    expect(counters).toEqual([
      { project_id: other, last_number: 1 },
      { project_id: one, last_number: 3 },
    ])
  } finally {
    await source[Symbol.asyncDispose]()
    rmSync(earlier, { recursive: true })
  }
})
