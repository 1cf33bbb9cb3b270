import { expect, it } from 'vitest'
import type { NewTask, TaskInsertion } from '../planner.types.ts'
import { insertionBatches } from './insertion-batches.rules.ts'

const task: NewTask = {
  id: 't',
  key: 't',
  title: 't',
  capability: 'noop',
  agent_id: null,
  priority: 2,
  cost_micro_usd: 0,
  tokens: 0,
  timeout_ms: 1,
  attempts_max: 1,
  input: '{}',
  spec: '{}',
  step: 'run',
  waits_on: 0,
  parent_id: null,
  item_index: null,
  retry_of: null,
}
const taskRef = { organization_id: 'o', project_id: 'p', goal_id: 'g', revision: 1, created_by: '{}', queue: true }
const insertTasks = (tasks: readonly NewTask[], edges = 0): TaskInsertion => ({
  ...taskRef,
  tasks,
  edges: Array.from({ length: edges }, () => ({ from_id: 't', to_id: 't', on_failure: 'fail' })),
})
const sizes = (batches: readonly TaskInsertion[]) => batches.map(({ tasks, edges }) => [tasks.length, edges.length])
const some = (count: number, more: Partial<NewTask> = {}) => Array.from({ length: count }, () => ({ ...task, ...more }))

it('writes what is not large at once', () => {
  const given = insertTasks(some(1_000), 5_000)
  expect(insertionBatches(given)).toEqual([given])
  expect(sizes(insertionBatches(insertTasks([], 3)))).toEqual([[0, 3]])
})

it('writes many tasks before their edges, all of them once', () => {
  expect(sizes(insertionBatches(insertTasks(some(2_500), 7_000)))).toEqual([
    [1_000, 0],
    [1_000, 0],
    [500, 0],
    [0, 5_000],
    [0, 2_000],
  ])
})

it('counts what is in them', () => {
  expect(sizes(insertionBatches(insertTasks(some(3, { input: 'x'.repeat(120_000) }))))).toEqual([
    [2, 0],
    [1, 0],
  ])
  expect(sizes(insertionBatches(insertTasks(some(2, { input: 'x'.repeat(300_000) }))))).toEqual([
    [1, 0],
    [1, 0],
  ])
})
