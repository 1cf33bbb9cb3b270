import type { AgentStatus, CommandLineSettings, ModelSettings, Runtime } from '@muster/contract/agents/agents'
import type { EngineTx, Tx } from '../../platform/db/db.ts'

/** An agent as other modules see it. */
export interface AgentFacts {
  readonly id: string
  readonly name: string
  readonly runtime: Runtime
  readonly status: AgentStatus
  readonly capabilities: readonly string[]
  readonly stopped: boolean
}

/** The settings of an agent's runtime. */
export interface AgentSettings {
  readonly model?: ModelSettings | undefined
  readonly command_line?: CommandLineSettings | undefined
}

/** An agent as a run of it begins: how it works, and as whom. */
export interface AgentAtWork {
  readonly id: string
  readonly name: string
  readonly settings: AgentSettings
  /** Absent: it has none, and works as itself. */
  readonly persona?: PersonaAtWork | undefined
}

/** The persona that a run works as. */
export interface PersonaAtWork {
  readonly version: number
  readonly name: string
  readonly voice_traits: readonly string[]
  readonly directives: readonly string[]
  /** Markdown. */
  readonly story: string
}

/** A row of the table of agents. */
export interface AgentRow {
  readonly id: string
  readonly name: string
  readonly description: string | null
  readonly runtime: Runtime
  readonly capabilities: readonly string[]
  readonly status: AgentStatus
  readonly stopped: boolean
  readonly online: boolean
  readonly seen_at: string | null
  readonly live_runs_max: number | null
  /** JSON text on the way in, parsed on the way out. */
  readonly metadata: { readonly [key: string]: never } | null
  readonly created_at: string
  readonly settings: AgentSettings | null
  /** 0: it has no persona. */
  readonly persona_version: number
  readonly persona_name: string | null
  /** The gateway charges what its runs cost. */
  readonly metered: boolean
}

/** What others may ask of agents. All methods join the caller's transaction. */
export interface AgentsPort {
  /**
   * The agent that every organization is made with, with every built-in capability: makes it, or brings its capabilities
   * up to date. Gives its id.
   */
  ensureBuiltin(tx: Tx, organization_id: string, capabilities: readonly string[]): Promise<string>
  /**
   * Ids of agents that can still be given work, by the references that were asked for, each an id or a name. Unknown and
   * retired ones are left out.
   */
  resolve(tx: Tx, organization_id: string, refs: readonly string[]): Promise<ReadonlyMap<string, string>>
  /** Facts of agents, retired ones too, by the references that were asked for. */
  facts(tx: Tx, organization_id: string, refs: readonly string[]): Promise<ReadonlyMap<string, AgentFacts>>
  /** The id of one that can still be given work or a key. */
  find(tx: Tx, organization_id: string, ref: string): Promise<string | undefined>
  /** How an agent works just now: its settings and its persona in force, whatever its status. */
  atWork(tx: Tx, organization_id: string, agent_id: string): Promise<AgentAtWork | undefined>
  /** The active agents as a planning model gets them. */
  able(
    tx: Tx,
    organization_id: string,
  ): Promise<readonly Pick<AgentRow, 'name' | 'description' | 'capabilities' | 'persona_name'>[]>
  /** All capabilities of an organization's active agents. */
  capabilities(tx: Tx, organization_id: string): Promise<ReadonlySet<string>>
  /**
   * Notes a sign of life of every organization's agents of these runtimes, whose runs worker processes do: a worker is
   * here.
   */
  recordLocalPresence(tx: EngineTx, runtimes: readonly Runtime[]): Promise<void>
  /**
   * Notes signs of life. Cheap to call at every claim and heartbeat: an agent seen a moment ago is not written again.
   */
  recordPresence(
    tx: Tx,
    refs: readonly { readonly organization_id: string; readonly agent_id: string }[],
  ): Promise<void>
}

/** Who counts the runs that agents have under lease. Declared here for the screens; implemented by the module of the runs. */
export interface LiveRuns {
  /** By agent; those without a live run may be left out. */
  count(tx: Tx, organization_id: string, agent_ids: readonly string[]): Promise<ReadonlyMap<string, number>>
}

/** A live run as the list of agents shows it. */
export interface AgentRun {
  readonly run_id: string
  readonly task_id: string
  readonly title: string
  readonly goal_id: string | null
  readonly started_at: string
}

/** What agents do now, as a later module adds it to the extension point `agents.activity`. */
export interface AgentActivity {
  /** Live runs of all agents of the organization that have any, by agent. */
  liveRuns(tx: Tx, organization_id: string): Promise<ReadonlyMap<string, number>>
  /** At most `runs_max` live runs of each agent, the longest first, by agent. */
  firstRuns(
    tx: Tx,
    organization_id: string,
    of: { readonly agent_ids: readonly string[]; readonly runs_max: number },
  ): Promise<ReadonlyMap<string, readonly AgentRun[]>>
}

/** Who holds claims to an agent's `live_runs_max`. Declared here; implemented where limits are kept. */
export interface LiveRunLimits {
  setForAgent(
    tx: Tx,
    limit: { readonly organization_id: string; readonly agent_id: string; readonly live_runs: number },
  ): Promise<void>
}
