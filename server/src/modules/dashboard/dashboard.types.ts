import type { AgentStatus, Runtime } from '@muster/contract/agents/agents'
import type { BudgetWindow } from '@muster/contract/budgets/budgets'
import type { GoalStatus } from '@muster/contract/planner/goals'
import type { TaskStatus } from '@muster/contract/planner/tasks'
import type { Principal } from '../../platform/principal.ts'

/** A process that takes work, as the instance's table has it. */
export interface ProcessSeen {
  readonly id: string
  readonly services: readonly string[]
  readonly seen_at: string
  /** Seen within the last minute. */
  readonly is_alive: boolean
}

/** A limit in its current window: of one goal where goals count apart, else of all together. */
export interface LimitRow {
  readonly limit_id: string
  readonly scope_kind: 'organization' | 'project' | 'campaign' | 'goal' | 'agent'
  readonly scope_id: string
  readonly budget_window: BudgetWindow
  readonly cost_micro_usd: number | null
  readonly tokens: number | null
  readonly live_runs: number | null
  readonly window_start: string
  readonly held_micro_usd: number
  readonly held_tokens: number
  readonly used_micro_usd: number
  readonly used_tokens: number
  readonly created_at: string
  /** Runs under lease in the scope now. */
  readonly live: number
}

export interface StopRow {
  readonly id: string
  readonly scope_kind: 'organization' | 'project' | 'agent'
  readonly scope_id: string
  readonly reason: string
  readonly raised_by: Principal
  readonly raised_at: string
}

/** A task with the facts that explain why it is not running. */
export interface WhyTask {
  readonly now: string
  readonly task_id: string
  readonly status: TaskStatus
  readonly project_id: string
  readonly goal_id: string | null
  readonly capability: string
  readonly agent_id: string | null
  readonly cost_micro_usd: number
  readonly tokens: number
  readonly project_status: 'active' | 'paused'
  readonly goal_status: GoalStatus | null
  readonly goal_reason: string | null
  /** When its place in the queue may be taken; null: it is not in the queue. */
  readonly available_at: string | null
  readonly run_id: string | null
  readonly run_kind: 'work' | 'judge' | null
  readonly run_expires_at: string | null
  /** Since when its result waits for a judge; null: it does not. */
  readonly review_since: string | null
}

/** A dependency of the task that has not ended. */
export interface WhyParent {
  readonly task_id: string
  readonly key: string
  readonly status: TaskStatus
  /** Set where a person is asked about it. */
  readonly approval_id: string | null
  readonly subject_kind: string | null
}

/** An approval of the task, or of its goal's plan, that has no effect yet. */
export interface WhyApproval {
  readonly approval_id: string
  readonly subject_kind: string
  readonly status: 'open' | 'decided'
  readonly due_at: string
  readonly effective_at: string | null
}

/** An agent that the task names, or that has its capability; retired ones are left out. */
export interface WhyAgent {
  readonly agent_id: string
  readonly name: string
  readonly runtime: Runtime
  readonly status: AgentStatus
  readonly stopped: boolean
  readonly seen_at: string | null
  readonly is_present: boolean
  readonly live_runs: number
}

export interface WhyFacts {
  readonly task: WhyTask
  readonly parents: readonly WhyParent[]
  readonly approvals: readonly WhyApproval[]
  readonly agents: readonly WhyAgent[]
  /** In force over the organization, the project or one of the agents. */
  readonly stops: readonly StopRow[]
  /** Of the organization, the project, the goal and the agents. */
  readonly limits: readonly LimitRow[]
  readonly processes: readonly ProcessSeen[]
}

export interface FleetAgent {
  readonly agent_id: string
  readonly name: string
  readonly status: 'active' | 'paused'
  readonly stopped: boolean
  readonly runtime: string
  readonly seen_at: string | null
  readonly is_present: boolean
  readonly live_runs: number
  /** How its last run ended, where it ended within the hour. */
  readonly last_ended: string | null
}

export interface FleetNumbers {
  readonly at: string
  readonly task_queue: number
  readonly task_oldest_at: string | null
  readonly review_queue: number
  readonly review_oldest_at: string | null
  readonly hitl_queue: number
  readonly hitl_oldest_at: string | null
  readonly snoozed: number
  readonly past_due: number
  readonly due_within_hour: number
  readonly live_runs: number
  readonly ended_hour: number
  readonly failed_hour: number
  readonly ended_day: number
  readonly failed_day: number
}

export interface FailedRun {
  readonly run_id: string
  readonly agent_id: string
  readonly task_id: string
  readonly status: 'failed' | 'lost'
  readonly error: { readonly code: string; readonly message: string } | null
  readonly ended_at: string
}

export interface Minute {
  readonly at: string
  readonly done: number
  readonly failed: number
}

/** Ready tasks that the same agents could take: those with a capability, or the one that they name. */
export interface Lane {
  readonly capability: string
  readonly agent_id: string | null
  readonly tasks: number
  readonly oldest_at: string
  /** That are not retired, and those of them that are active and not stopped. */
  readonly agents: number
  readonly able: number
  readonly has_builtin: boolean
  /** A remote one that was seen within the last minute. */
  readonly has_present: boolean
  readonly has_stopped: boolean
  readonly able_name: string | null
  readonly any_name: string | null
}

/** A candidate for attention. */
export interface Finding {
  readonly id: string
  readonly project_id: string | null
  readonly goal_id: string | null
  readonly title: string
  readonly since: string
}
