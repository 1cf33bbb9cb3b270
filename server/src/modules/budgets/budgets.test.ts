import { budgetList, budget as budgetShape } from '@muster/contract/budgets/budgets'
import { beforeEach, describe, expect, it } from 'vitest'
import { testDatabase } from '../../../test/database.ts'
import { newTenant, type Tenant } from '../../../test/tenant.ts'
import { createRequestTransactions } from '../../platform/db/request-transactions.ts'
import { sql } from '../../platform/db/sql.ts'
import { newId } from '../../platform/ids.ts'
import { silent_log } from '../../platform/log.ts'
import { connectedExtensions, extend } from '../../platform/module/extension-point.ts'
import { scopes } from '../identity/identity.extensions.ts'
import { createScopeLookup } from '../identity/scopes.service.ts'
import { usageSources } from './budgets.extensions.ts'
import { budgetsModule } from './budgets.module.ts'

const database = await testDatabase()
const { db, engine, journal, sql: query } = database
const named = new Map<string, { organization_id: string; id: string }>()
const nowhere = {
  ...{ project_id: null, goal_id: null, task_id: null, agent_id: null },
  ...{ stopped: false, usable: true },
}
const live = new Map<string, number>()
const extensions = connectedExtensions(
  ...(['agent', 'goal'] as const).map((kind) =>
    extend(scopes, {
      kind,
      find: async (_tx, organization_id, refs) =>
        new Map(
          refs.flatMap((ref) => {
            const found = named.get(ref)
            return found?.organization_id === organization_id ? [[ref, { ...nowhere, id: found.id, name: ref }]] : []
          }),
        ),
    }),
  ),
  extend(usageSources, {
    countLive: async (_tx, counted) => counted.map(({ scope_id }) => live.get(scope_id) ?? 0),
  }),
)
const { budgets } = budgetsModule({
  engine,
  log: silent_log,
  transactions: createRequestTransactions(db),
  journal,
  projects: {
    gates: (tx, refs) =>
      tx.rows(sql`select organization_id, project_id, status, stopped, policy_version, oversight
      from projects_gate_v where organization_id = ${refs[0]?.organization_id} and project_id = ${refs[0]?.project_id}`),
  },
  extensions,
  identity: createScopeLookup(extensions),
})

let here: Tenant
beforeEach(async () => {
  here = await newTenant(engine)
})

const code = (expected: string) => expect.objectContaining({ code: expected })

interface Wanted {
  readonly cost_micro_usd?: number
  readonly tokens?: number
  readonly goal_id?: string | null
  readonly agent_id?: string
}

function run({ cost_micro_usd = 0, tokens = 0, goal_id = null, agent_id = newId() }: Wanted = {}) {
  const { organization_id, project_id } = here
  return { organization_id, project_id, goal_id, agent_id, task_id: newId(), run_id: newId(), cost_micro_usd, tokens }
}

type Run = ReturnType<typeof run>

/** What the claim does: admits, and holds for what was admitted. */
async function claim(...runs: readonly Run[]): Promise<Run[]> {
  return engine.transact(async (tx) => {
    const admission = await budgets.admit(tx, runs)
    const admitted = runs.filter(({ task_id }) => admission.admitted.has(task_id))
    await admission.hold(admitted)
    return admitted
  })
}

const settle = (one: Run, usage?: { cost_micro_usd: number; tokens: number }) =>
  engine.transact((tx) => budgets.settle(tx, [{ ...one, usage }]))

const limit = (body: Omit<Parameters<typeof budgets.create>[1], 'window'> & { window?: 'day' | 'goal' | 'total' }) =>
  budgets.create(here.person, { window: 'total', ...body })
const onProject = () => ({ kind: 'project', id: here.project_id }) as const
const show = async (id: string) => budgetShape.parse(await budgets.get(here.person, id))
const rows = (table: string) => query(`select * from ${table} where organization_id = $1`, [here.organization_id])

async function events(): Promise<string[]> {
  const entries = await query('select events from journal_entries where organization_id = $1 order by id', [
    here.organization_id,
  ])
  return [...JSON.stringify(entries).matchAll(/budget\.[a-z]+/g)].map(([type]) => type)
}

