import type { EngineTx, Tx } from '../../platform/db/db.ts'
import type { Actor } from '../../platform/journal/events.ts'
import type { ClaimedTask } from '../planner/planner.port.ts'
import type { ReadVersion } from '../state/state.port.ts'

export interface RunRef {
  readonly organization_id: string
  readonly run_id: string
}

/** Everything a claim fixes about a run. The token fences it: a write without the right one is refused. */
export interface LiveRun extends RunRef {
  readonly task_id: string
  readonly project_id: string
  readonly goal_id: string | null
  readonly agent_id: string
  readonly token: number
  readonly claimed_by: Actor
  readonly claimed_at: string
  readonly expires_at: string
  readonly deadline_at: string
  readonly read_set: readonly ReadVersion[]
}

export interface Usage {
  readonly cost_micro_usd: number
  readonly tokens: number
}

/** What a run came to: a result to be judged. `output` is JSON text, serialised once on its whole way. */
export interface RunResult {
  readonly run: LiveRun
  readonly task: ClaimedTask
  readonly completed_by: Actor
  readonly output: string
  /** The same, parsed. */
  readonly value: unknown
  readonly output_sha256: string
  readonly artifact_ids: readonly string[]
  /** What the output was made from: artifacts whose text it carries. */
  readonly source_ids: readonly string[]
  readonly confidence?: number | undefined
  /** Absent: unknown, which costs the whole hold. */
  readonly usage?: Usage | undefined
}

export type SettleOutcome = 'recorded' | 'committed' | 'returned' | 'waiting' | 'conflict' | 'lease_lost' | 'cancelled' | 'stopped' | 'invalid'

/** How results of one kind of task are settled. Declared here, implemented by later modules, registered by `app/`. */
export interface TaskKind {
  readonly kind: 'work'
  /** Records, judges and, where the verdict says so, commits, in the caller's transaction; one outcome an item. */
  settle(tx: EngineTx, results: readonly RunResult[]): Promise<readonly SettleOutcome[]>
}

export interface EndedRun extends RunRef {
  /** The fencing token the writer holds; a run that has ended, or is held under another token, is not touched. */
  readonly token: number
  readonly status: 'finished' | 'failed' | 'lost' | 'given_back' | 'cancelled'
  readonly completed_by?: Actor | undefined
  /** JSON text; left out where the task keeps the accepted output. */
  readonly output?: string | undefined
  readonly output_sha256?: string | undefined
  readonly artifact_ids?: readonly string[] | undefined
  readonly confidence?: number | undefined
  readonly usage?: Usage | undefined
  readonly error?: { readonly code: string; readonly message: string } | undefined
}

/** What other modules may ask of the worker. All methods join the caller's transaction. */
export interface WorkerPort {
  /**
   * The one function that ends runs: moves them from the live ones to the ended, once, under the lock of their tasks.
   * Returns the ids of those it ended; the others are lost to the caller, or their agent is under an emergency stop.
   */
  endRuns(tx: Tx, ended: readonly EndedRun[]): Promise<ReadonlySet<string>>
  /** Keeps outputs with their runs, where a result was refused after its run had ended. */
  keepOutputs(tx: Tx, outputs: readonly (RunRef & { readonly output: string })[]): Promise<void>
}
