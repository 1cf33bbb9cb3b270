import type { Db } from '../../platform/db/db.ts'
import type { RequestTransactions } from '../../platform/db/request-transactions.ts'
import type { Journal } from '../../platform/journal/record.ts'
import type { Extensions } from '../../platform/module/extension-point.ts'
import type { Manifest } from '../../platform/module/module.ts'
import { identityRoutes } from './identity.routes.ts'
import { createIdentity, type Identity } from './identity.service.ts'

/** Builds the module. The routes of the organization's emergency stop are answered by the projects, which it stops. */
export function identityModule(options: {
  readonly db: Db
  readonly transactions: RequestTransactions
  readonly journal: Journal
  readonly extensions: Extensions
}): { readonly identity: Identity; readonly manifest: Manifest } {
  const identity = createIdentity(options)
  return { identity, manifest: { name: 'identity', routes: identityRoutes(identity) } }
}
