/** Which tasks a retry renews, and which of them wait: pure, linear in tasks and edges. */
import { isDeepStrictEqual } from 'node:util'
import type { FailurePolicy, PlanTask } from '@muster/contract/planner/tasks/task-definitions'
import type { TaskStatus } from '@muster/contract/planner/tasks/tasks'
import { hasEnded } from './planner.rules.ts'

export interface RevisionTask {
  readonly task_id: string
  readonly status: TaskStatus
  readonly step: string
  readonly parent_id: string | null
}

export interface RevisionEdge {
  readonly from_id: string
  readonly to_id: string
  readonly on_failure: FailurePolicy
}

export interface Revision {
  /** Current tasks that get a new row. */
  readonly renewedIds: ReadonlySet<string>
  /** Children of a task that is expanded again; it creates new ones. */
  readonly droppedIds: ReadonlySet<string>
}

/**
 * The tasks with all failures that caused their ends, back to tasks that failed by themselves. Children of a container
 * are no cause of it: it creates them anew.
 */
export function withCauses(
  tasks: readonly RevisionTask[],
  edges: readonly RevisionEdge[],
  task_ids: readonly string[],
): string[] {
  const taskById = new Map(tasks.map((task) => [task.task_id, task]))
  const into = groupBy(
    edges.filter((edge) => isBroken(edge, taskById.get(edge.from_id))),
    (edge) => edge.to_id,
  )
  const ids = new Set<string>()
  const stack = [...task_ids]
  for (let id = stack.pop(); id !== undefined; id = stack.pop()) {
    if (ids.has(id)) continue
    ids.add(id)
    for (const { from_id } of into.get(id) ?? []) if (taskById.get(from_id)?.parent_id !== id) stack.push(from_id)
  }
  return [...ids]
}

/** Whether the task at an edge's beginning has ended in a way that breaks the edge. */
export function isBroken(edge: RevisionEdge, from: RevisionTask | undefined): boolean {
  return from !== undefined && hasEnded(from.status) && from.status !== 'done' && edge.on_failure !== 'continue'
}

/** Whether two planned tasks are the same work: only some fields matter. */
export function isSameWork(a: PlanTask, b: PlanTask): boolean {
  return isDeepStrictEqual(workOf(a), workOf(b))
}

function workOf({ capability, input, reads, writes, output_schema, checks, for_each, repeat }: PlanTask) {
  return { capability, input, reads, writes, output_schema, checks, for_each, repeat }
}

/** The retried tasks with all their dependents. */
export function revisionOf(
  tasks: readonly RevisionTask[],
  edges: readonly RevisionEdge[],
  retriedIds: readonly string[],
): Revision {
  const taskById = new Map(tasks.map((task) => [task.task_id, task]))
  const children = groupBy(
    tasks.filter((task) => task.parent_id !== null),
    (task) => task.parent_id ?? '',
  )
  const out = groupBy(edges, (edge) => edge.from_id)
  const renewedIds = new Set<string>()
  const droppedIds = new Set<string>()
  const stack = [...retriedIds]
  for (let id = stack.pop(); id !== undefined; id = stack.pop()) {
    if (renewedIds.has(id) || droppedIds.has(id) || !taskById.has(id)) continue
    renewedIds.add(id)
    for (const edge of out.get(id) ?? []) stack.push(edge.to_id)
  }
  // A container whose own input may change makes new children; one of whose children is retried keeps the others.
  for (const id of renewedIds) {
    const own = children.get(id) ?? []
    if (own.length === 0 || own.some((child) => renewedIds.has(child.task_id) && !comesFromAbove(child.task_id, id)))
      continue
    for (const child of own) droppedIds.add(child.task_id)
  }
  return { renewedIds: new Set([...renewedIds].filter((id) => !droppedIds.has(id))), droppedIds }

  function comesFromAbove(child_id: string, parent_id: string): boolean {
    return retriedIds.includes(parent_id) && !retriedIds.includes(child_id)
  }
}

/** Whether a new row waits for the parent at an edge's beginning: it is renewed, has not ended, or failed for good. */
export function waitsFor(edge: RevisionEdge, from: RevisionTask | undefined, renewedIds: ReadonlySet<string>): boolean {
  if (renewedIds.has(edge.from_id)) return true
  return from !== undefined && (!hasEnded(from.status) || isBroken(edge, from))
}

export function groupBy<T>(items: readonly T[], key: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>()
  for (const item of items) {
    const group = groups.get(key(item))
    if (group) group.push(item)
    else groups.set(key(item), [item])
  }
  return groups
}
