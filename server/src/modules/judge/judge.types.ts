import type { Policy } from '@muster/contract/shapes/policies'
import type { TaskState } from '../planner/planner.port.ts'
import type { CommitOutcome } from '../state/state.port.ts'
import type { RunResult } from '../worker/worker.port.ts'
import type { Verdict } from './judge.rules.ts'

/** A result that may be judged: its task is running and locked, its project not stopped. */
export interface Admitted {
  readonly result: RunResult
  readonly state: TaskState
  readonly policy: Policy
}

/** One result on its way through the settling transaction. */
export interface Item extends Admitted {
  readonly verdict: Verdict
  readonly verdict_id: string
  readonly commit?: CommitOutcome
}
