/** What a retry takes with it, and what the new rows wait for: pure, linear in tasks and edges. */
import { hasEnded } from './planner.rules.ts'

export interface RevisionTask {
  readonly task_id: string
  readonly status: string
  readonly step: string
  readonly parent_id: string | null
}

export interface RevisionEdge {
  readonly from_id: string
  readonly to_id: string
  readonly on_failure: string
}

export interface Revision {
  /** Current tasks that get a new row. */
  readonly renewed: ReadonlySet<string>
  /** Children of a task that is expanded again: replaced by what it will make. */
  readonly dropped: ReadonlySet<string>
}

/** The retried tasks and all that hung on them. */
export function revisionOf(tasks: readonly RevisionTask[], edges: readonly RevisionEdge[], retried: readonly string[]): Revision {
  const by_id = new Map(tasks.map((task) => [task.task_id, task]))
  const children = groupBy(tasks.filter((task) => task.parent_id !== null), (task) => task.parent_id ?? '')
  const out = groupBy(edges, (edge) => edge.from_id)
  const renewed = new Set<string>()
  const dropped = new Set<string>()
  const pending = [...retried]
  for (let id = pending.pop(); id !== undefined; id = pending.pop()) {
    if (renewed.has(id) || dropped.has(id) || !by_id.has(id)) continue
    renewed.add(id)
    for (const edge of out.get(id) ?? []) pending.push(edge.to_id)
  }
  // A container whose own input may change makes new children; one of whose children is retried keeps the others.
  for (const id of renewed) {
    const own = children.get(id) ?? []
    if (own.length === 0 || own.some((child) => renewed.has(child.task_id) && !comesFromAbove(child.task_id, id))) continue
    for (const child of own) dropped.add(child.task_id)
  }
  return { renewed: new Set([...renewed].filter((id) => !dropped.has(id))), dropped }

  function comesFromAbove(child_id: string, parent_id: string): boolean {
    return retried.includes(parent_id) && !retried.includes(child_id)
  }
}

/** How many of a new row's parents are still to come: renewed ones, and those that have not ended. */
export function waitsOf(
  task_id: string,
  edges: readonly RevisionEdge[],
  { renewed, statusOf }: { renewed: ReadonlySet<string>; statusOf: (id: string) => string | undefined },
): number {
  return edges.filter((edge) => {
    if (edge.to_id !== task_id) return false
    if (renewed.has(edge.from_id)) return true
    const status = statusOf(edge.from_id)
    return status !== undefined && !hasEnded(status as Parameters<typeof hasEnded>[0])
  }).length
}

function groupBy<T>(items: readonly T[], key: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>()
  for (const item of items) {
    const group = groups.get(key(item))
    if (group) group.push(item)
    else groups.set(key(item), [item])
  }
  return groups
}
