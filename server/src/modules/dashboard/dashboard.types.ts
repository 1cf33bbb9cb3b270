import type { Principal } from '../../platform/principal.ts'

export interface StopRow {
  readonly id: string
  readonly scope_kind: 'organization' | 'project' | 'agent'
  readonly scope_id: string
  readonly reason: string
  readonly raised_by: Principal
  readonly raised_at: string
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
