import type { Data } from '@muster/contract/values'
import type { verdict } from '@muster/contract/worker/verdicts'
import type { z } from 'zod'
import type { EngineTx, Tx } from '../../platform/db/db.ts'
import type { Principal } from '../../platform/principal.ts'
import type { ClaimedTask } from '../planner/planner.port.ts'
import type { Usage, WorkingRun } from '../runtimes/runtimes.port.ts'
import type { ReadVersion } from '../state/state.port.ts'

/** Names a run. */
export interface RunRef {
  readonly organization_id: string
  readonly run_id: string
}

/** Everything a claim fixes about a run. The token fences it: a write without the right one is refused. */
export interface LiveRun extends WorkingRun {
  readonly token: number
  readonly claimed_by: Principal
  readonly claimed_at: string
  readonly expires_at: string
  readonly deadline_at: string
  readonly read_set: readonly ReadVersion[]
}

/** The result of a run, to be judged. `output` is JSON text, serialised once. */
export interface RunResult {
  readonly run: LiveRun
  readonly task: ClaimedTask
  readonly completed_by: Principal
  readonly output: string
  /** The same, parsed. */
  readonly value: unknown
  readonly output_sha256: string
  readonly artifact_ids: readonly string[]
  /** The artifacts whose text the output carries. */
  readonly source_ids: readonly string[]
  readonly confidence?: number | undefined
  /** Absent: unknown, which costs the whole hold. */
  readonly usage?: Usage | undefined
}

/** What became of a result that was reported. */
export type SettleOutcome =
  | 'recorded'
  | 'committed'
  | 'returned'
  | 'waiting'
  | 'conflict'
  | 'lease_lost'
  | 'cancelled'
  | 'stopped'
  | 'invalid'

/** A recorded verdict as it is shown; ids are plain strings. */
export type ShownVerdict = Data<z.input<typeof verdict>> & { readonly id: string; readonly at: string }

/** Judges results of runs, as a later module adds it to the extension point `worker.result_judges`. */
export interface ResultJudge {
  /**
   * Records, judges and, where the verdict says so, commits, in the caller's transaction; one outcome an item. Absent
   * where this process does not judge.
   */
  settle?(tx: EngineTx, results: readonly RunResult[]): Promise<readonly SettleOutcome[]>
  /** The verdicts on a run with their evidence, oldest first. */
  verdicts(
    tx: Tx,
    organization_id: string,
    run: { readonly run_id: string; readonly task_id: string },
  ): Promise<readonly ShownVerdict[]>
}

/** How a run ends, and under which token. */
export interface EndedRun extends RunRef {
  /** The fencing token the writer holds; a run that has ended, or is held under another token, is not touched. */
  readonly token: number
  readonly status: 'finished' | 'failed' | 'lost' | 'given_back' | 'cancelled'
  readonly completed_by?: Principal | undefined
  /** JSON text; left out where the task keeps the accepted output. */
  readonly output?: string | undefined
  readonly output_sha256?: string | undefined
  readonly artifact_ids?: readonly string[] | undefined
  readonly confidence?: number | undefined
  readonly usage?: Usage | undefined
  readonly error?: { readonly code: string; readonly message: string } | undefined
}

/** The output that is kept with a run which ended. */
export interface KeptOutput extends RunRef {
  /** JSON text. */
  readonly output: string
  readonly output_sha256: string
}

/** A run that has ended, with what it came to. */
export interface EndedResult extends RunRef {
  readonly task_id: string
  readonly project_id: string
  readonly goal_id: string | null
  readonly agent_id: string
  readonly token: number
  readonly status: 'finished' | 'failed' | 'lost' | 'given_back' | 'cancelled'
  readonly claimed_by: Principal
  readonly completed_by: Principal | null
  readonly claimed_at: string
  readonly ended_at: string
  readonly read_set: readonly ReadVersion[]
  /** JSON text; null where the task keeps it. */
  readonly output: string | null
  readonly output_sha256: string | null
  readonly artifact_ids: readonly string[]
  readonly confidence: number | null
  readonly usage: Usage | null
  readonly error: { readonly code: string; readonly message: string } | null
}

/** What other modules may ask of the worker. All methods join the caller's transaction. */
export interface WorkerPort {
  /**
   * The one function that ends runs: moves them from the live ones to the ended, once, under the lock of their tasks.
   * Returns the ids of those it ended; the others are lost to the caller, or their agent is under an emergency stop.
   */
  endRuns(tx: Tx, endedRuns: readonly EndedRun[]): Promise<ReadonlySet<string>>
  /**
   * Records results whose tasks are locked and running, to be judged later: their runs end, their tasks are in review. Gives
   * the ids of the runs it ended. `enqueueReviews` puts them before the judge.
   */
  record(tx: EngineTx, results: readonly RunResult[]): Promise<ReadonlySet<string>>
  /** Puts recorded results into the review queue. */
  enqueueReviews(
    tx: Tx,
    runs: readonly {
      readonly organization_id: string
      readonly run_id: string
      readonly task_id: string
      readonly project_id: string
      readonly goal_id: string | null
    }[],
  ): Promise<void>
  /** In how many milliseconds the next result is to be judged; null: none waits. */
  reviewsDueIn(tx: EngineTx): Promise<number | null>
  /** Takes results out of the review queue, oldest first, skipping what another judge holds. */
  takeReviews(tx: EngineTx, max: number): Promise<readonly RunRef[]>
  /** A run that has ended, or undefined. */
  result(tx: Tx, organization_id: string, run_id: string): Promise<EndedResult | undefined>
  /** Keeps outputs with their runs: one that was refused after its run had ended, or a person's version in its place. */
  keepOutputs(tx: Tx, outputs: readonly KeptOutput[]): Promise<void>
}
