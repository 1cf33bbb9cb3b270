import { createAgent } from '@muster/contract/agents/operations'
import { createBudget } from '@muster/contract/budgets/operations'
import { cancelGoal, pauseGoal } from '@muster/contract/planner/goals/goal.operations'
import { claimRuns, getTaskWhy } from '@muster/contract/worker/operations'
import { describe, expect, it } from 'vitest'
import type { ApiClient } from '../fixtures.ts'
import { localWorker, testProgram } from '../program.ts'
import { answer, type Claimed, goal, question, remoteAgent, type StatedGoal, task } from './steps.ts'

const { program, database, twoMore, work, tick } = await testProgram()
const { clock } = database
const cost = (cost_micro_usd: number, tokens = 0) => ({ budget: { cost_micro_usd, tokens } })

async function limit(
  api: ApiClient,
  kind: string,
  fields: { id?: string; window?: string; cost_micro_usd?: number; tokens?: number; live_runs?: number },
) {
  const { id, ...rest } = fields
  return api.call(createBudget, { body: { scope: { kind, ...(id && { id }) }, ...rest } as never })
}

const balances = async (limit_ids: readonly string[]) => {
  const rows = await database.sql(
    'select limit_id, held_micro_usd::int as held, used_micro_usd::int as used from budgets_balances where limit_id = any($1)',
    [limit_ids],
  )
  return limit_ids.map((id) => {
    const row = rows.find(({ limit_id }) => limit_id === id)
    return [row?.held ?? 0, row?.used ?? 0]
  })
}

const whyOf = async (api: ApiClient, stated: StatedGoal, key: string) => {
  const { blocked_by } = await api.call(getTaskWhy, { params: { id: (await stated.task(key)).id as never } })
  return blocked_by.map(({ reason }) => reason)
}

