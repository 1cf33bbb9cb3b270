import { createKey, listKeys, revokeKey } from '@muster/contract/identity/operations'
import type { Permission } from '@muster/contract/permissions'
import { permissions } from '@muster/contract/permissions'
import { claimRuns } from '@muster/contract/worker/operations'
import { describe, expect, it } from 'vitest'
import { goal, remoteAgent, task } from '../../../test/engine/steps.ts'
import { type ApiClient, apiClientOf } from '../../../test/fixtures.ts'
import { testProgram } from '../../../test/program.ts'
import { permissionsLostWith } from './identity.rules.ts'

const made = await testProgram()
const { app, program } = made

async function keyOf(api: ApiClient, asked: readonly Permission[], more: object = {}) {
  const key = await api.call(createKey, { body: { name: 'a key', permissions: asked as Permission[], ...more } })
  return { id: key.id, api: apiClientOf(app, { organization_id: api.organization_id, key: key.key }) }
}

const revoke = (api: ApiClient, id: string) => api.send(revokeKey, { params: { id: id as never } })
const chat = (key: string | undefined) =>
  app.inject({
    method: 'POST',
    url: '/v1/chat/completions',
    headers: { authorization: `Bearer ${key}` },
    payload: { model: 'offline', messages: [{ role: 'user', content: 'Well?' }] },
  })

describe('who makes a key', () => {
  it('gives an agent’s key only with all that it gives its holder, and is told what is missing', async () => {
    const { ours } = await made.twoMore()
    const agent = await ours.agent()
    const grants = ['runs:work', 'artifacts:read', 'artifacts:write', 'models:use'] as const
    const body = { name: 'x', agent_id: agent.id }
    for (const missing of grants) {
      const others = grants.filter((permission) => permission !== missing)
      const { api } = await keyOf(ours, ['keys:write', ...others])
      const refused = await api.send(createKey, { body })
      expect([refused.status, refused.error?.detail]).toMatchObject([
        403,
        { permission: missing, permissions: [missing] },
      ])
    }
    const { api: bare } = await keyOf(ours, ['keys:write'])
    const refused = await bare.send(createKey, { body })
    expect(refused.error?.message).toContain(grants.join(', '))
    const { api: able } = await keyOf(ours, ['keys:write', ...grants])
    expect((await able.send(createKey, { body })).status).toBe(201)
  })

  it('stands beside the key that it made', async () => {
    const { ours } = await made.twoMore()
    const maker = await keyOf(ours, ['keys:write', 'keys:read'])
    const child = await keyOf(maker.api, ['keys:read'])
    const { items } = await ours.call(listKeys)
    expect(items.find(({ id }) => id === child.id)?.created_by).toBe(maker.id)
    expect(items.find(({ name }) => name === 'first key')?.created_by).toBeUndefined()
  })

  it('must have it while the key is made: not when the request came', async () => {
    const { ours } = await made.twoMore()
    const maker = await keyOf(ours, ['keys:write', 'goals:read'])
    const principal = await program.identity.authenticate(maker.api.key)
    if (!principal) throw new Error('the key is known')
    await ours.call(revokeKey, { params: { id: maker.id } })
    const late = { ...principal, request_id: 'late' }
    await expect(program.identity.keys.create(late, { name: 'x' })).rejects.toMatchObject({ code: 'unauthenticated' })
    await expect(program.identity.keys.revoke(late, maker.id)).rejects.toMatchObject({ code: 'unauthenticated' })
  })
})

describe('the last key', () => {
  it('with a permission, or that could give it away, stays in force whoever revokes it', async () => {
    const { ours } = await made.twoMore()
    const { items } = await ours.call(listKeys)
    const first = items[0]?.id ?? ''
    const keeper = await keyOf(ours, ['keys:write'])
    const reader = await keyOf(
      ours,
      permissions.filter((permission) => permission !== 'keys:write'),
    )
    for (const api of [keeper.api, ours]) {
      const refused = await revoke(api, first)
      expect([refused.status, refused.error?.code]).toEqual([409, 'last_key'])
      expect(refused.error?.message).toContain('goals:write')
    }
    // What others have too may go, also by one that lacks it: a key that leaked is revoked at once.
    expect((await revoke(keeper.api, reader.id)).status).toBe(200)
    const second = await keyOf(ours, [...permissions])
    expect((await revoke(second.api, first)).status).toBe(200)
    expect((await revoke(keeper.api, second.id)).error?.code).toBe('last_key')
  })

  it('is not one of an agent, which makes no keys', () => {
    const person = (...of: Permission[]) => ({ agent_id: null, permissions: of })
    expect(permissionsLostWith({ agent_id: 'a', permissions: ['runs:work'] }, [])).toEqual([])
    expect(permissionsLostWith(person('goals:read'), [['goals:read']])).toEqual([])
    expect(permissionsLostWith(person('goals:read'), [['goals:write']])).toEqual(['goals:read'])
    const maker = person('keys:write', 'goals:read')
    expect(permissionsLostWith(maker, [['keys:write'], ['goals:read']])).toEqual(['goals:read'])
    expect(permissionsLostWith(maker, [['keys:write', 'goals:read']])).toEqual([])
  })
})

describe('the key that a claimed run gets', () => {
  it('is lent by a key that may call models, and is good as long as that one', async () => {
    const { ours } = await made.twoMore()
    const agent = await remoteAgent(ours, 'called-model')
    await goal(ours, [task('one', { capability: 'called-model' }), task('two', { capability: 'called-model' })])
    const body = { agent_id: agent.agent_id as never, max: 1, wait_ms: 0 }
    const worker = await keyOf(ours, ['runs:work'])
    const { runs } = await worker.api.call(claimRuns, { body })
    expect(runs.map(({ model_key }) => model_key)).toEqual([undefined])
    const claiming = await keyOf(ours, ['runs:work', 'models:use'], { model_requests_per_minute: 2 })
    const [run] = (await claiming.api.call(claimRuns, { body })).runs
    // Its calls count as the claiming key’s own.
    expect((await chat(run?.model_key)).statusCode).toBe(200)
    expect((await chat(claiming.api.key)).statusCode).toBe(200)
    expect((await chat(run?.model_key)).statusCode).toBe(429)
    expect((await revoke(ours, claiming.id)).status).toBe(200)
    expect((await chat(run?.model_key)).statusCode).toBe(401)
  })

  it('is not given to a key that was revoked while it waited for work', async () => {
    const { ours } = await made.twoMore()
    const agent = await remoteAgent(ours, 'wait')
    const waiter = await keyOf(ours, ['runs:work', 'models:use'])
    const waiting = waiter.api.send(claimRuns, {
      body: { agent_id: agent.agent_id as never, max: 1, wait_ms: 20_000 },
    })
    await revoke(ours, waiter.id)
    await goal(ours, [task('one', { capability: 'wait' })])
    made.program.dispatch.wake('task_queue')
    expect((await waiting).status).toBe(401)
    expect(await agent.claim()).toHaveLength(1)
  })
})
