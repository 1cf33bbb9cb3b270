/** Who acts: a user, an API key, an agent, a run, an identity that a gateway or a DID vouches for, or the product itself. */
export interface Principal {
  readonly kind: 'user' | 'key' | 'agent' | 'run' | 'gateway' | 'did' | 'system'
  readonly id: string
  /** Whose rights it uses: a run acts for its agent, and an agent for the key that came with its request. */
  readonly on_behalf_of?: Principal
}

/** The principal of what nobody asked for: timers, sweeps, the built-in agent's own bookkeeping. */
export const system_principal: Principal = { kind: 'system', id: 'muster' }

/** The principal and those that it acts for, nearest first. */
export function chainOf(principal: Principal): readonly Principal[] {
  const { on_behalf_of } = principal
  return on_behalf_of === undefined ? [principal] : [principal, ...chainOf(on_behalf_of)]
}

/** The API key that a request came with; null where it came with none. */
export function keyIdOf(principal: Principal): string | null {
  return chainOf(principal).find(({ kind }) => kind === 'key')?.id ?? null
}

/** What tells callers apart for idempotency and request rates: an agent's keys are several callers, a run is one. */
export function callerIdOf({ kind, id, on_behalf_of }: Principal): string {
  return kind === 'agent' && on_behalf_of !== undefined ? on_behalf_of.id : id
}

/** Two principals are alike where they and all that they act for are. */
export function principalName(principal: Principal): string {
  return chainOf(principal)
    .map(({ kind, id }) => `${kind} ${id}`)
    .join(' for ')
}
