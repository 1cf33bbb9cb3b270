import { createGoal, getGoal } from '@muster/contract/planner/goals/goal.operations'
import type { PlanTaskInput } from '@muster/contract/planner/tasks/task-definitions'
import { describe, expect, it } from 'vitest'
import { testProgram } from '../program.ts'
import { failing, goal, journalOf, task } from './steps.ts'

const { ours, theirs, database, work } = await testProgram()
const done = ['task.started', 'task.reported', 'task.judged', 'state.committed', 'task.done']

describe('a goal of no-op tasks', () => {
  it('becomes done, with one journal row for each change of state', async () => {
    const stated = await goal(ours, [task('first'), task('second', { depends_on: ['first'] })])
    expect(await stated.statuses()).toEqual({ first: 'ready', second: 'pending' })
    expect(await work()).toBe(2)
    const { status, counts, tasks } = await stated.view()
    expect([status, counts.done]).toEqual(['done', 2])
    expect(await journalOf(database, ours, { task_id: tasks.get('first')?.id ?? '' })).toEqual(done)
    const second = await journalOf(database, ours, { task_id: tasks.get('second')?.id ?? '' })
    expect(second).toEqual(['task.ready', ...done])
    const own = await journalOf(database, ours, { goal_id: stated.id })
    expect(own).toEqual(['goal.created', 'goal.planned', 'goal.started', 'goal.done'])
  })

  it('is nothing to another organization', async () => {
    const stated = await goal(ours, [task('only')])
    expect((await theirs.send(getGoal, { params: { id: stated.id as never } })).error?.code).toBe('not_found')
    const body = { project_id: stated.project_id, title: 'Theirs', plan: { tasks: [task('only')] } }
    expect((await theirs.send(createGoal, { body: body as never })).error?.code).toBe('not_found')
    await work()
    const rows = await database.sql('select count(*)::int as n from planner_tasks where organization_id = $1', [
      theirs.organization_id,
    ])
    expect([rows[0]?.n, (await stated.view()).status]).toEqual([0, 'done'])
    expect((await database.events(theirs.organization_id)).some(({ type }) => type.startsWith('goal.'))).toBe(false)
  })

  it('runs a diamond and a chain in their order, each task once', async () => {
    const diamond = await goal(ours, [
      task('top'),
      task('left', { depends_on: ['top'] }),
      task('right', { depends_on: ['top'] }),
      task('bottom', { depends_on: ['left', 'right'] }),
    ])
    expect(await work(1)).toBe(1)
    expect(await diamond.statuses()).toEqual({ top: 'done', left: 'ready', right: 'ready', bottom: 'pending' })
    expect(await work(1)).toBe(1)
    expect((await diamond.statuses()).bottom).toBe('pending')
    expect(await work()).toBe(2)
    expect((await diamond.view()).status).toBe('done')
    const keys = Array.from({ length: 30 }, (_, index) => `link${index}`)
    const chain = await goal(
      ours,
      keys.map((key, index) => task(key, { depends_on: keys.slice(Math.max(0, index - 1), index) })),
    )
    expect(await work()).toBe(30)
    const ended = [...(await chain.view()).tasks.values()].map(({ ended_at }) => ended_at ?? '')
    expect(ended).toEqual([...ended].sort())
  })

  it('that is not started waits, and one that is refused leaves nothing', async () => {
    const waiting = await goal(ours, [task('only')], { start: false })
    expect([(await waiting.view()).status, await work()]).toEqual(['planning', 0])
    const refused: readonly (readonly [readonly PlanTaskInput[], string, unknown])[] = [
      [[task('a', { depends_on: ['b'] }), task('b', { depends_on: ['a'] })], 'plan_invalid', 'cycle'],
      [[task('a', { depends_on: ['ghost'] })], 'plan_invalid', 'unknown_key'],
      [[task('a', { input: { x: { $from: 'ghost.output' } } })], 'plan_invalid', 'unknown_key'],
      [[task('a', { capability: 'levitate' })], 'unknown_capability', undefined],
    ]
    const project = await ours.project()
    for (const [tasks, code, problem] of refused) {
      const body = { project_id: project.id, title: 'Refused', plan: { tasks } }
      const { error } = await ours.send(createGoal, { body: body as never })
      expect([error?.code, error?.detail.problem]).toEqual([code, problem])
    }
    const left = await database.sql('select count(*)::int as n from planner_goals where project_id = $1', [project.id])
    expect(left).toEqual([{ n: 0 }])
  })
})

