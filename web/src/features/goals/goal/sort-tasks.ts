import type { GoalNode } from '@muster/contract/planner/goals/goal-graph'
import { taskStatuses } from '@muster/contract/planner/tasks/tasks'

export const taskSorts = ['key', 'title', 'status', 'capability', 'attempts', 'duration'] as const
export type TaskSort = (typeof taskSorts)[number]

/** Tasks in an order; those that are equal in it stay in the order of the plan. */
export function sortTasks(
  nodes: readonly GoalNode[],
  { by, order }: { readonly by: TaskSort; readonly order: 'asc' | 'desc' },
): readonly GoalNode[] {
  const now = Date.now()
  const compare = comparisons(now)[by]
  return nodes.toSorted((one, other) => (order === 'asc' ? compare(one, other) : compare(other, one)))
}

/** Each task with its children right behind it, else in the order of the plan. */
export function inFamilies(nodes: readonly GoalNode[]): readonly GoalNode[] {
  const present = new Set<string>(nodes.map(({ id }) => id))
  const children = new Map<string, GoalNode[]>()
  for (const node of nodes) {
    if (node.parent_id !== undefined) children.set(node.parent_id, [...(children.get(node.parent_id) ?? []), node])
  }
  return nodes.flatMap((node) => {
    const isBelow = node.parent_id !== undefined && present.has(node.parent_id)
    return isBelow ? [] : [node, ...(children.get(node.id) ?? [])]
  })
}

/** How often it was tried: every setback, whatever the reason, and the try that stands now. */
export function attemptCount({ counters, status, started_at }: GoalNode): number {
  const { attempts, retries, leases_lost, conflicts } = counters
  const setbacks = attempts + retries + leases_lost + conflicts
  if (started_at === undefined || status === 'ready' || status === 'pending') return setbacks
  return status === 'failed' ? Math.max(1, setbacks) : setbacks + 1
}

type Compare = (one: GoalNode, other: GoalNode) => number

const words = new Intl.Collator(undefined, { numeric: true })

function comparisons(now: number): Readonly<Record<TaskSort, Compare>> {
  const took = ({ started_at, ended_at }: GoalNode): number =>
    started_at === undefined ? -1 : (ended_at === undefined ? now : Date.parse(ended_at)) - Date.parse(started_at)
  return {
    key: (one, other) => words.compare(one.key, other.key),
    title: (one, other) => words.compare(one.title, other.title),
    capability: (one, other) => words.compare(one.capability, other.capability),
    status: (one, other) => taskStatuses.indexOf(one.status) - taskStatuses.indexOf(other.status),
    attempts: (one, other) => attemptCount(one) - attemptCount(other),
    duration: (one, other) => took(one) - took(other),
  }
}
