import type { Extensions } from '../../platform/module/extension-point.ts'
import { scopes } from './identity.extensions.ts'
import type { IdentityPort } from './identity.port.ts'

/** Finds things of an organization by asking the module that knows their kind. */
export function createScopeLookup(extensions: Extensions): Pick<IdentityPort, 'findScope' | 'findScopes'> {
  const findScopes: IdentityPort['findScopes'] = async (tx, { organization_id, kind, refs }) => {
    const scopeKind = extensions.of(scopes).find((one) => one.kind === kind)
    return scopeKind === undefined || refs.length === 0 ? new Map() : scopeKind.find(tx, organization_id, refs)
  }
  return {
    findScopes,
    findScope: async (tx, { ref, ...scope }) => (await findScopes(tx, { ...scope, refs: [ref] })).get(ref),
  }
}
