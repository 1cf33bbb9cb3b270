import { agent } from '@muster/contract/agents/agents'
import { describe, expect, it } from 'vitest'
import { testBounded } from '../../../test/bounded.ts'
import { testDatabase } from '../../../test/database.ts'
import type { Caller } from '../../platform/caller.ts'
import { createRequestTransactions } from '../../platform/db/request-transactions.ts'
import { createDispatch } from '../../platform/dispatch/dispatch.ts'
import { newId } from '../../platform/ids.ts'
import { connectedExtensions } from '../../platform/module/extension-point.ts'
import { createProjects } from '../projects/projects.service.ts'
import { createAgents } from './agents.service.ts'
import { createPersonas } from './personas.service.ts'

const { db, engine, journal, clock, ...database } = await testDatabase()
const dispatch = createDispatch()
const bounded = testBounded()
const transactions = createRequestTransactions(db)
const counted = new Map<string, number>()
const limited = new Map<string, number>()
const personas = createPersonas({ transactions, journal, bounded })
const agents = createAgents({
  personas,
  transactions,
  engine,
  journal,
  dispatch,
  projects: createProjects({ db, transactions, journal, dispatch, bounded, extensions: connectedExtensions() }),
  live_runs: { count: async (_tx, _organization_id, ids) => new Map(ids.map((id) => [id, counted.get(id) ?? 0])) },
  live_run_limits: { setForAgent: async (_tx, { agent_id, live_runs }) => void limited.set(agent_id, live_runs) },
  builtin_capabilities: new Set(['noop', 'sleep']),
})

async function person(): Promise<Caller> {
  const organization_id = newId()
  await database.sql('insert into identity_organizations (organization_id, name) values ($1, $2)', [
    organization_id,
    'People',
  ])
  const principal = { kind: 'key', id: newId() } as const
  return { organization_id, principal, agent_id: null, permissions: new Set(), request_id: 'r' }
}

const remote = { runtime: 'remote', capabilities: ['write'] } as const
const eventsOf = async (caller: Caller) =>
  (await database.events(caller.organization_id)).map(({ type, data }) => [type, data?.online ?? data?.fields ?? null])

