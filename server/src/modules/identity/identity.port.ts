import type { EngineTx, Tx } from '../../platform/db/db.ts'
import type { Actor } from '../../platform/journal/events.ts'

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
  firstOrganization(tx: EngineTx): Promise<Organization | undefined>
  /** Those with that id or name, the oldest first; without either, all of them. At most 100. */
  organizations(tx: EngineTx, ref: string | undefined): Promise<readonly Organization[]>
  /** Makes another key that may do everything, for whoever has the server's shell. */
  recoverKey(organization_id: string): Promise<NewOrganization>
  /** For work that went on after its request came. Throws `unauthenticated` where the caller's key was revoked. */
  refuseRevoked(tx: Tx, caller: { readonly organization_id: string; readonly key_id: string }): Promise<void>
  /** The principal of a caller, whose work counts as its own (invariant 6). */
  principal(tx: Tx, caller: PrincipalRef): Promise<Principal>
}

export interface PrincipalRef {
  readonly organization_id: string
  readonly actor: Actor
  readonly key_id: string
  readonly agent_id: string | null
}

/**
 * A caller by every id that may stand for it. Whoever may make keys could decide about their own work with a second one,
 * so a key counts as the same principal as the keys that it made and those that it comes from, but for the owner's key.
 */
export interface Principal {
  /** Of its key, its agent, and the keys of its family. */
  readonly ids: ReadonlySet<string>
  /** Agents that work with a key of the family. */
  readonly agent_ids: ReadonlySet<string>
}

export interface Organization {
  readonly organization_id: string
  readonly name: string
}

/** Who knows the keys of runs, which are stored nowhere. Declared here; implemented by the module of the runs. */
export interface RunKeyHolders {
  /**
   * Undefined for what is no such key. `ended`: it was one, and its run has ended or the key that claimed it was revoked.
   */
  runOf(credential: string): Promise<CallingRun | 'ended' | undefined>
}

/** The run whose key came: what it calls is charged to its agent, goal and project. */
export interface CallingRun {
  readonly organization_id: string
  readonly run_id: string
  readonly task_id: string
  readonly project_id: string
  readonly goal_id: string | null
  readonly agent_id: string
  /** The key that claimed it from outside; absent for a run of this server's own workers. */
  readonly claiming_key?: ClaimingKey | undefined
}

/** A key in force that claimed a run. Calls of models with the key of the run count against its limits. */
export interface ClaimingKey {
  readonly key_id: string
  readonly model_requests_per_minute: number | null
  readonly model_tokens_per_minute: number | null
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