describe('admission', () => {
  it('of many claimers at once never passes a limit, and leaves nothing that fits', async () => {
    const { id } = await limit({ scope: onProject(), cost_micro_usd: 100 })
    const claims = await Promise.all(
      Array.from({ length: 20 }, () => claim(run({ cost_micro_usd: 7 }), run({ cost_micro_usd: 7 }))),
    )
    expect(claims.flat()).toHaveLength(14)
    expect(await show(id)).toMatchObject({ held: { cost_micro_usd: 98 }, used: { cost_micro_usd: 0 }, closed: false })
  })

  it('takes all scopes or none', async () => {
    const wide = await limit({ scope: { kind: 'organization' }, cost_micro_usd: 1_000, tokens: 50 })
    await limit({ scope: onProject(), cost_micro_usd: 10 })
    expect(
      await claim(run({ cost_micro_usd: 11 }), run({ tokens: 51 }), run({ cost_micro_usd: 10, tokens: 50 })),
    ).toHaveLength(1)
    expect(await show(wide.id)).toMatchObject({ held: { cost_micro_usd: 10, tokens: 50 } })
  })

  it('counts live runs', async () => {
    const agent_id = newId()
    await engine.transact((tx) =>
      budgets.setForAgent(tx, { organization_id: here.organization_id, agent_id, live_runs: 3 }),
    )
    live.set(agent_id, 1)
    expect(await claim(run({ agent_id }), run({ agent_id }), run({ agent_id }))).toHaveLength(2)
    await engine.transact((tx) =>
      budgets.setForAgent(tx, { organization_id: here.organization_id, agent_id, live_runs: 1 }),
    )
    expect(await claim(run({ agent_id }))).toHaveLength(0)
    expect((await budgets.list(here.person, { limit: 50 })).items).toHaveLength(1)
  })

  it('writes nothing for a hold of zero, nor without a limit', async () => {
    await claim(run({ cost_micro_usd: 5 }))
    await limit({ scope: onProject(), cost_micro_usd: 100 })
    await claim(run(), run())
    for (const table of ['budgets_holds', 'budgets_balances', 'budgets_charges'])
      expect(await rows(table), table).toEqual([])
  })
})

describe('settling', () => {
  it('charges what was used and gives the rest back, once', async () => {
    const { id } = await limit({ scope: onProject(), cost_micro_usd: 100, tokens: 100 })
    const [one] = await claim(run({ cost_micro_usd: 40, tokens: 10 }))
    if (!one) throw new Error('not admitted')
    await settle(one, { cost_micro_usd: 15, tokens: 3 })
    await settle(one, { cost_micro_usd: 15, tokens: 3 })
    expect(await show(id)).toMatchObject({
      held: { cost_micro_usd: 0, tokens: 0 },
      used: { cost_micro_usd: 15, tokens: 3 },
    })
    expect(await rows('budgets_charges')).toHaveLength(1)
  })

  it('of unknown usage costs the hold', async () => {
    const { id } = await limit({ scope: onProject(), cost_micro_usd: 100 })
    const [one] = await claim(run({ cost_micro_usd: 40 }))
    if (one) await settle(one)
    expect(await show(id)).toMatchObject({ held: { cost_micro_usd: 0 }, used: { cost_micro_usd: 40 } })
    expect(await rows('budgets_charges')).toMatchObject([{ cost_micro_usd: 40, unknown_usage: true }])
  })

  it('counts what was used although nothing was held, once', async () => {
    const { id } = await limit({ scope: onProject(), cost_micro_usd: 100 })
    const [one] = await claim(run())
    if (!one) throw new Error('not admitted')
    await settle(one, { cost_micro_usd: 30, tokens: 0 })
    await settle(one, { cost_micro_usd: 30, tokens: 0 })
    expect(await show(id)).toMatchObject({ used: { cost_micro_usd: 30 } })
  })

  it('over the limit closes it for everything, until it is raised', async () => {
    const { id } = await limit({ scope: onProject(), cost_micro_usd: 100 })
    const [one] = await claim(run({ cost_micro_usd: 100 }))
    if (one) await settle(one, { cost_micro_usd: 130, tokens: 0 })
    expect(await show(id)).toMatchObject({ closed: true, used: { cost_micro_usd: 130 } })
    expect(await claim(run(), run({ cost_micro_usd: 1 }))).toEqual([])
    expect(await budgets.put(here.person, id, { cost_micro_usd: 200 })).toMatchObject({ closed: false })
    expect(await claim(run(), run({ cost_micro_usd: 70 }))).toHaveLength(2)
    expect(await events()).toEqual(['budget.changed', 'budget.closed', 'budget.changed'])
  })

  it('tells once that nine tenths are used, and again when it is over', async () => {
    await limit({ scope: onProject(), tokens: 100 })
    for (const tokens of [89, 1, 1, 10, 1]) {
      const one = run({ tokens: 0 })
      await settle(one, { cost_micro_usd: 0, tokens })
    }
    expect(await events()).toEqual(['budget.changed', 'budget.warned', 'budget.closed'])
  })

  it('gives a released hold back whole', async () => {
    const { id } = await limit({ scope: onProject(), cost_micro_usd: 100 })
    const held = await claim(run({ cost_micro_usd: 60 }))
    await engine.transact((tx) => budgets.release(tx, held))
    await engine.transact((tx) => budgets.release(tx, held))
    expect(await show(id)).toMatchObject({ held: { cost_micro_usd: 0 }, used: { cost_micro_usd: 0 } })
  })

  it('bears a limit that was removed meanwhile', async () => {
    const { id } = await limit({ scope: onProject(), cost_micro_usd: 100 })
    const [one] = await claim(run({ cost_micro_usd: 60 }))
    await budgets.remove(here.person, id)
    if (one) await settle(one, { cost_micro_usd: 10, tokens: 0 })
    expect(await rows('budgets_charges')).toHaveLength(1)
  })
})

