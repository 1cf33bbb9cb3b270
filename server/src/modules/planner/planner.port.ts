import type { PlanTask } from '@muster/contract/planner/tasks/task-definitions'
import type { TaskCounters, TaskStatus } from '@muster/contract/planner/tasks/tasks'
import type { StateOperation } from '@muster/contract/state/documents'
import type { Json } from '@muster/contract/values'
import type { Feedback } from '@muster/contract/worker/briefs'
import type { EngineTx, Tx } from '../../platform/db/db.ts'
import type { Principal } from '../../platform/principal.ts'
import type { ProjectGate } from '../projects/projects.port.ts'

/** Names a task. */
export interface TaskRef {
  readonly organization_id: string
  readonly task_id: string
}

/** A task with the places it belongs to, which never change. */
export interface ScopedTaskRef extends TaskRef {
  readonly project_id: string
  readonly goal_id: string | null
}

/**
 * What a plan says of a task beyond its columns, in the contract's words. Defaults are left out, so that a plain task's
 * spec is `{}` and costs nothing on its way.
 */
export interface TaskSpec
  extends Partial<Pick<PlanTask, 'reads' | 'checks' | 'approval' | 'output_schema' | 'for_each' | 'repeat'>> {
  /** Absent: the output is created as `goals/{goal_id}/{key}`. Empty: nothing is written. */
  readonly writes?: readonly StateOperation[] | undefined
  /** Set where the input refers to outputs of other tasks, to be resolved at the claim. */
  readonly refers?: true | undefined
  /** Set where it may run in spite of a failed dependency, and is then told why. */
  readonly continues?: true | undefined
  /** Inside an expanded `for_each`. */
  readonly item?: { readonly value: unknown; readonly index: number } | undefined
}

/** What a task is by its columns, from its plan on. */
export interface TaskColumns {
  readonly key: string
  readonly title: string
  readonly capability: string
  readonly agent_id: string | null
  readonly priority: number
  readonly cost_micro_usd: number
  readonly tokens: number
  readonly timeout_ms: number
  readonly attempts_max: number
}

/** A task as the claim hands it to a worker: what it is, without what moves. */
export interface ClaimedTask extends ScopedTaskRef, TaskColumns {
  readonly revision: number
  readonly input: Json
  readonly spec: TaskSpec
  readonly created_by: Principal
  /** What earlier tries were told to do better, oldest first. */
  readonly feedback: readonly Feedback[]
}

/** What moves of a task, read under its goal's lock. */
export interface TaskState extends ScopedTaskRef, TaskCounters, Pick<ProjectGate, 'stopped' | 'policy_version'> {
  readonly goal_status: string | null
  readonly status: TaskStatus
}

/** What an outcome adds one to; a lease given back adds to none. */
export type Counter = 'attempts' | 'leases_lost' | 'retries' | 'conflicts'

interface Outcome<To extends TaskStatus> extends ScopedTaskRef {
  readonly to: To
  readonly run_id: string | null
  readonly actor: Principal
}

/** A task that ended with an output. */
export interface DoneTask extends Outcome<'done'> {
  /** JSON text, kept as the task's output. */
  readonly output: string
  readonly output_sha256: string
}

/** A task that ended without an output. */
export interface EndedTask extends Outcome<'failed' | 'rejected' | 'skipped' | 'cancelled'> {
  readonly reason: string
  readonly counts?: Counter | undefined
}

/** A task that goes back to the queue. */
export interface ReturnedTask extends Outcome<'ready'> {
  readonly reason: string | null
  readonly counts: Counter | 'nothing'
  readonly delay_ms: number
  /** Trying again as planned is not enough: its goal pauses until there is a new plan. */
  readonly needs_plan?: true | undefined
  /** What the next try is told. */
  readonly feedback?: Pick<Feedback, 'from' | 'text' | 'violations'> | undefined
}

/** A task that waits for the judge or for a person. */
export interface HeldTask extends Outcome<'in_review' | 'awaiting_approval'> {
  readonly reason: string | null
  readonly counts?: Counter | undefined
}

/** How a task moves when a run, a verdict or an answer has settled it. */
export type TaskOutcome = DoneTask | EndedTask | ReturnedTask | HeldTask

/** What other modules may ask of the planner. All methods join the caller's transaction. */
export interface PlannerPort {
  /**
   * Takes ready tasks out of the queue for the caller, skipping those that another claimer holds or has taken, and
   * marks them running, each with the next fencing token. `fair`: also notes whose turn it was. Inputs come resolved;
   * where a reference leads nowhere `missing` says so, and the caller ends that run as failed.
   */
  take(
    tx: EngineTx,
    refs: readonly TaskRef[],
    fair: boolean,
  ): Promise<readonly (ClaimedTask & { readonly token: number; readonly missing?: string })[]>
  /**
   * Fails a ready task that nobody can take, for a mistake of ours, and lets follow what its edges say; one that is not
   * ready any more is left alone.
   */
  giveUp(tx: Tx, ref: ScopedTaskRef, reason: string): Promise<void>
  /** What the tasks are; unknown ids are left out. */
  tasks(tx: Tx, refs: readonly TaskRef[]): Promise<readonly ClaimedTask[]>
  /**
   * A task as a run that began at `at` was given it, as far as that can be derived: its input resolved again, and the
   * feedback there was. Undefined for an unknown id.
   */
  taskAt(tx: Tx, ref: TaskRef, at: string): Promise<(ClaimedTask & { readonly missing?: string }) | undefined>
  /** Everybody who stated, planned, changed or retried a goal or a task, and what it came of. */
  statedBy(
    tx: Tx,
    of: { readonly organization_id: string; readonly goal_id: string | null; readonly task_id: string | null },
  ): Promise<readonly Principal[]>
  /** How tasks stand, without a lock; unknown ids are left out. */
  states(
    tx: Tx,
    refs: readonly TaskRef[],
  ): Promise<readonly (TaskRef & TaskCounters & { readonly status: TaskStatus; readonly ended: boolean })[]>
  /** The tasks whose results a task builds on, directly or through others. */
  ancestors(tx: Tx, ref: TaskRef): Promise<ReadonlySet<string>>
  /**
   * Locks the tasks' goals, then the tasks, and says how they stand; their projects' gates are locked in share mode, so
   * that an emergency stop waits for the caller's commit and no commit follows it. Unknown ids are left out.
   */
  lock(tx: Tx, refs: readonly ScopedTaskRef[]): Promise<readonly TaskState[]>
  /**
   * Moves locked tasks: their row, output, dependents (ready, skipped or failed by each edge's `on_failure`), goal and
   * journal events, in a fixed number of statements for any number of plain successes.
   */
  settle(tx: Tx, outcomes: readonly TaskOutcome[]): Promise<void>
}
