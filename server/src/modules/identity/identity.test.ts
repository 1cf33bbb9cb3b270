import { apiKeyCreated, apiKeyList } from '@muster/contract/identity/keys'
import { session } from '@muster/contract/identity/sessions'
import { permissions } from '@muster/contract/permissions'
import { describe, expect, it } from 'vitest'
import { testDatabase } from '../../../test/database.ts'
import type { Caller } from '../../platform/caller.ts'
import { createRequestTransactions } from '../../platform/db/request-transactions.ts'
import { newId } from '../../platform/ids.ts'
import { connectedExtensions, extend } from '../../platform/module/extension-point.ts'
import { scopes } from './identity.extensions.ts'
import { createIdentity } from './identity.service.ts'

const database = await testDatabase()
const agent_id = newId()
const helper = {
  ...{ id: agent_id, name: 'helper', agent_id, project_id: null, goal_id: null, task_id: null },
  ...{ stopped: false, usable: true },
}
const deps = {
  db: database.db,
  transactions: createRequestTransactions(database.db),
  journal: database.journal,
  extensions: connectedExtensions(
    extend(scopes, {
      kind: 'agent',
      find: async (_tx, _organization_id, refs) =>
        new Map(refs.flatMap((ref) => (ref === 'helper' || ref === agent_id ? [[ref, helper]] : []))),
    }),
  ),
}
const identity = createIdentity(deps)

async function organization() {
  const made = await identity.createOrganization('Some people')
  return { ...made, caller: await callerOf(made.key) }
}

async function callerOf(key: string): Promise<Caller> {
  const principal = await identity.authenticate(key)
  if (principal === undefined) throw new Error('the key is not known')
  return { ...principal, request_id: 'r' }
}

it('says who is calling: a person by the key’s name, an agent by its own', async () => {
  const { caller, key_id, organization_id } = await organization()
  const own = await identity.session(caller)
  expect(session.parse(own)).toEqual(own)
  expect(own).toMatchObject({
    key_id,
    name: 'first key',
    actor: { kind: 'key', id: key_id, name: 'first key' },
    organization: { id: organization_id, name: 'Some people' },
  })
  expect([...own.permissions].sort()).toEqual([...permissions].sort())
  const { key } = await identity.keys.create(caller, { name: 'Agent', agent_id: 'helper' })
  expect(await identity.session(await callerOf(key))).toMatchObject({
    name: 'Agent',
    actor: { kind: 'agent', id: agent_id, name: 'helper', on_behalf_of: { kind: 'key', id: expect.any(String) } },
    permissions: ['runs:work', 'artifacts:read', 'artifacts:write'],
  })
})

