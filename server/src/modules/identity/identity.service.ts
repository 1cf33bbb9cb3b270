import { permissions } from '@muster/contract/permissions'
import { productVersion } from '@muster/contract/version'
import type { AuthenticatedCaller, Caller } from '../../platform/caller.ts'
import { createSharedReads } from '../../platform/concurrency/shared-reads.ts'
import type { Db } from '../../platform/db/db.ts'
import type { RequestTransactions } from '../../platform/db/request-transactions.ts'
import { invariant, MusterError } from '../../platform/errors.ts'
import { newId } from '../../platform/ids.ts'
import type { Journal } from '../../platform/journal/record.ts'
import type { Extensions } from '../../platform/module/extension-point.ts'
import { keyIdOf, type Principal, system_principal } from '../../platform/principal.ts'
import { credentials } from './identity.extensions.ts'
import type { CallingRun, IdentityPort } from './identity.port.ts'
import { hashOfKey, isKeySecret, limitsOf, modelLimitsOfNewKey } from './identity.rules.ts'
import { identityStore } from './identity.store.ts'
import { createKeys } from './keys.service.ts'
import { personOf } from './person.service.ts'
import { createScopeLookup } from './scopes.service.ts'

/** Organizations and their keys. */
export function createIdentity(options: {
  readonly db: Db
  readonly transactions: RequestTransactions
  readonly journal: Journal
  readonly extensions: Extensions
}) {
  const { db } = options
  const lookup = createScopeLookup(options.extensions)
  const keys = createKeys({ ...options, ...lookup })
  const keyUses = createUses(db)
  // Requests that come together with the same key share a read; each still sees a key that was revoked before it came.
  const activeKey = createSharedReads((hash) => readKey(db, hash))
  const recentKeys = createRecentKeys()

  const port: IdentityPort = {
    createOrganization(name, join) {
      const organization_id = newId()
      return db.transact({ organization_id }, async (tx) => {
        await identityStore.insertOrganization(tx, organization_id, name)
        const { id, key } = await keys.make(tx, ownersKey(organization_id, 'first key'), byServer('key.created'))
        await join?.(tx, organization_id)
        return { organization_id, key_id: id, key }
      })
    },
    firstOrganization: (tx) => identityStore.firstOrganization(tx),
    organizations: (tx, ref) => identityStore.organizations(tx, ref),
    recoverKey: (organization_id) =>
      db.transact({ organization_id }, async (tx) => {
        const { id, key } = await keys.make(tx, ownersKey(organization_id, 'recovered key'), byServer('key.recovered'))
        return { organization_id, key_id: id, key }
      }),
    person: personOf,
    ...lookup,
    refuseRevoked,
  }

  return {
    ...port,
    keys,

    session: (caller: Caller) => sessionOf({ ...options, ...lookup }, caller),

    /** The principal of a key; undefined for an unknown or revoked one. Throws for the key of an ended run. */
    async authenticate(
      credential: string,
      how?: { readonly lately: boolean },
    ): Promise<AuthenticatedCaller | undefined> {
      if (!isKeySecret(credential)) return principalOfRun(await runOf(options.extensions, credential))
      const hash = hashOfKey(credential)
      const row = (how?.lately && recentKeys.get(hash)) || (await activeKey(hash))
      recentKeys.note(hash, row)
      if (row === undefined) return undefined
      await keyUses.note(row)
      return callerOfKey(row)
    },
  }
}

const refuseRevoked: IdentityPort['refuseRevoked'] = async (tx, organization_id, principal) => {
  const key_id = keyIdOf(principal)
  const row = key_id === null ? undefined : await identityStore.find(tx, organization_id, key_id)
  if (row?.revoked_at !== null) throw new MusterError('unauthenticated', 'The API key was revoked.')
}

type ActiveKey = NonNullable<Awaited<ReturnType<typeof identityStore.activeKey>>>

function callerOfKey(row: ActiveKey): AuthenticatedCaller {
  const { organization_id, id: key_id, agent_id } = row
  const key: Principal = { kind: 'key', id: key_id }
  const principal: Principal = agent_id === null ? key : { kind: 'agent', id: agent_id, on_behalf_of: key }
  return { organization_id, principal, agent_id, permissions: new Set(row.permissions), limits: limitsOf(row) }
}

const recent_ms = 60_000
const recent_max = 10_000