describe('what a task is given', () => {
  it('refers to what its parents gave, which makes the edge by itself', async () => {
    const stated = await goal(ours, [
      task('source', { input: { list: [1, { deep: 'x' }], name: 'n' } }),
      task('user', { input: { whole: { $from: 'source.output' }, part: [{ $from: 'source.output.list[1].deep' }] } }),
    ])
    expect(await work()).toBe(2)
    const { output, depends_on } = await stated.task('user')
    expect(output).toEqual({ whole: { list: [1, { deep: 'x' }], name: 'n' }, part: ['x'] })
    expect(depends_on.map(({ key }) => key)).toEqual(['source'])
  })

  it('fails with input_missing where a path leads nowhere, and no agent sees it', async () => {
    const stated = await goal(ours, [task('source'), task('user', { input: { x: { $from: 'source.output.gone' } } })])
    expect(await work()).toBe(1)
    const { status, reason, id } = await stated.task('user')
    expect([status, reason?.split(':')[0]]).toEqual(['failed', 'input_missing'])
    expect(await journalOf(database, ours, { task_id: id })).toEqual(['task.ready', 'task.started', 'task.failed'])
    expect((await stated.view()).status).toBe('failed')
  })

  it('is written to state by its operations, else as a document of its own', async () => {
    const stated = await goal(ours, [
      task('own', { input: { n: 1 } }),
      task('named', {
        input: { text: 'hello', by: 2 },
        writes: [
          { op: 'set', document: 'report', path: '', value: { $from: 'output.text' } },
          { op: 'append', document: 'log', value: { $from: 'output' } },
          { op: 'increment', document: 'count', by: 3 },
        ],
      }),
      task('silent', { writes: [] }),
    ])
    await work()
    const { committed } = await stated.task('own')
    expect(committed?.documents.map(({ document }) => document)).toEqual([`goals/${stated.id}/own`])
    const rows = await database.sql(
      `select v.document, v.value, v.version from state_document_versions v where v.scope_id = $1 order by v.document`,
      [stated.project_id],
    )
    expect(rows).toEqual([
      { document: 'count', value: 3, version: 1 },
      { document: `goals/${stated.id}/own`, value: { n: 1 }, version: 1 },
      { document: 'log', value: [{ text: 'hello', by: 2 }], version: 1 },
      { document: 'report', value: 'hello', version: 1 },
    ])
    expect((await stated.task('silent')).committed).toBeUndefined()
  })
})

describe('for_each', () => {
  const list = (items: readonly unknown[]) => task('list', { input: { items } as never })
  const each = (rest: Parameters<typeof task>[1] = {}) =>
    task('each', { for_each: { $from: 'list.output.items' }, ...rest })

  it('makes a child an item and joins their outputs in order', async () => {
    const stated = await goal(ours, [
      list(['a', 'b', ['c']]),
      each({ input: { it: { $from: 'item' }, at: { $from: 'index' } } }),
      task('after', { input: { all: { $from: 'each.output' }, second: { $from: 'each.output[1].it' } } }),
    ])
    expect(await work()).toBe(5)
    const all = [
      { it: 'a', at: 0 },
      { it: 'b', at: 1 },
      { it: ['c'], at: 2 },
    ]
    expect((await stated.task('each')).output).toEqual(all)
    expect((await stated.task('after')).output).toEqual({ all, second: 'b' })
    const { counts, tasks, status } = await stated.view()
    expect([status, counts.done, [...tasks.keys()].sort()]).toEqual([
      'done',
      6,
      ['after', 'each', 'each[0]', 'each[1]', 'each[2]', 'list'],
    ])
    expect(await journalOf(database, ours, { task_id: tasks.get('each[1]')?.id ?? '' })).toEqual([
      'task.ready',
      ...done,
    ])
    expect(await journalOf(database, ours, { task_id: tasks.get('each')?.id ?? '' })).toEqual(['task.done'])
  })

  it('of an empty list is done at once with an empty list', async () => {
    const stated = await goal(ours, [list([]), each(), task('after', { input: { all: { $from: 'each.output' } } })])
    expect(await work()).toBe(2)
    expect((await stated.task('after')).output).toEqual({ all: [] })
    expect((await stated.view()).status).toBe('done')
  })

  it('over for_each gives arrays of arrays in their order', async () => {
    const stated = await goal(ours, [
      list([['x', 'y'], ['z'], []]),
      each({ input: { inner: { $from: 'item' } } }),
      task('outer', {
        for_each: { $from: 'each.output' },
        input: { got: { $from: 'item.inner' }, n: { $from: 'index' } },
      }),
    ])
    await work()
    const expected = [
      { got: ['x', 'y'], n: 0 },
      { got: ['z'], n: 1 },
      { got: [], n: 2 },
    ]
    expect((await stated.task('outer')).output).toEqual(expected)
  })

  it('fails with a child that fails, while the other children go on', async () => {
    const stated = await goal(ours, [
      list([1, -1, 2]),
      each({ input: { pad_bytes: { $from: 'item' } } }),
      task('after', { depends_on: ['each'] }),
    ])
    await work()
    const { status, tasks } = await stated.view()
    const statuses = ['each[0]', 'each[1]', 'each[2]', 'each', 'after'].map((key) => tasks.get(key)?.status)
    expect([status, statuses]).toEqual(['failed', ['done', 'failed', 'done', 'failed', 'failed']])
    expect(tasks.get('each')?.reason).toBe('dependency each[1] failed')
    expect(await journalOf(database, ours, { task_id: tasks.get('each')?.id ?? '' })).toEqual(['task.failed'])
  })

  it('over something that is no list, or over too much, fails and says so', async () => {
    const noList = await goal(ours, [task('list', { input: { items: 'text' } }), each()])
    const tooWide = await goal(ours, [list(Array.from({ length: 1001 }, () => 0)), each()])
    await work()
    expect((await noList.task('each')).reason).toContain('is not a list')
    expect((await tooWide.task('each')).reason).toContain('too_wide')
    expect((await tooWide.view()).tasks.size).toBe(2)
  })

  it('is null over an edge that continues after a failure', async () => {
    const stated = await goal(ours, [failing('list'), each({ on_failure: 'continue' })])
    await work()
    expect((await stated.task('each')).output).toEqual([])
    expect((await stated.view()).status).toBe('done')
  })
})