describe('keys', () => {
  it('come with the organization, and are found by their secret alone', async () => {
    const [one, other] = [await organization(), await organization()]
    expect(one.key).toMatch(/^mk_[\w-]{43}$/)
    expect(one.caller).toMatchObject({ organization_id: one.organization_id, agent_id: null })
    expect(one.caller.principal).toEqual({ kind: 'key', id: one.key_id })
    expect([...one.caller.permissions].sort()).toEqual([...permissions].sort())
    expect(other.caller.organization_id).not.toBe(one.organization_id)
    for (const wrong of ['', 'mk_', `${one.key}x`, one.key.slice(0, -1), `mk_${'A'.repeat(43)}`])
      expect(await identity.authenticate(wrong)).toBeUndefined()
  })

  it('are stored as a hash only', async () => {
    const { key, organization_id } = await organization()
    const rows = await database.sql('select * from identity_api_keys where organization_id = $1', [organization_id])
    expect(JSON.stringify(rows)).not.toContain(key.slice(3))
  })

  it('are another person each, with at most what their maker may do', async () => {
    const { caller } = await organization()
    const made = await identity.keys.create(caller, { name: 'Reader', permissions: ['goals:read', 'keys:write'] })
    expect(apiKeyCreated.parse(made)).toMatchObject({ name: 'Reader', permissions: ['goals:read', 'keys:write'] })
    const reader = await callerOf(made.key)
    expect(reader.principal).toEqual({ kind: 'key', id: made.id })
    await expect(async () =>
      identity.keys.create(reader, { name: 'More', permissions: ['goals:write'] }),
    ).rejects.toMatchObject({
      code: 'forbidden',
      detail: { permission: 'goals:write' },
    })
    const same = await identity.keys.create(reader, { name: 'Same' })
    expect(same.permissions).toEqual(['goals:read', 'keys:write'])
  })

  it('belong to an agent where one is named', async () => {
    const { caller } = await organization()
    const made = await identity.keys.create(caller, { name: 'Agent', agent_id: 'helper' })
    expect(made.agent_id).toBe(agent_id)
    const found = await callerOf(made.key)
    expect(found.principal).toEqual({
      kind: 'agent',
      id: agent_id,
      on_behalf_of: { kind: 'key', id: expect.any(String) },
    })
    expect([...found.permissions]).toEqual(['runs:work', 'artifacts:read', 'artifacts:write'])
    await expect(identity.keys.create(caller, { name: 'x', agent_id: 'nobody' })).rejects.toMatchObject({
      code: 'not_found',
    })
    await expect(async () =>
      identity.keys.create(caller, { name: 'x', agent_id: 'helper', permissions: ['goals:read'] }),
    ).rejects.toMatchObject({ code: 'invalid' })
  })

  it('are refused once revoked, and the last that makes keys is not revoked', async () => {
    const { caller, key, key_id } = await organization()
    await expect(identity.keys.revoke(caller, key_id)).rejects.toMatchObject({ code: 'last_key' })
    const second = await identity.keys.create(caller, { name: 'Second' })
    expect((await identity.keys.revoke(caller, key_id)).revoked_at).toBeDefined()
    expect(await identity.authenticate(key)).toBeUndefined()
    const again = await identity.keys.revoke(await callerOf(second.key), key_id)
    expect(again.revoked_at).toBeDefined()
    await expect(identity.keys.revoke(await callerOf(second.key), second.id)).rejects.toMatchObject({
      code: 'last_key',
    })
    const events = await database.events(caller.organization_id)
    expect(events.map(({ type }) => type)).toEqual(['key.created', 'key.created', 'key.revoked'])
  })

  it('are listed newest first, page by page, and never another organization’s', async () => {
    const [one, other] = [await organization(), await organization()]
    for (const name of ['b', 'c']) await identity.keys.create(one.caller, { name })
    const first = await identity.keys.list(one.caller, { limit: 2 })
    expect(apiKeyList.parse(first).items.map(({ name }) => name)).toEqual(['c', 'b'])
    const second = await identity.keys.list(one.caller, { limit: 2, cursor: first.next_cursor })
    expect(second.items.map(({ name }) => name)).toEqual(['first key'])
    expect(second.next_cursor).toBeUndefined()
    expect((await identity.keys.list(other.caller, { limit: 50 })).items.length).toBe(1)
    await expect(async () => identity.keys.list(one.caller, { limit: 2, cursor: 'nonsense' })).rejects.toMatchObject({
      code: 'invalid',
    })
    await expect(identity.keys.revoke(other.caller, first.items[0]?.id ?? '')).rejects.toMatchObject({
      code: 'not_found',
    })
  })

  it('say when they were last used, written for many at once', async () => {
    const { caller, key } = await organization()
    const lastUsed = async () => (await identity.keys.list(caller, { limit: 1 })).items[0]?.last_used_at
    expect(await lastUsed()).toBeUndefined()
    const another = createIdentity(deps)
    await another.authenticate(key)
    const first = await lastUsed()
    expect(first).toBeDefined()
    await another.authenticate(key)
    expect(await lastUsed()).toBe(first)
  })
})

it('makes what belongs to an organization with it, or neither', async () => {
  await expect(identity.createOrganization('Half', () => Promise.reject(new Error('no agent')))).rejects.toThrow(
    'no agent',
  )
  expect(await database.sql(`select from identity_organizations where name = 'Half'`)).toEqual([])
})

it('knows the oldest organization', async () => {
  const { organization_id } = await organization()
  const first = await database.engine.transact((tx) => identity.firstOrganization(tx))
  expect(first && first.organization_id <= organization_id).toBe(true)
})
