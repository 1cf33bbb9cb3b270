/** Splits a task insertion into batches of one statement each: pure. */
import type { NewTask, TaskInsertion } from '../planner.types.ts'

const tasks_max = 1_000
const edges_max = 5_000
const characters_max = 250_000

/** Edges come after the tasks that they join. A small insertion stays whole. */
export function insertionBatches(insertTasks: TaskInsertion): readonly TaskInsertion[] {
  const tasks = batchesOf(insertTasks.tasks, { items_max: tasks_max, sizeOf: charactersOf })
  const edges = batchesOf(insertTasks.edges, { items_max: edges_max, sizeOf: () => 0 })
  if (tasks.length <= 1 && edges.length <= 1) return [insertTasks]
  return [
    ...tasks.map((batch) => ({ ...insertTasks, tasks: batch, edges: [] })),
    ...edges.map((batch) => ({ ...insertTasks, tasks: [], edges: batch })),
  ]
}

const charactersOf = ({ input, spec }: NewTask): number => input.length + spec.length

interface BatchBounds<Item> {
  readonly items_max: number
  sizeOf(item: Item): number
}

/** An item that is too large for any batch has one of its own. */
function batchesOf<Item>(items: readonly Item[], { items_max, sizeOf }: BatchBounds<Item>): readonly Item[][] {
  const batches: Item[][] = []
  let size = 0
  for (const item of items) {
    const last = batches.at(-1)
    const own = sizeOf(item)
    if (last && last.length < items_max && size + own <= characters_max) {
      last.push(item)
      size += own
    } else {
      batches.push([item])
      size = own
    }
  }
  return batches
}
