import type { localRuntimes } from '@muster/contract/agents/agents'
import type { LogLine } from '@muster/contract/runtimes/logs'
import type { PersonQuestion } from '@muster/contract/runtimes/questions'
import type { Json } from '@muster/contract/values'
import type { ClaimedTask } from '../planner/planner.port.ts'
import type { DocumentValue } from '../state/state.port.ts'
import type { ArtifactContent } from '../tools/tools.port.ts'

/** The runtimes whose runs a worker process does by itself. */
export type LocalRuntime = (typeof localRuntimes)[number]

/** The run that an agent works in, with the places it belongs to. */
export interface WorkingRun {
  readonly organization_id: string
  readonly run_id: string
  readonly task_id: string
  readonly project_id: string
  readonly goal_id: string | null
  readonly agent_id: string
}

/** One claimed task with everything that its agent gets. */
export interface Assignment {
  readonly run: WorkingRun
  readonly task: ClaimedTask
  readonly documents: readonly DocumentValue[]
}

/** What a run has used. */
export interface Usage {
  readonly cost_micro_usd: number
  readonly tokens: number
  /** The gateway has charged it already, call by call: nothing is held or charged for the run itself. */
  readonly metered?: true | undefined
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

/** The answered question of an earlier run, from which the task goes on. */
export interface AnsweredRun extends PersonQuestion {
  /** The agent of that run. */
  readonly agent_id: string
  readonly run_id: string
}

/** The content of a file that a run made, kept and not yet an artifact. */
export interface KeptContent {
  readonly sha256: string
  readonly size_bytes: number
}

/** A file of a run that becomes an artifact. */
export interface RunFile {
  readonly name: string
  readonly content: KeptContent
  /** How it came about. */
  readonly provenance: Json
}

/** The artifacts that a run can reach: those of its own project. */
export interface RunArtifacts {
  /** @throws CapabilityError `not_found` where the project has no such artifact, `damaged` where its content is not what was stored */
  read(artifact_id: string): Promise<ArtifactContent>
  /** Keeps content; `add` must name it within the hour. */
  keep(content: Uint8Array): Promise<KeptContent>
  /** Makes artifacts of kept files; gives their ids in the same order. */
  add(files: readonly RunFile[]): Promise<readonly string[]>
}

/** What a run is given beside its assignment: all that an agent can reach of the worker. */
export interface RunContext {
  /** Aborted when the run's lease is lost, its task is cancelled, or its deadline passes. */
  readonly signal: AbortSignal
  /** Adds a line to the run's log. */
  log(level: LogLine['level'], text: string): void
  readonly artifacts: RunArtifacts
  /** A key for calls of models, in force while the run lives. */
  key(): string
  /** The answer to the question that an earlier run of the task put to people; undefined where there is none. */
  answered(): Promise<AnsweredRun | undefined>
}

/** An agent runtime: how agents of one kind work. @throws RunFailure or CapabilityError for expected failures. */
export interface AgentRuntime {
  readonly runtime: LocalRuntime
  execute(assignment: Assignment, context: RunContext): Promise<RunDone | RunAsks>
}

/** A runtime with how many of its agents' runs go on at once in this process. */
export interface StaffedRuntime {
  readonly runtime: AgentRuntime
  readonly slots: number
}

/** What the module `runtimes` offers to later modules. */
export interface RuntimesPort {
  /**
   * Prepares this process for runs: clears what runs of dead processes left behind and looks for a sandbox. Gives the
   * runtimes. @throws AdapterError for an adapter file that cannot be read
   */
  open(): Promise<readonly StaffedRuntime[]>
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
