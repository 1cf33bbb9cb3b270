import type { EngineTx, Tx } from '../../platform/db/db.ts'

export interface NewOrganization {
  readonly organization_id: string
  readonly key_id: string
  /** The secret of its first key, which may do everything. It is nowhere else. */
  readonly key: string
}

/** What others may ask of identity. */
export interface IdentityPort {
  /**
   * Makes an organization and its first key. `join` runs in the same transaction, so that what belongs to every
   * organization (its built-in agent) is there as soon as it is.
   */
  createOrganization(name: string, join?: (tx: Tx, organization_id: string) => Promise<void>): Promise<NewOrganization>
  /** The oldest organization; undefined on an empty database. */
  firstOrganization(tx: EngineTx): Promise<{ readonly organization_id: string; readonly name: string } | undefined>
}

/** Who knows the keys of runs, which are stored nowhere. Declared here; implemented by the module of the runs. */
export interface RunKeyHolders {
  /** Undefined for what is no such key, and for one whose run has ended. */
  runOf(credential: string): Promise<CallingRun | undefined>
}

/** The run whose key came: what it calls is charged to its agent, goal and project. */
export interface CallingRun {
  readonly organization_id: string
  readonly run_id: string
  readonly task_id: string
  readonly project_id: string
  readonly goal_id: string | null
  readonly agent_id: string
}

/** Who knows agents by id or name. Declared here, since keys belong to agents; implemented by the module of the agents. */
export interface AgentDirectory {
  /** The id; undefined where the organization has no such agent, or has retired it. */
  find(tx: Tx, organization_id: string, ref: string): Promise<string | undefined>
  /** What is known of agents, retired ones too, by the references that were asked for. */
  facts(
    tx: Tx,
    organization_id: string,
    refs: readonly string[],
  ): Promise<ReadonlyMap<string, { readonly name: string }>>
}