describe('a budget', () => {
  it('is held at the claim on every scope that has a limit, and settled with what was used', async () => {
    const { ours } = await twoMore()
    const agent = await remoteAgent(ours, 'costly')
    const project = await ours.project()
    const limits = [
      await limit(ours, 'organization', { cost_micro_usd: 1000, window: 'day' }),
      await limit(ours, 'project', { id: project.id, cost_micro_usd: 1000 }),
      await limit(ours, 'agent', { id: agent.agent_id, cost_micro_usd: 1000 }),
    ].map(({ id }) => id)
    const stated = await goal(ours, [task('only', { capability: 'costly', ...cost(100) })], { project_id: project.id })
    const run = await agent.claimOne()
    expect(await balances(limits)).toEqual([
      [100, 0],
      [100, 0],
      [100, 0],
    ])
    await agent.complete(run, {}, { usage: { cost_micro_usd: 30, tokens: 0 } })
    expect(await balances(limits)).toEqual([
      [0, 30],
      [0, 30],
      [0, 30],
    ])
    expect((await stated.view()).spent.cost_micro_usd).toBe(30)
    expect(await database.sql('select count(*)::int as n from budgets_holds where id = $1', [run.run_id])).toEqual([
      { n: 0 },
    ])
  })

  it('is held on all scopes or none, and a task that does not fit waits without holding up others', async () => {
    const { ours } = await twoMore()
    const agent = await remoteAgent(ours, 'all_or_none')
    const [rich, poor] = [await ours.project(), await ours.project()]
    const limits = [
      await limit(ours, 'organization', { cost_micro_usd: 1000 }),
      await limit(ours, 'project', { id: poor.id, cost_micro_usd: 50 }),
    ].map(({ id }) => id)
    const refused = await goal(ours, [task('only', { capability: 'all_or_none', ...cost(60) })], {
      project_id: poor.id,
    })
    const admitted = await goal(ours, [task('only', { capability: 'all_or_none', ...cost(60) })], {
      project_id: rich.id,
    })
    const run = await agent.claimOne()
    expect(run.brief.goal_id).toBe(admitted.id)
    expect(await balances(limits)).toEqual([
      [60, 0],
      [0, 0],
    ])
    expect([(await refused.task('only')).status, await whyOf(ours, refused, 'only')]).toEqual(['ready', ['budget']])
    const cheap = await goal(
      ours,
      [task('only', { capability: 'all_or_none', ...cost(40) }), task('free', { capability: 'all_or_none' })],
      { project_id: poor.id },
    )
    const runs = await agent.claim()
    expect(runs.map(({ brief }) => brief.goal_id)).toEqual([cheap.id, cheap.id])
    expect(await balances(limits)).toEqual([
      [100, 0],
      [40, 0],
    ])
  })

  it('is never passed by claims that take many at once', async () => {
    const { ours } = await twoMore()
    const agent = await remoteAgent(ours, 'many')
    const { id } = await limit(ours, 'organization', { cost_micro_usd: 250 })
    const stated = await goal(
      ours,
      Array.from({ length: 5 }, (_, n) => task(`t${n}`, { capability: 'many', ...cost(100) })),
    )
    const runs = await agent.claim()
    expect([runs.length, await balances([id])]).toEqual([2, [[200, 0]]])
    for (const run of runs) await agent.complete(run, {}, { usage: { cost_micro_usd: 10, tokens: 0 } })
    expect((await agent.claim()).length).toBe(2)
    expect((await stated.view()).counts.running).toBe(2)
  })

  it('that is used up holds nobody else up, however little is claimed at once', async () => {
    const { ours } = await twoMore()
    const agent = await remoteAgent(ours, 'starved')
    const poor = await ours.project()
    await limit(ours, 'project', { id: poor.id, cost_micro_usd: 10 })
    await goal(
      ours,
      Array.from({ length: 3 }, (_, n) => task(`t${n}`, { capability: 'starved', ...cost(100 + n) })),
      { project_id: poor.id },
    )
    const full = await ours.project()
    await limit(ours, 'project', { id: full.id, live_runs: 0 })
    await goal(
      ours,
      Array.from({ length: 3 }, (_, n) => task(`t${n}`, { capability: 'starved' })),
      { project_id: full.id },
    )
    const free = await goal(ours, [task('a', { capability: 'starved' }), task('b', { capability: 'starved' })])
    const runs = [...(await agent.claim(1)), ...(await agent.claim(1)), ...(await agent.claim(1))]
    expect(runs.map(({ brief }) => brief.goal_id)).toEqual([free.id, free.id])
  })

  it('is charged whole for a run that was lost or says nothing, and given back for one that failed or was given back', async () => {
    const { ours } = await twoMore()
    const agent = await remoteAgent(ours, 'charged')
    const { id } = await limit(ours, 'organization', { cost_micro_usd: 1000 })
    await goal(
      ours,
      Array.from({ length: 4 }, (_, n) => task(`t${n}`, { capability: 'charged', attempts_max: 1, ...cost(100) })),
    )
    const [silent, failed, released, lost] = (await agent.claim()) as [Claimed, Claimed, Claimed, Claimed]
    expect(await balances([id])).toEqual([[400, 0]])
    await agent.complete(silent, {})
    expect(await balances([id])).toEqual([[300, 100]])
    await agent.fail(failed, false)
    await agent.release(released)
    expect(await balances([id])).toEqual([[100, 100]])
    await clock.advance(31_000)
    await tick()
    expect(await balances([id])).toEqual([[0, 200]])
    expect(lost.token).toBe(1)
  })

  it('of each goal by itself, and of each day, begins anew', async () => {
    const { ours } = await twoMore()
    const agent = await remoteAgent(ours, 'windows')
    const project = await ours.project()
    await limit(ours, 'project', { id: project.id, cost_micro_usd: 100, window: 'goal' })
    await limit(ours, 'organization', { cost_micro_usd: 300, window: 'day' })
    const two = () =>
      goal(
        ours,
        [task('a', { capability: 'windows', ...cost(100) }), task('b', { capability: 'windows', ...cost(100) })],
        { project_id: project.id },
      )
    const goals = [await two(), await two()]
    const runs = await agent.claim()
    expect(runs.map(({ brief }) => brief.goal_id)).toEqual(goals.map(({ id }) => id))
    for (const run of runs) await agent.complete(run, {})
    expect(await agent.claim()).toEqual([])
    const third = await two()
    await agent.complete(await agent.claimOne(), {})
    await clock.advance(24 * 3_600_000)
    const fourth = await two()
    expect((await agent.claimOne()).brief.goal_id).toBe(fourth.id)
    expect((await third.view()).counts.done).toBe(1)
  })
})