/** Hashes of keys that were good within the last minute. */
function createRecentKeys(now: () => number = () => performance.now()) {
  const keys = new Map<string, { readonly row: ActiveKey; readonly until_ms: number }>()
  return {
    get(hash: string): ActiveKey | undefined {
      const cachedKey = keys.get(hash)
      return cachedKey && cachedKey.until_ms > now() ? cachedKey.row : undefined
    },
    note(hash: string, row: ActiveKey | undefined): void {
      const cachedKey = keys.get(hash)
      if (row && cachedKey?.row === row) return
      keys.delete(hash)
      if (row) keys.set(hash, { row, until_ms: now() + recent_ms })
      if (keys.size > recent_max) keys.delete(keys.keys().next().value ?? '')
    },
  }
}

async function readKey(db: Db, hash: string) {
  let row: Awaited<ReturnType<typeof identityStore.activeKey>>
  await db.transact({ credential_hash: hash }, async (tx) => {
    // Sent with the commit behind it, in one round trip.
    tx.beforeCommit(async () => {
      row = await identityStore.activeKey(tx, hash)
    })
  })
  return row
}

const byServer = <Type>(type: Type) => ({ type, actor: system_principal })

/** A key that may do everything, made on the server and not by another key. */
function ownersKey(organization_id: string, name: string) {
  const limits = modelLimitsOfNewKey(undefined, {})
  return { organization_id, name, agent_id: null, person_label: null, permissions, created_by: null, ...limits }
}

/** Who is calling, with the names that screens show. */
function sessionOf(
  { transactions, findScope }: { readonly transactions: RequestTransactions } & Pick<IdentityPort, 'findScope'>,
  caller: Caller,
) {
  const { organization_id, principal, agent_id, permissions } = caller
  const key_id = keyIdOf(principal)
  invariant(key_id !== null, 'a session has a key')
  return transactions.read(caller, async (tx) => {
    const row = await identityStore.session(tx, organization_id, key_id)
    invariant(row, 'who calls has a key')
    const agent = agent_id === null ? undefined : await findScope(tx, { organization_id, kind: 'agent', ref: agent_id })
    return {
      key_id,
      name: row.name,
      actor: { ...principal, name: agent?.name ?? row.name },
      organization: { id: organization_id, name: row.organization_name },
      permissions: [...permissions],
      version: productVersion,
    }
  })
}

async function runOf(extensions: Extensions, credential: string): Promise<CallingRun | 'ended' | undefined> {
  for (const resolver of extensions.of(credentials)) {
    const run = await resolver.runOf(credential)
    if (run !== undefined) return run
  }
  return undefined
}

/** A run may call models and nothing else, and as often as the key that claimed it. */
function principalOfRun(run: CallingRun | 'ended' | undefined): AuthenticatedCaller | undefined {
  if (run === 'ended') throw new MusterError('unauthenticated', 'The run of this key has ended.')
  if (run === undefined) return undefined
  const { organization_id, agent_id, run_id, project_id, goal_id, task_id, claiming_key } = run
  const key: Principal | undefined = claiming_key && { kind: 'key', id: claiming_key.key_id }
  const agent: Principal = { kind: 'agent', id: agent_id, ...(key && { on_behalf_of: key }) }
  return {
    organization_id,
    principal: { kind: 'run', id: run_id, on_behalf_of: agent },
    agent_id,
    permissions: new Set(['models:use']),
    scope: { project_id, goal_id, task_id },
    limits: claiming_key && limitsOf(claiming_key),
  }
}

export type Identity = ReturnType<typeof createIdentity>

const flush_every_ms = 60_000

/**
 * Notes which keys are used, and writes that once a minute for all of them, so that a request writes nothing of its
 * own. A crash loses one minute, and a failed write refuses nobody.
 */
function createUses(db: Db) {
  let usedKeyIds = new Map<string, Set<string>>()
  let flush_at = 0

  async function flush(): Promise<void> {
    const batch = usedKeyIds
    usedKeyIds = new Map()
    flush_at = performance.now() + flush_every_ms
    for (const [organization_id, ids] of batch)
      await db.transact({ organization_id }, (tx) => identityStore.touch(tx, organization_id, [...ids]))
  }

  return {
    async note({ organization_id, id }: { readonly organization_id: string; readonly id: string }): Promise<void> {
      const ids = usedKeyIds.get(organization_id) ?? new Set()
      usedKeyIds.set(organization_id, ids.add(id))
      if (performance.now() >= flush_at) await flush().catch(() => {})
    },
  }
}
