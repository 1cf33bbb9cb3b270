import type { TaskStatus } from '@muster/contract/planner/tasks/tasks'
import type { Principal } from '../../platform/principal.ts'
import type { RunItemRow } from './rules/present.rules.ts'

/** A run, live or ended, with its task. */
export interface RunFacts extends RunItemRow {
  /** JSON text; null where there is none. An accepted output stands with the task. */
  readonly output: string | null
  readonly output_sha256: string | null
  readonly revision: number
  readonly task_status: TaskStatus
  readonly task_created_at: string
  readonly task_created_by: Principal
  readonly task_ready_at: string | null
  readonly task_ended_at: string | null
  /** Whether the task has a later run. */
  readonly is_overtaken: boolean
}

export interface PlanFacts {
  readonly created_at: string
  readonly created_by: Principal
}

export interface QuestionFacts {
  readonly approval_id: string
  readonly status: 'open' | 'decided' | 'applied' | 'expired' | 'withdrawn'
  readonly created_at: string
  readonly effective_at: string | null
  readonly answers:
    | readonly { readonly at: string; readonly by: Principal; readonly revoked_at: string | null }[]
    | null
}

export interface DocumentFacts {
  readonly scope: 'project' | 'agent'
  readonly scope_id: string
  readonly document: string
  readonly version: number
}

export interface CommitFacts {
  readonly commit_id: string
  readonly written: readonly DocumentFacts[]
  readonly committed_at: string
  readonly committed_by: Principal
}

export interface ConflictFacts {
  readonly conflict_id: string
  readonly run_id: string | null
  readonly refused_at: string
  readonly moved: readonly (DocumentFacts & { readonly current: number })[]
}
