import type { Extensions } from '../../platform/extension-point.ts'
import { scopes } from './identity.extensions.ts'
import type { IdentityPort } from './identity.port.ts'

/** Finds things of an organization by asking the module that knows their kind. */
export function createScopeLookup(extensions: Extensions): IdentityPort['findScope'] {
  return async (tx, { organization_id, kind, ref }) => {
    const known = extensions.of(scopes).find((one) => one.kind === kind)
    return (await known?.find(tx, organization_id, [ref]))?.get(ref)
  }
}
