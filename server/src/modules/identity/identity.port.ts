import type { EngineTx, Tx } from '../../platform/db/db.ts'
import type { Principal } from '../../platform/principal.ts'

/** What the creation of an organization gives. */
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
  /** For work that went on after its request came. Throws `unauthenticated` where the principal's key was revoked. */
  refuseRevoked(tx: Tx, organization_id: string, principal: Principal): Promise<void>
  /** The thing that a reference names; undefined where the organization has none. An agent's name is a reference too. */
  findScope(
    tx: Tx,
    scope: { readonly organization_id: string; readonly kind: string; readonly ref: string },
  ): Promise<Scope | undefined>
  /** The same for several references of one kind. */
  findScopes(
    tx: Tx,
    scopes: { readonly organization_id: string; readonly kind: string; readonly refs: readonly string[] },
  ): Promise<ReadonlyMap<string, Scope>>
  /** The person behind a principal, for quorums and own work (invariant 6). */
  person(tx: Tx, organization_id: string, principal: Principal): Promise<Person>
}

/**
 * Who a quorum counts once, whichever of their keys they call with. Keys with the same `person_label` are one person.
 * Whoever may make keys could decide about their own work with a second one, so a key also counts as the keys that it made
 * and those that it comes from, but for the owner's key.
 */
export interface Person {
  /** What counts people apart: the label of the key, else the id of the principal. */
  readonly id: string
  /** Of its principal, its label, and the keys of its label and family. */
  readonly ids: ReadonlySet<string>
  /** Agents that work with one of these keys. */
  readonly agent_ids: ReadonlySet<string>
}

/** An organization by its name. */
export interface Organization {
  readonly organization_id: string
  readonly name: string
}

/** Knows one kind of credential that is no API key, such as the keys of runs, which are stored nowhere. */
export interface CredentialResolver {
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

/** One kind of things of an organization that keys, budgets, artifacts, documents and calls of models can belong to. */
export interface ScopeKind {
  readonly kind: 'agent' | 'goal' | 'task' | 'run'
  /** By the references that were asked for, ids or (agents) names; those that lead nowhere are left out. */
  find(tx: Tx, organization_id: string, refs: readonly string[]): Promise<ReadonlyMap<string, Scope>>
}

/** What a key, a budget or a stop can be bound to, whatever module it belongs to. */
export interface Scope {
  readonly id: string
  readonly name: string
  readonly project_id: string | null
  readonly goal_id: string | null
  readonly task_id: string | null
  readonly agent_id: string | null
  /** An emergency stop of the thing itself is in force. */
  readonly stopped: boolean
  /** Whether it can still be given anything: a retired agent cannot. */
  readonly usable: boolean
}
