import type { GoalStatus } from '@muster/contract/planner/goals/goals'
import type { Strategy } from '@muster/contract/planner/plans/plans'
import type { FailurePolicy, PlanTask } from '@muster/contract/planner/tasks/task-definitions'
import type { TaskCounters, TaskStatus } from '@muster/contract/planner/tasks/tasks'
import type { TaskKindName } from '@muster/contract/platform/task-kind-names'
import type { Json } from '@muster/contract/values'
import type { Principal } from '../../platform/principal.ts'
import type { TaskColumns, TaskSpec } from './planner.port.ts'

/** Rows of the planner's tables, as they are inserted and as they are read. */

export interface NewGoal {
  readonly organization_id: string
  readonly id: string
  readonly project_id: string
  readonly title: string
  readonly text: string | null
  readonly status: 'planning' | 'awaiting_approval' | 'running'
  readonly strategy: string
  readonly plan_revision: number
  readonly priority: number
  /** JSON text. */
  readonly artifacts: string
  readonly playbook: string | null
  readonly rerun_of: string | null
  readonly planner_model: string | null
  readonly variables: string
  readonly created_by: string
  readonly open_tasks: number
}

export interface NewTask extends TaskColumns {
  readonly id: string
  /** JSON text. */
  readonly input: string
  /** JSON text. */
  readonly spec: string
  readonly step: 'run' | 'expand' | 'join' | 'approve'
  readonly waits_on: number
  readonly parent_id: string | null
  readonly item_index: number | null
  readonly retry_of: string | null
}

export interface NewEdge {
  readonly from_id: string
  readonly to_id: string
  readonly on_failure: string
}

export interface TaskInsertion {
  readonly organization_id: string
  readonly project_id: string
  readonly goal_id: string | null
  readonly revision: number
  readonly created_by: string
  readonly tasks: readonly NewTask[]
  readonly edges: readonly NewEdge[]
  /** Whether tasks that wait for nothing go into the queue at once. */
  readonly queue: boolean
}

/** What `lock` gives: goals, gates and states, apart. */
export type LockedRow =
  | { readonly what: 'goal'; readonly id: string; readonly status: string }
  | { readonly what: 'gate'; readonly id: string; readonly stopped: boolean; readonly policy_version: number }
  | ({ readonly what: 'state'; readonly id: string; readonly status: TaskStatus } & TaskCounters)

/** A task as it is shown. */
export interface TaskRow extends TaskCounters, TaskColumns {
  readonly id: string
  readonly kind: TaskKindName
  readonly project_id: string
  readonly goal_id: string | null
  readonly revision: number
  readonly status: TaskStatus
  readonly reason: string | null
  readonly input: Json
  readonly spec: TaskSpec
  readonly parent_id: string | null
  readonly retry_of: string | null
  readonly run_id: string | null
  readonly output: Json
  readonly created_at: string
  readonly ready_at: string | null
  readonly ended_at: string | null
  readonly edges:
    | readonly { readonly key: string; readonly task_id: string; readonly on_failure: FailurePolicy }[]
    | null
  readonly commit: {
    readonly id: string
    readonly written: readonly { document: string; scope: 'project' | 'agent'; version: number }[]
  } | null
}

/** A goal as it is shown. */
export interface GoalRow {
  readonly id: string
  readonly number: number
  readonly project_id: string
  readonly title: string
  readonly text: string | null
  readonly status: GoalStatus
  readonly reason: string | null
  readonly strategy: Strategy
  readonly planner_model: string | null
  readonly plan_revision: number
  readonly priority: number
  readonly artifacts: readonly { readonly artifact_id: string }[]
  readonly variables: Readonly<Record<string, unknown>>
  readonly playbook: string | null
  readonly rerun_of: string | null
  readonly created_by: Principal
  readonly spent_micro_usd: number
  readonly spent_tokens: number
  readonly created_at: string
  readonly started_at: string | null
  readonly ended_at: string | null
  /** Tasks by status; statuses without a task are left out. */
  readonly counts: Readonly<Record<string, number>> | null
}

export interface PlanRow {
  readonly id: string
  readonly goal_id: string
  readonly revision: number
  /** Stored as it was accepted. */
  readonly plan: { readonly tasks: readonly PlanTask[] }
  readonly reason: string
  readonly created_by: Principal
  readonly created_at: string
}
