import { AsyncResource } from 'node:async_hooks'
import { default_policy, policyVersion } from '@muster/contract/projects/policies'
import { project } from '@muster/contract/projects/projects'
import { stop } from '@muster/contract/projects/stops'
import { describe, expect, it } from 'vitest'
import { testBounded } from '../../../test/bounded.ts'
import { testDatabase } from '../../../test/database.ts'
import type { Caller } from '../../platform/caller.ts'
import { createRequestTransactions } from '../../platform/db/request-transactions.ts'
import { createDispatch } from '../../platform/dispatch/dispatch.ts'
import { newId } from '../../platform/ids.ts'
import { connectedExtensions } from '../../platform/module/extension-point.ts'
import { createProjects } from './projects.service.ts'

const { db, engine, journal, ...database } = await testDatabase()
const dispatch = createDispatch()
const projects = createProjects({
  db,
  transactions: createRequestTransactions(db),
  journal,
  dispatch,
  bounded: testBounded(),
  extensions: connectedExtensions(),
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

const gateOf = ({ organization_id }: Caller, project_id: string) =>
  db.transact(
    { organization_id },
    async (tx) => (await projects.gates(tx, [{ organization_id, project_id }], 'share'))[0],
  )
const eventsOf = async (caller: Caller) => (await database.events(caller.organization_id)).map(({ type }) => type)

describe('projects', () => {
  it('need a name only, and get the default policy', async () => {
    const caller = await person()
    const made = await projects.create(caller, { name: 'Mission' })
    expect(project.parse(made)).toMatchObject({
      name: 'Mission',
      status: 'active',
      oversight: 'medium',
      policy_version: 1,
    })
    const { policy, gate } = await db.transact(caller, (tx) =>
      projects.inForce(tx, { organization_id: caller.organization_id, project_id: made.id }),
    )
    expect(policy).toEqual(default_policy)
    expect(gate).toMatchObject({ status: 'active', stopped: false, policy_version: 1, oversight: 'medium' })
  })

  it('take the oversight as a shorthand, unless the policy says otherwise', async () => {
    const caller = await person()
    expect((await projects.create(caller, { name: 'a', oversight: 'high' })).oversight).toBe('high')
    expect((await projects.create(caller, { name: 'b', policy: { oversight: 'low' } })).oversight).toBe('low')
    await expect(
      projects.create(caller, { name: 'c', oversight: 'high', policy: { oversight: 'low' } }),
    ).rejects.toThrow(expect.objectContaining({ code: 'invalid' }))
  })

  it('are listed newest first, by status, and never another organization’s', async () => {
    const [caller, other] = [await person(), await person()]
    const made = []
    for (const name of ['a', 'b', 'c']) made.push((await projects.create(caller, { name })).id)
    await projects.pause(caller, made[0] ?? '')
    await projects.emergency.raise(caller, 'project', { id: made[1] ?? '', reason: '' })
    const names = async (by: Caller, status?: 'active' | 'paused' | 'stopped') =>
      (await projects.list(by, { status, limit: 50 })).items.map(({ name }) => name)
    expect(await names(caller)).toEqual(['c', 'b', 'a'])
    expect([await names(caller, 'active'), await names(caller, 'paused'), await names(caller, 'stopped')]).toEqual([
      ['c'],
      ['a'],
      ['b'],
    ])
    const page = await projects.list(caller, { limit: 2 })
    expect((await projects.list(caller, { limit: 2, cursor: page.next_cursor })).items.map(({ name }) => name)).toEqual(
      ['a'],
    )
    expect(await names(other)).toEqual([])
    const foreign = made[0] ?? ''
    const attempts = [
      () => projects.get(other, foreign),
      () => projects.change(other, foreign, { name: 'x' }),
      () => projects.pause(other, foreign),
      () => projects.emergency.raise(other, 'project', { id: foreign, reason: '' }),
      () => projects.emergency.lift(other, 'project', foreign),
      () => projects.emergency.raise(other, 'organization', { id: caller.organization_id, reason: '' }),
      () => projects.policies.get(other, foreign),
      () => projects.policies.versions(other, foreign, { limit: 1 }),
      () => projects.policies.put(other, foreign, { policy: {}, if_match: undefined }),
      () => projects.policies.rollBack(other, foreign, 1),
    ]
    for (const attempt of attempts) await expect(attempt()).rejects.toMatchObject({ code: 'not_found' })
    expect(await gateOf(caller, foreign)).toMatchObject({ status: 'paused', stopped: false, policy_version: 1 })
  })

  it('change their name and description, each by itself', async () => {
    const caller = await person()
    const { id } = await projects.create(caller, { name: 'a', description: 'why' })
    expect(await projects.change(caller, id, { name: 'b' })).toMatchObject({ name: 'b', description: 'why' })
    expect(await projects.change(caller, id, { description: '' })).toMatchObject({ name: 'b', description: '' })
    await projects.change(caller, id, {})
    expect(await eventsOf(caller)).toEqual(['project.created', 'project.changed', 'project.changed'])
  })

  it('pause and resume once, and wake who waits for work', async () => {
    const caller = await person()
    const { id } = await projects.create(caller, { name: 'a' })
    let woken = 0
    using _listening = dispatch.listen('task_queue', () => {
      woken += 1
    })
    expect((await projects.pause(caller, id)).status).toBe('paused')
    expect((await projects.pause(caller, id)).status).toBe('paused')
    expect(woken).toBe(0)
    expect((await projects.resume(caller, id)).status).toBe('active')
    await projects.resume(caller, id)
    expect(woken).toBe(1)
    expect(await eventsOf(caller)).toEqual(['project.created', 'project.paused', 'project.resumed'])
  })
})

describe('policy', () => {
  it('has versions; a body’s gaps get the defaults', async () => {
    const caller = await person()
    const { id } = await projects.create(caller, { name: 'a', policy: { quorum: 2 } })
    const second = await projects.policies.put(caller, id, { policy: { oversight: 'high' }, if_match: 1 })
    expect(policyVersion.parse(second)).toMatchObject({ version: 2, current: true, changed_by: caller.principal })
    expect(second.policy).toEqual({ ...default_policy, oversight: 'high' })
    expect(await gateOf(caller, id)).toMatchObject({ policy_version: 2, oversight: 'high' })
    const first = await db.transact(caller, (tx) =>
      projects.policy(tx, { organization_id: caller.organization_id, project_id: id }, 1),
    )
    expect(first.quorum).toBe(2)
  })

  it('is not replaced over a version that was not read', async () => {
    const caller = await person()
    const { id } = await projects.create(caller, { name: 'a' })
    const put = (quorum: number) => projects.policies.put(caller, id, { policy: { quorum }, if_match: 1 })
    const outcomes = await Promise.allSettled([put(2), put(3), put(4)])
    expect(outcomes.filter(({ status }) => status === 'fulfilled').length).toBe(1)
    for (const outcome of outcomes)
      if (outcome.status === 'rejected')
        expect(outcome.reason).toMatchObject({ code: 'version_moved', detail: { value: 2 } })
  })

  it('rolls back to a new version that repeats an old one', async () => {
    const caller = await person()
    const { id } = await projects.create(caller, { name: 'a', policy: { oversight: 'low' } })
    await projects.policies.put(caller, id, { policy: { oversight: 'high' }, if_match: undefined })
    const back = await projects.policies.rollBack(caller, id, 1)
    expect(back).toMatchObject({ version: 3, rolled_back_to: 1, current: true, policy: { oversight: 'low' } })
    expect((await projects.get(caller, id)).oversight).toBe('low')
    for (const wrong of [3, 9])
      await expect(projects.policies.rollBack(caller, id, wrong)).rejects.toMatchObject({ code: 'invalid' })
    const first = await projects.policies.versions(caller, id, { limit: 2 })
    expect(first.items.map(({ version, current }) => [version, current])).toEqual([
      [3, true],
      [2, false],
    ])
    const second = await projects.policies.versions(caller, id, { limit: 2, cursor: first.next_cursor })
    expect([second.items.map(({ version }) => version), second.next_cursor]).toEqual([[1], undefined])
    expect(await eventsOf(caller)).toEqual(['project.created', 'policy.changed', 'policy.changed'])
  })

  it('is refused with a pattern that RE2 does not know', async () => {
    const caller = await person()
    const { id } = await projects.create(caller, { name: 'a' })
    const figures = { severity: 'warning', weight: 1, measures: 'quality', violation_from: 0 } as const
    const policy = {
      checks: [{ check: 'banned_content', ...figures, params: { patterns: ['fine', '(?=no)'] } }],
    } as const
    const refusal = expect.objectContaining({ code: 'invalid', detail: { field: 'checks.0.params.patterns.1' } })
    await expect(projects.policies.put(caller, id, { policy, if_match: undefined })).rejects.toThrow(refusal)
    await expect(projects.create(caller, { name: 'b', policy })).rejects.toThrow(refusal)
  })

  it('tells the strictest rates of the organization, and the new ones at once', async () => {
    const caller = await person()
    const rates = () => projects.requestRates(caller.organization_id)
    const { id } = await projects.create(caller, { name: 'a' })
    expect(await rates()).toEqual({})
    await projects.create(caller, { name: 'b', policy: { rate_limits: { requests_per_minute_key: 9 } } })
    const policy = { rate_limits: { requests_per_minute_key: 7, requests_per_minute_address: 70 } }
    await projects.policies.put(caller, id, { policy, if_match: undefined })
    expect(await rates()).toEqual({ per_key: 7, per_address: 70 })
  })
})

describe('the emergency stop', () => {
  it('of a project is raised once, tested at the gate, and lifted', async () => {
    const caller = await person()
    const { id } = await projects.create(caller, { name: 'a' })
    const { id: untouched } = await projects.create(caller, { name: 'b' })
    const raised = await projects.emergency.raise(caller, 'project', { id, reason: 'smoke' })
    expect(stop.parse(raised)).toMatchObject({
      scope: { kind: 'project', id },
      reason: 'smoke',
      raised_by: caller.principal,
    })
    expect(await projects.emergency.raise(caller, 'project', { id, reason: 'again' })).toEqual(raised)
    expect([(await gateOf(caller, id))?.stopped, (await gateOf(caller, untouched))?.stopped]).toEqual([true, false])
    expect((await projects.get(caller, id)).status).toBe('stopped')
    const lifted = await projects.emergency.lift(caller, 'project', id)
    expect(lifted).toMatchObject({ id: raised.id, lifted_by: caller.principal, lifted_at: expect.any(String) })
    expect((await gateOf(caller, id))?.stopped).toBe(false)
    await expect(projects.emergency.lift(caller, 'project', id)).rejects.toMatchObject({ code: 'not_found' })
    expect(await eventsOf(caller)).toEqual(['project.created', 'project.created', 'stop.raised', 'stop.lifted'])
  })

  it('of the organization covers all of its projects, later ones too, and no other organization', async () => {
    const [caller, other] = [await person(), await person()]
    const { id } = await projects.create(caller, { name: 'a' })
    const { id: foreign } = await projects.create(other, { name: 'a' })
    await projects.emergency.raise(caller, 'project', { id, reason: '' })
    await projects.emergency.raise(caller, 'organization', { id: caller.organization_id, reason: '' })
    const { id: later, status } = await projects.create(caller, { name: 'later' })
    expect(status).toBe('stopped')
    expect((await gateOf(other, foreign))?.stopped).toBe(false)
    await projects.emergency.lift(caller, 'organization', caller.organization_id)
    expect([(await gateOf(caller, id))?.stopped, (await gateOf(caller, later))?.stopped]).toEqual([true, false])
  })

  it.runIf(db.engine_name === 'postgres')('waits for a commit under way, and what comes after it sees it', async () => {
    const caller = await person()
    const { id } = await projects.create(caller, { name: 'a' })
    const order: string[] = []
    let raising: Promise<unknown> = Promise.resolve()
    await engine.transact(async (tx) => {
      await projects.gates(tx, [{ organization_id: caller.organization_id, project_id: id }], 'share')
      raising = outside(() => projects.emergency.raise(caller, 'project', { id, reason: '' })).then(() =>
        order.push('stopped'),
      )
      await someoneWaits()
      order.push('committed')
    })
    await raising
    expect(order).toEqual(['committed', 'stopped'])
    expect((await gateOf(caller, id))?.stopped).toBe(true)
  })
})

/** Another caller: not in the context of the transaction that is open here. */
const resource = new AsyncResource('test')
function outside<T>(work: () => Promise<T>): Promise<T> {
  return resource.runInAsyncScope(work)
}

/** Resolves once a session waits for a lock. */
async function someoneWaits(): Promise<void> {
  for (;;) {
    const waiting = await outside(() =>
      database.sql(`select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`),
    )
    if (waiting.length > 0) return
  }
}
