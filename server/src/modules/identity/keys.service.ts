import type { ApiKeyCreate } from '@muster/contract/identity/keys'
import type { Caller } from '../../platform/caller.ts'
import type { Tx } from '../../platform/db/db.ts'
import { idOfCursor, pageById } from '../../platform/db/pages.ts'
import type { RequestTransactions } from '../../platform/db/request-transactions.ts'
import { invariant, MusterError, notFound } from '../../platform/errors.ts'
import { newId } from '../../platform/ids.ts'
import type { Journal } from '../../platform/journal/record.ts'
import { keyIdOf, type Principal } from '../../platform/principal.ts'
import type { IdentityPort } from './identity.port.ts'
import {
  hashOfKey,
  modelLimitsOf,
  modelLimitsOfNewKey,
  newKeySecret,
  permissionsLostWith,
  permissionsOfNewKey,
} from './identity.rules.ts'
import { identityStore, type KeyRow, type NewKeyRow } from './identity.store.ts'

interface KeysOptions {
  readonly transactions: RequestTransactions
  readonly journal: Journal
  readonly findScope: IdentityPort['findScope']
}

interface ListQuery {
  readonly cursor?: string | undefined
  readonly limit: number
}

/** The error for a repeated request: the secret was in the first answer and is stored nowhere. */
function shownBefore(storedAnswer: unknown): MusterError {
  const { id } = storedAnswer as { readonly id: string }
  return new MusterError('exists', `This request already created API key ${id}; its secret was shown then.`, {
    value: id,
    remedy: 'If you lost the secret, revoke this key and create another one.',
  })
}

/** API keys as callers create, list and revoke them. */
export function createKeys({ transactions, journal, findScope }: KeysOptions) {
  /** Creates a key; its secret is in the returned value and nowhere else. */
  async function make(tx: Tx, key: Omit<NewKeyRow, 'id' | 'hash'>, { type, actor }: Made) {
    const secret = newKeySecret()
    const row = await identityStore.insertKey(tx, { ...key, id: newId(), hash: hashOfKey(secret) })
    invariant(row, 'an insert returns its row')
    const agent = row.agent_id === null ? {} : { agent_id: row.agent_id }
    journal.record(tx, key.organization_id, [{ type, actor, data: { key_id: row.id, ...agent } }])
    return { ...presentKey(row), key: secret }
  }

  return {
    make,

    /** The maker gives at most the rights that they have now, not those at the time of the request. */
    create(caller: Caller, newKey: ApiKeyCreate) {
      const { organization_id, principal: actor } = caller
      const created_by = keyIdOf(actor)
      const work = async (tx: Tx) => {
        const maker = await inForce(tx, caller)
        const permissions = permissionsOfNewKey(new Set(maker.permissions), newKey)
        const model_limits = modelLimitsOfNewKey(modelLimitsOf(maker), newKey)
        const agent_id = await agentOf(findScope, tx, { organization_id, ref: newKey.agent_id })
        const { name, person_label = null } = newKey
        const key = { organization_id, name, person_label, agent_id, permissions, created_by, ...model_limits }
        return make(tx, key, { type: 'key.created', actor })
      }
      return transactions.write(caller, work, { keep: ({ id }) => ({ id }), repeated: shownBefore })
    },

    list(caller: Caller, { cursor, limit }: ListQuery) {
      const before = idOfCursor(cursor)
      return transactions.read(caller, async (tx) => {
        const rows = await identityStore.list(tx, caller.organization_id, { before, limit: limit + 1 })
        const { items, ...more } = pageById(rows, limit)
        return { items: items.map(presentKey), ...more }
      })
    },

    /** Revokes a key at once; revoking it again changes nothing. A key that alone may do something stays in force. */
    revoke(caller: Caller, id: string) {
      const { organization_id, principal: actor } = caller
      return transactions.write(caller, async (tx) => {
        await identityStore.lockRevocations(tx, organization_id)
        await inForce(tx, caller)
        const keyRow = await identityStore.find(tx, organization_id, id)
        if (keyRow === undefined) throw notFound('key', id)
        if (keyRow.revoked_at === null) await refuseLast(tx, keyRow)
        const revokedKey = await identityStore.revoke(tx, organization_id, id)
        if (revokedKey === undefined) return presentKey(keyRow)
        journal.record(tx, organization_id, [{ type: 'key.revoked', actor, data: { key_id: id } }])
        return presentKey(revokedKey)
      })
    },
  }
}

async function agentOf(
  findScope: IdentityPort['findScope'],
  tx: Tx,
  { organization_id, ref }: { readonly organization_id: string; readonly ref: string | undefined },
): Promise<string | null> {
  if (ref === undefined) return null
  const agent = await findScope(tx, { organization_id, kind: 'agent', ref })
  if (!agent?.usable) throw notFound('agent', ref)
  return agent.id
}

interface Made {
  readonly type: 'key.created' | 'key.recovered'
  readonly actor: Principal
}

/** The caller's own key as it stands now. Throws `unauthenticated` where it was revoked since the request came. */
async function inForce(tx: Tx, { organization_id, principal }: Caller): Promise<KeyRow> {
  const key_id = keyIdOf(principal)
  const row = key_id === null ? undefined : await identityStore.lockInForce(tx, organization_id, key_id)
  if (row === undefined) throw new MusterError('unauthenticated', 'The API key was revoked.')
  return row
}

async function refuseLast(tx: Tx, key: KeyRow): Promise<void> {
  const others = await identityStore.permissionsBeside(tx, key.organization_id, key.id)
  const lostPermissions = permissionsLostWith(key, others)
  if (lostPermissions.length === 0) return
  throw new MusterError('last_key', `This is the last API key that can use or grant: ${lostPermissions.join(', ')}.`, {
    value: key.id,
    permissions: lostPermissions,
    remedy:
      'Create another key with these permissions first, with this one or with `muster keys recover` on the server.',
  })
}

function presentKey(row: KeyRow) {
  const { organization_id, id, name, agent_id, permissions, created_by, created_at, last_used_at, revoked_at } = row
  const { person_label } = row
  const { model_requests_per_minute, model_tokens_per_minute } = row
  return {
    id,
    organization_id,
    name,
    ...(agent_id === null ? {} : { agent_id }),
    ...(person_label === null ? {} : { person_label }),
    permissions,
    ...(model_requests_per_minute === null ? {} : { model_requests_per_minute }),
    ...(model_tokens_per_minute === null ? {} : { model_tokens_per_minute }),
    ...(created_by === null ? {} : { created_by }),
    created_at,
    ...(last_used_at === null ? {} : { last_used_at }),
    ...(revoked_at === null ? {} : { revoked_at }),
  }
}
