import type { AgentStatus, Runtime } from '@muster/contract/agents/agents'
import type { GoalStatus } from '@muster/contract/planner/goals/goals'
import type { TaskStatus } from '@muster/contract/planner/tasks/tasks'
import type { LimitStatus, Refusal } from '../budgets/budgets.port.ts'

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
  readonly stops: readonly Stop[]
  /** Of the organization, the project, the goal and the agents, and why each would refuse a claim of the task. */
  readonly limits: readonly { readonly limit: LimitStatus; readonly refusal: Refusal['reason'] | null }[]
  readonly processes: readonly LiveService[]
}

/** An emergency stop over the organization, the project or an agent. */
export interface Stop {
  readonly scope_kind: 'organization' | 'project' | 'agent'
  readonly scope_id: string
}

/** A process of the installation and what it does. */
export interface LiveService {
  readonly services: readonly string[]
  /** Seen within the last minute. */
  readonly is_alive: boolean
}
