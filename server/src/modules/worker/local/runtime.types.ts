import type { localRuntimes } from '@muster/contract/agents/agents'
import type { Json } from '@muster/contract/values'
import type { PersonQuestion } from '@muster/contract/worker/briefs'
import type { LogLine } from '@muster/contract/worker/logs'
import type { ClaimedTask } from '../../planner/planner.port.ts'
import type { DocumentValue } from '../../state/state.port.ts'
import type { LiveRun, Usage } from '../worker.port.ts'

/** The runtimes whose runs a worker process does by itself. */
export type LocalRuntime = (typeof localRuntimes)[number]

/** One claimed task with everything that its agent gets. */
export interface Assignment {
  readonly run: LiveRun
  readonly task: ClaimedTask
  readonly documents: readonly DocumentValue[]
}

/** The result of a run. */
export interface RunDone {
  readonly output: Json
  /** The artifacts that the output was made from: its lineage. */
  readonly sources?: readonly string[]
  /** Files that the run made, kept as artifacts. */
  readonly artifact_ids?: readonly string[]
  /** Absent: nothing was used. `unknown`: the usage was not metered, and the whole hold is charged. */
  readonly usage?: Usage | 'unknown'
}

/** The run cannot go on without a person's answer. */
export interface RunAsks {
  readonly ask: { readonly question: string; readonly options: readonly string[]; readonly checkpoint: Json }
}

/** What a run has beside its assignment. */
export interface RunContext {
  readonly signal: AbortSignal
  log(level: LogLine['level'], text: string): void
}

/** An agent runtime: how agents of one kind work. @throws RunFailure or CapabilityError for expected failures. */
export interface AgentRuntime {
  readonly runtime: LocalRuntime
  execute(assignment: Assignment, context: RunContext): Promise<RunDone | RunAsks>
}

/** The answered question of an earlier run, from which the task goes on. */
export interface Resumed extends PersonQuestion {
  /** The agent of that run. */
  readonly agent_id: string
  readonly run_id: string
}

/** An expected failure of a run, with its usage. */
export class RunFailure extends Error {
  override readonly name = 'RunFailure'
  readonly code: string
  readonly retryable: boolean
  readonly usage: Usage | 'unknown' | undefined

  constructor(
    code: string,
    message: string,
    { retryable, usage }: { retryable: boolean; usage?: Usage | 'unknown' | undefined },
  ) {
    super(message)
    this.code = code
    this.retryable = retryable
    this.usage = usage
  }
}
