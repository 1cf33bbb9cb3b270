import type { Event } from '@muster/contract/events'
import { QueryClient, QueryObserver } from '@tanstack/react-query'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createInvalidator, type Invalidation } from './invalidation.ts'

const invalidations: readonly Invalidation[] = [
  { on: ['task'], queries: ['goals.list', 'dashboard.fleet-status'] },
  { on: ['task'], queries: ['goals.get'], ids: ({ goal_id }) => (goal_id ? [goal_id] : []) },
  { on: ['task.done'], queries: ['tasks.get'], ids: ({ task_id }) => (task_id ? [task_id] : null) },
  { on: ['task.failed', 'approval'], queries: ['approvals.list'] },
]
const taskDone = { type: 'task.done', goal_id: 'goal', task_id: 'task' } as unknown as Event

/** A query that somebody looks at; `asked` counts how often the server was. */
function watched(queries: QueryClient, queryKey: readonly unknown[], ask: () => Promise<unknown> = async () => 1) {
  const queryFn = vi.fn(ask)
  new QueryObserver(queries, { queryKey, queryFn, staleTime: Number.POSITIVE_INFINITY }).subscribe(() => undefined)
  return queryFn
}

describe('the invalidator', () => {
  beforeEach(() => void vi.useFakeTimers())
  afterEach(() => void vi.useRealTimers())

  it('asks again about the goal that moved, and not about another', async () => {
    const queries = new QueryClient()
    const own = watched(queries, ['goals.get', { id: 'goal' }, {}])
    const other = watched(queries, ['goals.get', { id: 'other' }, {}])
    const list = watched(queries, ['goals.list', {}, {}])
    await vi.advanceTimersByTimeAsync(0)
    createInvalidator(queries, invalidations)(taskDone)
    await vi.advanceTimersByTimeAsync(200)
    expect([own, other, list].map(({ mock }) => mock.calls.length)).toEqual([2, 1, 2])
  })

  it('asks again what is named by the family or by the type of the event, and nothing else', async () => {
    const queries = new QueryClient()
    const byFamily = watched(queries, ['goals.list', {}, {}])
    const byType = watched(queries, ['tasks.get', { id: 'task' }, {}])
    const byOther = watched(queries, ['approvals.list', {}, {}])
    const unnamed = watched(queries, ['agents.list', {}, {}])
    await vi.advanceTimersByTimeAsync(0)
    createInvalidator(queries, invalidations)(taskDone)
    await vi.advanceTimersByTimeAsync(200)
    expect([byFamily, byType, byOther, unnamed].map(({ mock }) => mock.calls.length)).toEqual([2, 2, 1, 1])
  })

  it('asks about every id where the event has none', async () => {
    const queries = new QueryClient()
    const task = watched(queries, ['tasks.get', { id: 'task' }, {}])
    const goal = watched(queries, ['goals.get', { id: 'goal' }, {}])
    await vi.advanceTimersByTimeAsync(0)
    createInvalidator(queries, invalidations)({ type: 'task.done' } as unknown as Event)
    await vi.advanceTimersByTimeAsync(200)
    expect([task, goal].map(({ mock }) => mock.calls.length)).toEqual([2, 1])
  })

  it('asks about once a second however many events come', async () => {
    const queries = new QueryClient()
    const own = watched(queries, ['goals.get', { id: 'goal' }, {}])
    await vi.advanceTimersByTimeAsync(0)
    const touch = createInvalidator(queries, invalidations)
    for (let tick = 0; tick < 250; tick++) {
      touch(taskDone)
      await vi.advanceTimersByTimeAsync(20)
    }
    await vi.advanceTimersByTimeAsync(2_000)
    expect(own.mock.calls.length).toBeGreaterThan(4)
    expect(own.mock.calls.length).toBeLessThan(9)
  })

  it('waits for an answer that is on its way, and then asks once more', async () => {
    const queries = new QueryClient()
    const slow = watched(
      queries,
      ['dashboard.fleet-status', {}, {}],
      () => new Promise((resolve) => setTimeout(resolve, 3_000, 1)),
    )
    const touch = createInvalidator(queries, invalidations)
    touch(taskDone)
    await vi.advanceTimersByTimeAsync(2_900)
    expect(slow).toHaveBeenCalledTimes(1)
    await vi.advanceTimersByTimeAsync(1_500)
    expect(slow).toHaveBeenCalledTimes(2)
    await vi.advanceTimersByTimeAsync(10_000)
    expect(slow).toHaveBeenCalledTimes(2)
  })
})
