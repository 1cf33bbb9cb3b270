import type { TaskAnswer } from '@muster/contract/planner/tasks/tasks'
import type { AvailableTaskKind, TaskCreate } from '@muster/contract/task-kinds'
import type { Json } from '@muster/contract/values'
import type { Tx } from '../../platform/db/db.ts'
import type { Principal } from '../../platform/principal.ts'
import type { ScopedTaskRef } from './planner.port.ts'
import type { TaskRow } from './planner.types.ts'

/** Who asks. */
export interface Requester {
  readonly organization_id: string
  readonly principal: Principal
}

/** What can be done with a task of a kind. */
export type TaskVerb = 'cancel' | 'skip' | 'retry'

/** The caller's request for one task. */
export interface TaskAct {
  readonly caller: Requester
  readonly task_id: string
  readonly reason?: string | undefined
  /** With `retry`: instead of the input that it had. */
  readonly input?: Json | undefined
}

/** Joins the caller's transaction, and gives the id of the task that it leaves. */
export type PerformVerb = (tx: Tx, act: TaskAct) => Promise<string>

/** What callers can do with tasks of a kind. The body of a request and the permissions stand in the contract, in `task-kinds.ts`. */
export interface TaskKind<Kind extends AvailableTaskKind> {
  readonly kind: Kind
  /** Makes one without a goal, and gives its id. */
  create(tx: Tx, request: { readonly caller: Requester; readonly body: TaskBody<Kind> }): Promise<string>
  /** What callers see of it. */
  present(row: TaskRow): TaskAnswer
  /** What callers may do with it; a verb that is left out is refused. */
  readonly verbs: Readonly<Partial<Record<TaskVerb, PerformVerb>>>
}
/** The body of a request that makes a task of the kind, as it is read. */
export type TaskBody<Kind extends AvailableTaskKind> = Extract<TaskCreate, { readonly kind: Kind }>
/** Any kind. The body that it is given is of its own kind: whoever calls `create` has found it by that body's `kind`. */
export type AnyTaskKind = TaskKind<AvailableTaskKind>

/** The latest try at a task, live or ended. */
export interface LatestRun {
  readonly agent_id: string
  readonly started_at: string
}

/** How tasks of the kind `work` are done; the planner itself makes and shows them. */
export interface TaskRuns {
  /** Ends whatever is under way for the tasks, whose locks the caller holds. */
  stop(tx: Tx, tasks: readonly ScopedTaskRef[]): Promise<void>
  /** Median milliseconds of finished runs by capability; those with fewer than five runs are left out. */
  medians(tx: Tx, organization_id: string, capabilities: readonly string[]): Promise<ReadonlyMap<string, number>>
  /** The latest run of each task, by task; tasks without one are left out. One statement for any number of tasks. */
  latestRuns(tx: Tx, organization_id: string, task_ids: readonly string[]): Promise<ReadonlyMap<string, LatestRun>>
}

/**
 * What a later module adds to the extension point `planner.task_kinds`: how work is done, whose other half is the
 * planner's own, or a whole kind of its own.
 */
export type TaskKindPart = { readonly kind: 'work'; readonly runs: TaskRuns } | AnyTaskKind
