import type { ApiKeyCreate } from '@muster/contract/shapes/keys'
import type { Caller } from '../../platform/caller.ts'
import type { Tx } from '../../platform/db/db.ts'
import type { Door } from '../../platform/db/door.ts'
import { idOfCursor, pageById } from '../../platform/db/pages.ts'
import { invalid, invariant, MusterError, notFound } from '../../platform/errors.ts'
import { newId } from '../../platform/ids.ts'
import type { Actor } from '../../platform/journal/events.ts'
import type { Journal } from '../../platform/journal/record.ts'
import type { AgentDirectory } from './identity.port.ts'
import { hashOfKey, modelLimitsOfNewKey, newKeySecret, permissionsOfNewKey } from './identity.rules.ts'
import { identityStore, type KeyRow, type NewKeyRow } from './identity.store.ts'

interface KeysOptions {
  readonly door: Door
  readonly journal: Journal
  readonly agents: AgentDirectory
}

interface ListQuery {
  readonly cursor?: string | undefined
  readonly limit: number
}

/** The secret was in the first answer and is stored nowhere, so a repeat cannot have it. */
function shownBefore(kept: unknown): MusterError {
  const { id } = kept as { readonly id: string }
  return new MusterError('exists', `The key ${id} was made by this request before; its secret was shown then.`, {
    value: id,
    remedy: 'If that answer was lost, revoke this key and make another one.',
  })
}

/** The keys of an organization: made, listed without their secrets, revoked. */
export function createKeys({ door, journal, agents }: KeysOptions) {
  /** Makes a key; its secret is in what this gives and nowhere else. */
  async function make(tx: Tx, key: Omit<NewKeyRow, 'id' | 'hash'>, actor: Actor) {
    const secret = newKeySecret()
    const row = await identityStore.insertKey(tx, { ...key, id: newId(), hash: hashOfKey(secret) })
    invariant(row, 'an insert returns its row')
    const agent = row.agent_id === null ? {} : { agent_id: row.agent_id }
    journal.record(tx, key.organization_id, [{ type: 'key.created', actor, data: { key_id: row.id, ...agent } }])
    return { ...presented(row), key: secret }
  }

  async function agentOf(tx: Tx, organization_id: string, ref: string | undefined): Promise<string | null> {
    if (ref === undefined) return null
    const found = await agents.find(tx, organization_id, ref)
    if (found === undefined) throw notFound('agent', ref)
    return found
  }

  return {
    make,

    create(caller: Caller, asked: ApiKeyCreate) {
      const permissions = permissionsOfNewKey(caller.permissions, asked)
      const { organization_id, key_id: created_by, actor } = caller
      const model_limits = modelLimitsOfNewKey(caller.model_limits, asked)
      const work = async (tx: Tx) => {
        const agent_id = await agentOf(tx, organization_id, asked.agent_id)
        const key = { organization_id, name: asked.name, agent_id, permissions, created_by, ...model_limits }
        return make(tx, key, actor)
      }
      return door.write(caller, work, { keep: ({ id }) => ({ id }), repeated: shownBefore })
    },

    list(caller: Caller, { cursor, limit }: ListQuery) {
      const before = idOfCursor(cursor)
      return door.read(caller, async (tx) => {
        const rows = await identityStore.list(tx, caller.organization_id, { before, limit: limit + 1 })
        const { items, ...more } = pageById(rows, limit)
        return { items: items.map(presented), ...more }
      })
    },

    /** Revokes a key at once; a revoked one stays as it is. The last key that may make keys stays in force. */
    revoke(caller: Caller, id: string) {
      const { organization_id, actor } = caller
      return door.write(caller, async (tx) => {
        const makers = await identityStore.lockMakers(tx, organization_id)
        const found = await identityStore.find(tx, organization_id, id)
        if (found === undefined) throw notFound('key', id)
        if (makers.length === 1 && makers[0]?.id === id)
          throw invalid('id', 'This is the last key that may make keys; make another one first.', id)
        const revoked = await identityStore.revoke(tx, organization_id, id)
        if (revoked === undefined) return presented(found)
        journal.record(tx, organization_id, [{ type: 'key.revoked', actor, data: { key_id: id } }])
        return presented(revoked)
      })
    },
  }
}

function presented(row: KeyRow) {
  const { organization_id, id, name, agent_id, permissions, created_at, last_used_at, revoked_at } = row
  const { model_requests_per_minute, model_tokens_per_minute } = row
  return {
    id,
    organization_id,
    name,
    ...(agent_id === null ? {} : { agent_id }),
    permissions,
    ...(model_requests_per_minute === null ? {} : { model_requests_per_minute }),
    ...(model_tokens_per_minute === null ? {} : { model_tokens_per_minute }),
    created_at,
    ...(last_used_at === null ? {} : { last_used_at }),
    ...(revoked_at === null ? {} : { revoked_at }),
  }
}
