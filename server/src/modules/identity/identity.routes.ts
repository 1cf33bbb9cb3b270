import {
  closeSession,
  createKey,
  getSession,
  listKeys,
  openSession,
  revokeKey,
} from '@muster/contract/identity/operations'
import { clearedCookie, sessionCookie } from '../../platform/http/gate/credentials.ts'
import { answer, type Route, route } from '../../platform/http/route.ts'
import type { Identity } from './identity.service.ts'

export function identityRoutes(identity: Identity): readonly Route[] {
  return [
    route(openSession, async ({ body, prove, is_secure }) => {
      const session = await identity.session(await prove(body.key))
      return answer(session, { headers: { 'set-cookie': sessionCookie(body.key, { is_secure }) } })
    }),
    route(getSession, ({ caller }) => identity.session(caller)),
    route(closeSession, ({ is_secure }) =>
      answer({ closed: true as const }, { headers: { 'set-cookie': clearedCookie({ is_secure }) } }),
    ),
    route(listKeys, ({ caller, query }) => identity.keys.list(caller, query)),
    route(createKey, ({ caller, body }) => identity.keys.create(caller, body)),
    route(revokeKey, ({ caller, params }) => identity.keys.revoke(caller, params.id)),
  ]
}
