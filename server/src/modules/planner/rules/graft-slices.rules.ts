/** Parts of a graft that are each written by one statement: pure. */
import type { Graft, NewTask } from '../planner.types.ts'

const tasks_max = 1_000
const edges_max = 5_000
const characters_max = 250_000

/** Edges come behind the tasks that they join. What is not large stays whole. */
export function graftSlices(graft: Graft): readonly Graft[] {
  const tasks = slicesOf(graft.tasks, { items_max: tasks_max, sizeOf: charactersOf })
  const edges = slicesOf(graft.edges, { items_max: edges_max, sizeOf: () => 0 })
  if (tasks.length <= 1 && edges.length <= 1) return [graft]
  return [
    ...tasks.map((slice) => ({ ...graft, tasks: slice, edges: [] })),
    ...edges.map((slice) => ({ ...graft, tasks: [], edges: slice })),
  ]
}

const charactersOf = ({ input, spec }: NewTask): number => input.length + spec.length

interface SliceBounds<Item> {
  readonly items_max: number
  sizeOf(item: Item): number
}

/** An item that is too large for any slice has one of its own. */
function slicesOf<Item>(items: readonly Item[], { items_max, sizeOf }: SliceBounds<Item>): readonly Item[][] {
  const slices: Item[][] = []
  let size = 0
  for (const item of items) {
    const last = slices.at(-1)
    const own = sizeOf(item)
    if (last && last.length < items_max && size + own <= characters_max) {
      last.push(item)
      size += own
    } else {
      slices.push([item])
      size = own
    }
  }
  return slices
}