describe('a limit of live runs', () => {
  it('bounds what runs at once in each scope', async () => {
    const { ours } = await twoMore()
    const project = await ours.project()
    const agent = await remoteAgent(ours, 'bounded')
    await limit(ours, 'project', { id: project.id, live_runs: 2 })
    const tasks = Array.from({ length: 4 }, (_, n) => task(`t${n}`, { capability: 'bounded' }))
    const stated = await goal(ours, tasks, { project_id: project.id })
    const elsewhere = await goal(ours, [task('only', { capability: 'bounded' })])
    const runs = await agent.claim()
    expect(runs.map(({ brief }) => brief.goal_id)).toEqual([stated.id, stated.id, elsewhere.id])
    expect(await whyOf(ours, stated, 't3')).toEqual(['limit'])
    expect(await agent.claim()).toEqual([])
    const [first] = runs
    if (first) await agent.complete(first, {})
    expect((await agent.claim()).length).toBe(1)
    await limit(ours, 'organization', { live_runs: 1 })
    const rest = (await database.sql('select run_id, token from worker_live_runs where goal_id = $1', [
      stated.id,
    ])) as unknown as Claimed[]
    for (const run of rest) await agent.complete(run, {})
    expect((await agent.claim()).length).toBe(0)
  })

  it('of an agent binds that agent alone', async () => {
    const { ours } = await twoMore()
    const { id } = await ours.call(createAgent, {
      body: { name: 'one at a time', runtime: 'remote', capabilities: ['single'], live_runs_max: 1 } as never,
    })
    const api = await ours.colleague('key', { agent_id: id })
    const other = await remoteAgent(ours, 'single')
    await goal(
      ours,
      Array.from({ length: 4 }, (_, n) => task(`t${n}`, { capability: 'single' })),
    )
    await goal(
      ours,
      [
        task('pinned', { capability: 'single', agent_id: id }),
        task('pinned too', { capability: 'single', agent_id: id }),
      ].map((one, n) => ({ ...one, key: `p${n}` })),
    )
    const { runs } = await api.call(claimRuns, { body: { agent_id: id, max: 64, wait_ms: 0 } })
    expect(runs.length).toBe(1)
    expect((await other.claim()).every(({ brief }) => brief.capability === 'single')).toBe(true)
  })
})

describe('whose turn it is', () => {
  it('goes by priority, then by the project served longest ago, then by age', async () => {
    const { ours } = await twoMore()
    const agent = await remoteAgent(ours, 'turns')
    const one = { capability: 'turns' }
    const [busy, quiet] = [await ours.project(), await ours.project()]
    await goal(
      ours,
      Array.from({ length: 4 }, (_, n) => task(`busy${n}`, one)),
      { project_id: busy.id },
    )
    await goal(ours, [task('quiet0', one), task('quiet1', one)], { project_id: quiet.id })
    await goal(ours, [task('urgent', { ...one, priority: 'urgent' })], { project_id: busy.id })
    const order: string[] = []
    for (let count = 0; count < 7; count += 1) {
      const [run] = await agent.claim(1)
      order.push(run?.brief.title ?? '')
      await clock.advance(1)
    }
    expect(order[0]).toBe('urgent')
    expect(order.slice(1, 5).map((title) => title.slice(0, 5))).toEqual(
      ['quiet', 'busy0', 'quiet', 'busy1'].map((title) => title.slice(0, 5)),
    )
    expect(order.filter((title) => title.startsWith('busy'))).toEqual(['busy0', 'busy1', 'busy2', 'busy3'])
  })

  it('goes to the active agent with the capability and the fewest live runs', async () => {
    const { ours } = await twoMore()
    const [first, second] = [await remoteAgent(ours, 'shared'), await remoteAgent(ours, 'shared')]
    await first.claim()
    await second.claim()
    await goal(
      ours,
      Array.from({ length: 4 }, (_, n) => task(`t${n}`, { capability: 'shared' })),
    )
    const counts = [0, 0]
    for (let round = 0; round < 4; round += 1)
      for (const [index, agent] of [first, second].entries())
        counts[index] = (counts[index] ?? 0) + (await agent.claim(1)).length
    expect(counts).toEqual([2, 2])
  })
})

