import type { FailurePolicy, Priority } from '@muster/contract/planner/tasks/task-definitions'
import type { TaskStatus } from '@muster/contract/planner/tasks/tasks'
import { keysOf } from '@muster/contract/platform/objects'

/*
 * A task of kind `work`: it waits for what it depends on, is queued, run under a lease, judged, perhaps put to a
 * person, and ends. Ends are final: a person's retry makes a new row in a new revision.
 */
export const taskTransitions = {
  pending: ['ready', 'awaiting_approval', 'failed', 'skipped', 'cancelled', 'done'],
  ready: ['running', 'failed', 'skipped', 'cancelled'],
  running: ['in_review', 'ready', 'failed', 'skipped', 'cancelled', 'done', 'awaiting_approval'],
  in_review: ['done', 'ready', 'awaiting_approval', 'failed', 'skipped', 'acting', 'cancelled'],
  awaiting_approval: ['done', 'pending', 'ready', 'in_review', 'rejected', 'failed', 'acting', 'skipped', 'cancelled'],
  acting: ['done', 'failed', 'cancelled'],
  done: [],
  failed: [],
  rejected: [],
  skipped: [],
  cancelled: [],
} as const satisfies Record<TaskStatus, readonly TaskStatus[]>

/** A goal: planned, perhaps approved, run, paused and resumed, ended; a retry of something in it makes it run again. */
export const goalTransitions = {
  planning: ['awaiting_approval', 'running', 'done', 'failed', 'cancelled'],
  awaiting_approval: ['running', 'done', 'failed', 'cancelled'],
  running: ['paused', 'awaiting_approval', 'done', 'failed', 'cancelled'],
  paused: ['running', 'awaiting_approval', 'done', 'failed', 'cancelled'],
  done: ['running'],
  failed: ['running'],
  cancelled: ['running'],
} as const

const ends: ReadonlySet<TaskStatus> = new Set(['done', 'failed', 'rejected', 'skipped', 'cancelled'])

export const hasEnded = (status: TaskStatus): boolean => ends.has(status)

export function mayMove(from: TaskStatus, to: TaskStatus): boolean {
  return taskTransitions[from].some((status) => status === to)
}

/** The effect of an ended task on a dependent, by the edge between them (invariant 9). */
export function effectOfEnd(
  end: TaskStatus,
  on_failure: FailurePolicy,
): 'release' | 'fail' | 'skip' | 'replan' | 'ask' {
  if (end === 'done' || on_failure === 'continue') return 'release'
  if (end === 'skipped') return 'skip'
  return on_failure
}

const gravity: readonly ReturnType<typeof effectOfEnd>[] = ['fail', 'skip', 'replan', 'ask', 'release']

/** Where several dependencies of a task failed, the one whose effect is the gravest decides. */
export function gravestByTask<
  T extends { readonly task_id: string; readonly cause: TaskStatus; readonly on_failure: FailurePolicy },
>(brokenDependencies: readonly T[]): T[] {
  const rank = ({ cause, on_failure }: T): number => gravity.indexOf(effectOfEnd(cause, on_failure))
  const gravestById = new Map<string, T>()
  for (const one of brokenDependencies) {
    const current = gravestById.get(one.task_id)
    if (!current || rank(one) < rank(current)) gravestById.set(one.task_id, one)
  }
  return [...gravestById.values()]
}

/** Priorities as the queue sorts them: the smaller comes first. */
export const priority_ranks = { urgent: 0, high: 1, medium: 2, low: 3 } as const satisfies Record<Priority, number>

export function priorityOf(rank: number): Priority {
  return keysOf(priority_ranks).find((name) => priority_ranks[name] === rank) ?? 'medium'
}
