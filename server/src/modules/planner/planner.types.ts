import type { TaskCounters, TaskStatus } from '@muster/contract/shapes/tasks'

/** Rows of goals and tasks as they are brought into being. */

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
  readonly variables: string
  readonly created_by: string
  readonly open_tasks: number
}

export interface NewTask {
  readonly id: string
  readonly key: string
  readonly title: string
  readonly capability: string
  readonly agent_id: string | null
  readonly priority: number
  readonly cost_micro_usd: number
  readonly tokens: number
  readonly timeout_ms: number
  readonly attempts_max: number
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

export interface Graft {
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
