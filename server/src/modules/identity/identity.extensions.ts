import type { Tx } from '../../platform/db/db.ts'
import { type Extensions, extensionPoint } from '../../platform/extension-point.ts'
import type { CredentialResolver } from './identity.port.ts'

/** Credentials that are no API keys, such as the keys of runs. */
export const credentials = extensionPoint<CredentialResolver>('identity.credentials')

/** Things of an organization that keys, budgets, artifacts, documents and calls of models can belong to. */
export const scopes = extensionPoint<ScopeKind>('identity.scopes')

export interface ScopeKind {
  readonly kind: 'agent' | 'goal' | 'run'
  /** By the references that were asked for, ids or (agents) names; those that lead nowhere are left out. */
  find(tx: Tx, organization_id: string, refs: readonly string[]): Promise<ReadonlyMap<string, Scope>>
}

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

export interface ScopeRef {
  readonly kind: string
  readonly ref: string
}

/** The thing that a reference names; undefined where the organization has none, or nobody knows its kind. */
export async function findScope(
  extensions: Extensions,
  tx: Tx,
  { organization_id, kind, ref }: ScopeRef & { readonly organization_id: string },
): Promise<Scope | undefined> {
  const found = await findScopes(extensions, tx, { organization_id, kind, refs: [ref] })
  return found.get(ref)
}

export async function findScopes(
  extensions: Extensions,
  tx: Tx,
  { organization_id, kind, refs }: Pick<ScopeRef, 'kind'> & { organization_id: string; refs: readonly string[] },
): Promise<ReadonlyMap<string, Scope>> {
  const known = extensions.of(scopes).find((one) => one.kind === kind)
  return known === undefined ? new Map() : known.find(tx, organization_id, refs)
}
