import { type PlanTask, planTask } from '@muster/contract/planner/tasks/task-definitions'
import { describe, expect, it } from 'vitest'
import { comparePlans } from './compare-plans.ts'

const task = (key: string, more: object = {}): PlanTask => planTask.parse({ key, capability: 'noop', ...more })

describe('comparePlans', () => {
  it('finds added, removed and changed tasks by key', () => {
    const before = [task('a'), task('b'), task('c', { title: 'Old' })]
    const after = [task('a'), task('c', { title: 'New', priority: 'high' }), task('d')]
    const { added, removed, changed, same } = comparePlans(before, after)
    expect(added.map(({ key }) => key)).toEqual(['d'])
    expect(removed.map(({ key }) => key)).toEqual(['b'])
    expect(same).toBe(1)
    expect(changed).toHaveLength(1)
    expect(changed[0]?.changes).toEqual([
      { op: 'add', path: 'priority', after: 'high' },
      { op: 'replace', path: 'title', before: 'Old', after: 'New' },
    ])
  })

  it('does not mind the order of fields', () => {
    const { changed } = comparePlans([task('a', { input: { x: 1, y: 2 } })], [task('a', { input: { y: 2, x: 1 } })])
    expect(changed).toEqual([])
  })

  it('minds the order of a list', () => {
    const { changed } = comparePlans([task('a', { input: [1, 2] })], [task('a', { input: [2, 1] })])
    expect(changed[0]?.changes[0]).toMatchObject({ op: 'replace', path: 'input' })
  })
})