describe('a worker’s process', () => {
  it('gives its leases back when it stops, and that counts nowhere', async () => {
    const { ours } = await twoMore()
    const stated = await goal(ours, [task('long', { capability: 'sleep', input: { ms: 3_600_000 } })])
    const claimed = new Promise<void>((resolve) => {
      const listening = program.dispatch.listen('journal', () => {
        void stated.task('long').then(({ status }) => {
          if (status !== 'running') return
          listening[Symbol.dispose]()
          resolve()
        })
      })
    })
    const process = localWorker(program, 2)
    await process.start()
    await claimed
    await process[Symbol.asyncDispose]()
    const { status, counters } = await stated.task('long')
    expect([status, counters]).toEqual(['ready', { attempts: 0, leases_lost: 0, retries: 0, conflicts: 0 }])
    await ours.call(cancelGoal, { params: { id: stated.id as never } })
    const rows = await database.sql('select count(*)::int as n from processes where id = $1', [process.process_id])
    expect(rows).toEqual([{ n: 0 }])
  })

  it('that is gone loses its leases at once, and one that is kept keeps them', async () => {
    const { ours } = await twoMore()
    const stated = await goal(ours, [task('one', { capability: 'sleep', input: { ms: 3_600_000 } })])
    const gone = localWorker(program, 1)
    const claimer = { runtime: 'builtin' as const }
    const [assignment] = await program.worker.claim({
      claimer,
      max: 1,
      claimed_by: { kind: 'system', id: 'muster' },
      process_id: gone.process_id,
    })
    expect(assignment?.run.goal_id).toBe(stated.id)
    expect(await program.worker.sweep([])).toBe(0)
    expect(await program.worker.sweep([gone.process_id])).toBe(1)
    expect((await stated.task('one')).counters.leases_lost).toBe(1)
    await ours.call(cancelGoal, { params: { id: stated.id as never } })
  })
})

describe('why a task is not running', () => {
  it('is told for each thing in its way', async () => {
    const { ours } = await twoMore()
    const agent = await remoteAgent(ours, 'reasons')
    const one = { capability: 'reasons' }
    const stated = await goal(ours, [
      task('running', one),
      task('after', { depends_on: ['running'] }),
      task('asked', { approval: 'before' }),
      task('returned', one),
    ])
    const [run, other] = await agent.claim()
    expect(await whyOf(ours, stated, 'running')).toEqual(['lease'])
    expect(await whyOf(ours, stated, 'after')).toEqual(['dependency'])
    expect(await whyOf(ours, stated, 'asked')).toEqual(['approval'])
    if (other) await agent.fail(other, true)
    expect(await whyOf(ours, stated, 'returned')).toContain('backoff')
    await ours.call(pauseGoal, { params: { id: stated.id as never } })
    expect(await whyOf(ours, stated, 'returned')).toContain('paused')
    await clock.advance(120_000)
    expect(await whyOf(ours, stated, 'returned')).toContain('no_worker')
    if (run) expect((await answer(ours, (await question(ours, stated.id)).id, { action: 'approve' })).status).toBe(200)
    await work()
  })
})