describe('agents', () => {
  it('are made, found by id or name, and changed', async () => {
    const caller = await person()
    const made = await agents.create(caller, { name: 'Scribe', ...remote, live_runs_max: 2, metadata: { team: 'a' } })
    expect(agent.parse(made)).toMatchObject({
      name: 'Scribe',
      status: 'active',
      presence: { online: false },
      live_runs: 0,
    })
    counted.set(made.id, 3)
    expect(limited.get(made.id)).toBe(2)
    expect((await agents.get(caller, 'Scribe')).live_runs).toBe(3)
    const changed = await agents.change(caller, 'Scribe', {
      name: 'Writer',
      capabilities: ['write', 'read', 'read'],
      live_runs_max: 4,
    })
    expect(changed).toMatchObject({
      id: made.id,
      name: 'Writer',
      capabilities: ['write', 'read'],
      metadata: { team: 'a' },
    })
    expect(limited.get(made.id)).toBe(4)
    await agents.change(caller, made.id.toUpperCase(), { name: 'Writer' })
    await expect(agents.get(caller, 'Scribe')).rejects.toMatchObject({ code: 'not_found' })
    expect(await eventsOf(caller)).toEqual([
      ['agent.created', null],
      ['agent.changed', ['name', 'capabilities', 'live_runs_max']],
    ])
  })

  it('have a name of their own, which is no id', async () => {
    const caller = await person()
    await agents.create(caller, { name: 'a', ...remote })
    await agents.create(await person(), { name: 'a', ...remote })
    const { id } = await agents.create(caller, { name: 'b', ...remote })
    await expect(agents.create(caller, { name: 'a', ...remote })).rejects.toMatchObject({ code: 'exists' })
    await expect(agents.change(caller, 'b', { name: 'a' })).rejects.toMatchObject({ code: 'exists' })
    await expect(agents.change(caller, 'b', { name: id })).rejects.toMatchObject({ code: 'invalid' })
    expect(() => agents.create(caller, { name: newId(), ...remote })).toThrow(
      expect.objectContaining({ code: 'invalid' }),
    )
  })

  it('of the built-in runtime can do what is built in', async () => {
    const caller = await person()
    const made = await agents.create(caller, { name: 'Sleeper', runtime: 'builtin', capabilities: ['sleep'] })
    expect(made.capabilities).toEqual(['sleep'])
    const refusal = { code: 'unknown_capability', detail: { value: 'fly' } }
    expect(() => agents.create(caller, { name: 'x', runtime: 'builtin', capabilities: ['fly'] })).toThrow(
      expect.objectContaining({ code: 'unknown_capability' }),
    )
    await expect(agents.change(caller, 'Sleeper', { capabilities: ['fly'] })).rejects.toMatchObject(refusal)
  })

  it('are never another organization’s', async () => {
    const [caller, other] = [await person(), await person()]
    await agents.create(caller, { name: 'a', ...remote })
    for (const attempt of [agents.get, agents.pause, agents.resume, agents.retire, agents.liftStop])
      await expect(attempt(other, 'a')).rejects.toMatchObject({ code: 'not_found' })
    await expect(agents.stop(other, 'a', '')).rejects.toMatchObject({ code: 'not_found' })
    await expect(agents.change(other, 'a', { name: 'x' })).rejects.toMatchObject({ code: 'not_found' })
  })

  it('pause, resume and retire for good', async () => {
    const caller = await person()
    const { id } = await agents.create(caller, { name: 'a', ...remote })
    expect((await agents.pause(caller, 'a')).status).toBe('paused')
    await agents.pause(caller, 'a')
    expect((await agents.resume(caller, 'a')).status).toBe('active')
    expect((await agents.retire(caller, 'a')).status).toBe('retired')
    expect((await agents.retire(caller, 'a')).status).toBe('retired')
    for (const attempt of [
      () => agents.resume(caller, 'a'),
      () => agents.pause(caller, 'a'),
      () => agents.change(caller, 'a', { name: 'b' }),
    ])
      await expect(attempt()).rejects.toMatchObject({ code: 'ended' })
    await db.transact(caller, async (tx) => {
      expect(await agents.find(tx, caller.organization_id, 'a')).toBeUndefined()
      expect((await agents.resolve(tx, caller.organization_id, ['a', id])).size).toBe(0)
      expect((await agents.facts(tx, caller.organization_id, ['a'])).get('a')).toMatchObject({ id, status: 'retired' })
    })
    expect((await eventsOf(caller)).map(([type]) => type)).toEqual([
      'agent.created',
      'agent.paused',
      'agent.resumed',
      'agent.retired',
    ])
  })

  it('are stopped in an emergency, which the gate shows', async () => {
    const caller = await person()
    const { id } = await agents.create(caller, { name: 'a', ...remote })
    const raised = await agents.stop(caller, 'a', 'smoke')
    expect(raised).toMatchObject({ scope: { kind: 'agent', id }, reason: 'smoke' })
    expect((await agents.get(caller, 'a')).stopped).toBe(true)
    expect(await database.sql('select stopped from agents_gate_v where agent_id = $1', [id])).toEqual([
      { stopped: true },
    ])
    expect(await agents.liftStop(caller, 'a')).toMatchObject({ id: raised.id, lifted_by: caller.principal })
    expect((await agents.get(caller, 'a')).stopped).toBe(false)
    await expect(agents.liftStop(caller, 'a')).rejects.toMatchObject({ code: 'not_found' })
  })
})

