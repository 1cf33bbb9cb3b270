import { createKey, listKeys, revokeKey } from '@muster/contract/operations/identity'
import { type Route, route } from '../../platform/http/route.ts'
import type { Identity } from './identity.service.ts'

export function identityRoutes(identity: Identity): readonly Route[] {
  return [
    route(listKeys, ({ caller, query }) => identity.keys.list(caller, query)),
    route(createKey, ({ caller, body }) => identity.keys.create(caller, body)),
    route(revokeKey, ({ caller, params }) => identity.keys.revoke(caller, params.id)),
  ]
}
