import { createProject } from '@muster/contract/operations/projects'
import { describe, expect, it } from 'vitest'
import { testProgram } from '../program.ts'
import { failing, goal, journalOf, task } from './steps.ts'

const { ours, theirs, database, work } = await testProgram()

describe('goals of no-op tasks', () => {
  it('become done, with one journal row for each change of state', async () => {
    const stated = await goal(ours, [task('first'), task('second', { depends_on: ['first'] })])
    expect(await stated.statuses()).toEqual({ first: 'ready', second: 'pending' })
    expect(await work()).toBe(2)
    const { status, counts, tasks } = await stated.view()
    expect([status, counts.done]).toEqual(['done', 2])
    const done = ['task.started', 'task.reported', 'task.judged', 'state.committed', 'task.done']
    const first = await journalOf(database, ours, { task_id: tasks.get('first')?.id ?? '' })
    const second = await journalOf(database, ours, { task_id: tasks.get('second')?.id ?? '' })
    expect(first).toEqual(done)
    expect(second).toEqual(['task.ready', ...done])
    expect(await journalOf(database, ours, { goal_id: stated.id })).toEqual([
      'goal.created',
      'goal.planned',
      'goal.started',
      'goal.done',
    ])
  })
  it('x', async () => {
    expect(createProject.id).toBe('projects.create')
    expect(failing('x').key).toBe('x')
    expect(theirs.key).not.toBe(ours.key)
  })
})
