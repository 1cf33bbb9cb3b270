import type { AgentStatus, Runtime } from '@muster/contract/shapes/agents'
import type { EngineTx, Tx } from '../../platform/db/db.ts'

export interface AgentFacts {
  readonly id: string
  readonly name: string
  readonly runtime: Runtime
  readonly status: AgentStatus
  readonly capabilities: readonly string[]
  readonly stopped: boolean
}

/** A row of the view `agents_list_v`, and of the table behind it. */
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
  /** What is known of agents, retired ones too, by the references that were asked for. */
  facts(tx: Tx, organization_id: string, refs: readonly string[]): Promise<ReadonlyMap<string, AgentFacts>>
  /** The id of one that can still be given work or a key. */
  find(tx: Tx, organization_id: string, ref: string): Promise<string | undefined>
  /** What the active agents of an organization can do, all together. */
  capabilities(tx: Tx, organization_id: string): Promise<ReadonlySet<string>>
  /** A sign of life of every organization's built-in agent: a worker process is here. */
  seenBuiltin(tx: EngineTx): Promise<void>
  /** Signs of life. Cheap to call at every claim and heartbeat: an agent seen a moment ago is not written again. */
  seen(tx: Tx, refs: readonly { readonly organization_id: string; readonly agent_id: string }[]): Promise<void>
}

/** Who counts the runs that agents have under lease. Declared here for the screens; implemented by the module of the runs. */
export interface LiveRuns {
  /** By agent; those without a live run may be left out. */
  count(tx: Tx, organization_id: string, agent_ids: readonly string[]): Promise<ReadonlyMap<string, number>>
}

/** Who holds claims to an agent's `live_runs_max`. Declared here; implemented where limits are kept. */
export interface LiveRunLimits {
  setForAgent(
    tx: Tx,
    limit: { readonly organization_id: string; readonly agent_id: string; readonly live_runs: number },
  ): Promise<void>
}