describe('a window', () => {
  it('of a day turns at midnight UTC; what was held stays in its own day', async () => {
    const { id } = await limit({ scope: onProject(), window: 'day', cost_micro_usd: 100 })
    const [one] = await claim(run({ cost_micro_usd: 80 }))
    expect(await claim(run({ cost_micro_usd: 30 }))).toEqual([])
    await database.clock.advance(24 * 3_600_000)
    expect(await claim(run({ cost_micro_usd: 30 }))).toHaveLength(1)
    if (one) await settle(one, { cost_micro_usd: 80, tokens: 0 })
    expect(await show(id)).toMatchObject({ held: { cost_micro_usd: 30 }, used: { cost_micro_usd: 0 } })
  })

  it('of a goal counts each goal by itself', async () => {
    const { id } = await limit({ scope: onProject(), window: 'goal', cost_micro_usd: 100 })
    const [a, b] = [newId(), newId()]
    const claimed = await claim(
      run({ goal_id: a, cost_micro_usd: 80 }),
      run({ goal_id: b, cost_micro_usd: 80 }),
      run({ goal_id: a, cost_micro_usd: 30 }),
      run({ goal_id: b, cost_micro_usd: 20 }),
    )
    expect(claimed.map(({ goal_id, cost_micro_usd }) => [goal_id, cost_micro_usd])).toEqual([
      [a, 80],
      [b, 80],
      [b, 20],
    ])
    expect(await claim(run({ goal_id: a, cost_micro_usd: 30 }))).toEqual([])
    expect(await claim(run({ goal_id: a, cost_micro_usd: 20 }))).toHaveLength(1)
    expect(await show(id)).toMatchObject({ held: { cost_micro_usd: 200 } })
  })
})

describe('limits', () => {
  it('are set, changed, listed and removed', async () => {
    const made = budgetShape.parse(await limit({ scope: onProject(), window: 'day', cost_micro_usd: 5 }))
    expect(made).toMatchObject({ scope: onProject(), window: 'day', cost_micro_usd: 5, closed: false })
    await expect(limit({ scope: onProject(), window: 'day', tokens: 1 })).rejects.toEqual(code('exists'))
    const other = await limit({ scope: { kind: 'organization' }, live_runs: 2 ** 31 - 1 })
    expect(other).toMatchObject({ scope: { id: here.organization_id } })
    const changed = budgetShape.parse(await budgets.put(here.person, made.id, { tokens: 9 }))
    expect(changed).toMatchObject({ tokens: 9 })
    expect(changed).not.toHaveProperty('cost_micro_usd')
    const first = budgetList.parse(await budgets.list(here.person, { limit: 1 }))
    const second = await budgets.list(here.person, { limit: 1, cursor: first.next_cursor })
    expect([...first.items, ...second.items].map(({ id }) => id)).toEqual([made.id, other.id])
    expect(
      (await budgets.list(here.person, { limit: 9, scope_kind: 'project', scope_id: here.project_id })).items,
    ).toHaveLength(1)
    expect((await budgets.list(here.person, { limit: 9, scope_id: 'no id' })).items).toEqual([])
    await budgets.remove(here.person, made.id)
    await expect(budgets.get(here.person, made.id)).rejects.toEqual(code('not_found'))
  })

  it('are set on what the organization has, agents also by name', async () => {
    const { organization_id } = here
    const [agent, theirs] = [
      { organization_id, id: newId() },
      { organization_id: newId(), id: newId() },
    ]
    named.set('Scribe', agent)
    named.set(theirs.id, theirs)
    expect(await limit({ scope: { kind: 'agent', id: 'Scribe' }, tokens: 1 })).toMatchObject({
      scope: { id: agent.id },
    })
    const there = await newTenant(engine)
    for (const scope of [
      { kind: 'goal', id: theirs.id },
      { kind: 'goal', id: 'Scribe' },
      { kind: 'project', id: there.project_id },
      { kind: 'project', id: 'x' },
      { kind: 'organization', id: there.organization_id },
    ] as const)
      await expect(limit({ scope, tokens: 1 }), JSON.stringify(scope)).rejects.toEqual(code('not_found'))
  })

  it('are nobody else’s', async () => {
    const { id } = await limit({ scope: onProject(), tokens: 1 })
    const { person } = await newTenant(engine)
    await expect(budgets.get(person, id)).rejects.toEqual(code('not_found'))
    await expect(budgets.put(person, id, { tokens: 2 })).rejects.toEqual(code('not_found'))
    await expect(budgets.remove(person, id)).rejects.toEqual(code('not_found'))
    expect(await budgets.list(person, { limit: 50 })).toEqual({ items: [] })
    expect(await show(id)).toMatchObject({ tokens: 1 })
  })
})
