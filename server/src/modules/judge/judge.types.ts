import type { Policy } from '@muster/contract/projects/policies'
import type { TaskState } from '../planner/planner.port.ts'
import type { CommitOutcome } from '../state/state.port.ts'
import type { RunResult } from '../worker/worker.port.ts'
import type { Verdict } from './judge.rules.ts'

/** A result that may be judged: its task is running and locked, its project not stopped. */
export interface AdmittedResult {
  readonly result: RunResult
  readonly state: TaskState
  readonly policy: Policy
}

/** One result on its way through the settling transaction. */
export interface Item extends AdmittedResult {
  readonly verdict: Verdict
  readonly verdict_id: string
  readonly commit?: CommitOutcome
}

export interface VerdictRow {
  readonly organization_id: string
  readonly id: string
  readonly run_id: string
  readonly task_id: string
  readonly project_id: string
  readonly quality: number | null
  readonly confidence: number
  readonly route_to: 'commit' | 'retry' | 'approval'
  readonly route_row: number
  readonly policy_version: number
  readonly output_sha256: string
  /** JSON text. */
  readonly findings: string
}

export interface ApprovedResult {
  readonly organization_id: string
  readonly goal_id: string | null
  readonly task_id: string
  readonly run_id: string
  /** JSON text: all strings of the result. */
  readonly texts: string
}

export interface StoredVerdict extends Omit<VerdictRow, 'organization_id' | 'findings'> {
  readonly at: string
  readonly findings: Pick<Verdict, 'checks' | 'violations' | 'topics'> & { readonly reason: string }
}