describe('personas', () => {
  const soul = (name: string) => `---\nname: ${name}\nvoice_traits: [dry]\n---\nA story.`

  it('are versions that never change, and an old one is made the new one', async () => {
    const caller = await person()
    await agents.create(caller, { name: 'a', ...remote, persona: { template: 'coder' } })
    expect((await agents.get(caller, 'a')).persona).toEqual({ version: 1, name: 'Ravi' })
    expect(await personas.put(caller, 'a', { soul: soul('Ada') })).toMatchObject({ version: 2, name: 'Ada' })
    expect(await personas.put(caller, 'a', { soul: soul('Ada') })).toMatchObject({ version: 2 })
    expect(await personas.rollBack(caller, 'a', 1)).toMatchObject({ version: 3, name: 'Ravi' })
    const first = await personas.list(caller, 'a', { limit: 2 })
    expect(first.items.map(({ version }) => version)).toEqual([3, 2])
    expect((await personas.list(caller, 'a', { limit: 2, cursor: first.next_cursor })).items).toHaveLength(1)
    await db.transact(caller, async (tx) => {
      expect(await agents.atWork(tx, caller.organization_id, 'a')).toMatchObject({
        name: 'a',
        persona: { version: 3, name: 'Ravi', directives: expect.any(Array) },
      })
    })
  })

  it('are refused with what is wrong in them, and are nobody else’s', async () => {
    const [caller, other] = [await person(), await person()]
    await agents.create(caller, { name: 'a', ...remote })
    for (const wrong of ['no front matter', '---\nname: [\n---\n', '---\nvoice_traits: []\n---\n'])
      await expect(personas.put(caller, 'a', { soul: wrong })).rejects.toMatchObject({ code: 'invalid' })
    await expect(personas.put(caller, 'a', { template: 'nobody' })).rejects.toMatchObject({ code: 'invalid' })
    await expect(personas.get(caller, 'a')).rejects.toMatchObject({ code: 'not_found' })
    await expect(personas.put(other, 'a', { soul: soul('Ada') })).rejects.toMatchObject({ code: 'not_found' })
  })

  it('come ready-made for the six of a product team', () => {
    const names = personas.templates().items.map(({ name }) => name)
    expect(names).toEqual(['analyst', 'architect', 'coder', 'deployer', 'orchestrator', 'tester'])
  })
})

describe('the port', () => {
  it('makes the built-in agent once, and keeps its capabilities up to date', async () => {
    const caller = await person()
    const { organization_id } = caller
    const ensure = (capabilities: readonly string[]) =>
      db.transact(caller, (tx) => agents.ensureBuiltin(tx, organization_id, capabilities))
    const id = await ensure(['noop'])
    expect(await ensure(['noop'])).toBe(id)
    expect(await ensure(['noop', 'sleep'])).toBe(id)
    expect(await agents.get(caller, 'builtin')).toMatchObject({
      id,
      runtime: 'builtin',
      capabilities: ['noop', 'sleep'],
    })
    expect((await eventsOf(caller)).map(([type]) => type)).toEqual(['agent.created', 'agent.changed'])
  })

  it('resolves names and ids, and knows what the active ones can do', async () => {
    const caller = await person()
    const { organization_id } = caller
    const { id } = await agents.create(caller, { name: 'a', ...remote })
    await agents.create(caller, { name: 'b', runtime: 'remote', capabilities: ['read', 'write'] })
    await agents.create(caller, { name: 'c', runtime: 'remote', capabilities: ['fly'] })
    await agents.pause(caller, 'c')
    await db.transact(caller, async (tx) => {
      const found = await agents.resolve(tx, organization_id, ['a', id.toUpperCase(), 'nobody', newId()])
      expect([...found]).toEqual([
        ['a', id],
        [id.toUpperCase(), id],
      ])
      expect(await agents.capabilities(tx, organization_id)).toEqual(new Set(['read', 'write']))
    })
  })

  it('notes who comes and who goes, each once', async () => {
    const caller = await person()
    const { organization_id } = caller
    const { id: agent_id } = await agents.create(caller, { name: 'a', ...remote })
    const seen = () => engine.transact((tx) => agents.recordPresence(tx, [{ organization_id, agent_id }]))
    await seen()
    await seen()
    expect((await agents.get(caller, 'a')).presence).toEqual({ online: true, last_seen_at: expect.any(String) })
    await clock.advance(30_000)
    await seen()
    await clock.advance(45_000)
    await agents.markGone()
    expect((await agents.get(caller, 'a')).presence.online).toBe(true)
    await clock.advance(30_000)
    expect((await agents.get(caller, 'a')).presence.online).toBe(false)
    await agents.markGone()
    await agents.markGone()
    await seen()
    expect((await eventsOf(caller)).filter(([type]) => type === 'agent.presence').map(([, online]) => online)).toEqual([
      true,
      false,
      true,
    ])
  })
})
