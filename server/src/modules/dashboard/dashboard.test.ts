import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { agentCreate } from '@muster/contract/agents/agents'
import { respondRequest } from '@muster/contract/approvals/approvals'
import { eventQuery } from '@muster/contract/dashboard/feeds'
import { getCostMetrics, getFleetStatus, listEvents, verifyJournal } from '@muster/contract/dashboard/operations'
import { goalCreate } from '@muster/contract/planner/goals/goals'
import type { PlanInput } from '@muster/contract/planner/plans/plans'
import { projectCreate } from '@muster/contract/projects/projects'
import { getTaskWhy } from '@muster/contract/worker/operations'
import { afterAll, describe, expect, it } from 'vitest'
import { testDatabase } from '../../../test/database.ts'
import { compose } from '../../app/compose.ts'
import type { Caller } from '../../platform/caller.ts'
import { readConfig } from '../../platform/config.ts'
import { newId } from '../../platform/ids.ts'
import { newSignerPem, sha256, signerFrom } from '../../platform/journal/seal.ts'
import { createSequencer } from '../../platform/journal/sealing/sequencer.ts'
import { silent_log } from '../../platform/log.ts'
import { system_principal } from '../../platform/principal.ts'
import { createSecretBox, newSecretKey } from '../../platform/secrets.ts'
import type { ClaimedAssignment } from '../worker/operations/claim.ts'
import { processStore } from '../worker/store/process.store.ts'
import { createTaskWhy } from '../worker/task-why.service.ts'

const database = await testDatabase()
const { db, engine, clock } = database
const path = mkdtempSync(join(tmpdir(), 'muster-dashboard-'))
/** Without a judge, so that results stay in review until a test judges them. */
const config = { ...readConfig({}), services: ['api', 'planner', 'worker', 'scheduler'] as const }
const program = compose({
  config,
  database: { ...database, epoch: 1 },
  directory: { path },
  secrets: createSecretBox(newSecretKey()),
  log: silent_log,
})
const { identity, agents, projects, goals, worker, judge, approvals } = program
const { dashboard } = program
const why = createTaskWhy(program)
const sequencer = createSequencer({ engine, signer: signerFrom(newSignerPem()) })
afterAll(async () => {
  await program.gateway[Symbol.asyncDispose]()
  await program.threads[Symbol.asyncDispose]()
  rmSync(path, { recursive: true })
})

async function organization() {
  const made = await identity.createOrganization('Acme', async (tx, id) => {
    await agents.ensureBuiltin(tx, id, [...program.tools.capabilities.keys()])
  })
  const principal = await identity.authenticate(made.key)
  if (principal === undefined) throw new Error('the first key is good')
  const caller: Caller = { ...principal, request_id: 'r' }
  const project = await projects.create(caller, projectCreate.parse({ name: 'A project' }))
  return { caller, organization_id: made.organization_id, project_id: project.id }
}

type Tenant = Awaited<ReturnType<typeof organization>>

/** States a goal and gives its tasks' ids by key. */
async function goal({ caller, project_id }: Tenant, tasks: PlanInput['tasks'], more: object = {}) {
  const stated = await program.goals.create(
    caller,
    goalCreate.parse({ project_id, title: 'A goal', plan: { tasks }, ...more }),
  )
  const listed = await program.tasks.list(caller, { goal_id: stated.id, limit: 100 })
  const ids = new Map(listed.items.map(({ id, key }) => [key, id]))
  return { goal_id: stated.id, task: (key: string) => ids.get(key) ?? '' }
}

async function withWorker(): Promise<string> {
  const id = newId()
  await engine.transact((tx) => processStore.seen(tx, { id, host: 'here', pid: 1, services: ['api', 'worker'] }))
  return id
}

/** Takes what can be taken in all organizations, and gives what is this one's. */
async function claim({ organization_id }: Tenant, process_id: string | null = null): Promise<ClaimedAssignment[]> {
  const claimed = await worker.claim({
    claimer: { runtime: 'builtin' },
    max: 64,
    claimed_by: system_principal,
    process_id,
  })
  return claimed.filter(({ run }) => run.organization_id === organization_id)
}

async function complete(assignments: readonly ClaimedAssignment[], value: unknown = {}): Promise<void> {
  const output = JSON.stringify(value)
  const output_sha256 = sha256(output).toString('hex')
  const result = { completed_by: system_principal, output, value, output_sha256, artifact_ids: [], source_ids: [] }
  for (const { run, task } of assignments) await worker.settle({ run, task, ...result })
}

async function limit(organization_id: string, row: Record<string, string | number>): Promise<string> {
  const all: Record<string, unknown> = { organization_id, id: newId(), budget_window: 'total', ...row }
  const names = Object.keys(all)
  await database.sql(
    `insert into budgets_limits (${names.join(', ')}) values (${names.map((_, index) => `$${index + 1}`).join(', ')})`,
    Object.values(all),
  )
  return String(all.id)
}

async function whyOf({ caller }: Tenant, task_id: string) {
  const found = await why(caller, task_id)
  expect(getTaskWhy.response.parse(found)).toEqual(found)
  return found
}

async function sealAll(): Promise<void> {
  for (;;) {
    const { more, waiting } = await sequencer.seal()
    if (!more && !waiting) return
  }
}

const noop = (key: string, more: object = {}) => ({ key, capability: 'noop', ...more })

describe('why', () => {
  it('pending: names what it waits for, and the command that answers it where a person is asked', async () => {
    const tenant = await organization()
    const { task } = await goal(tenant, [
      noop('a'),
      noop('b', { approval: 'before' }),
      noop('c', { depends_on: ['a', 'b'] }),
    ])
    const { blocked_by } = await whyOf(tenant, task('b'))
    const approval_id = blocked_by[0]?.subject_id
    expect(await whyOf(tenant, task('c'))).toMatchObject({
      status: 'pending',
      blocked_by: [
        { reason: 'dependency', subject_id: task('b'), remedy: `npx muster approvals approve ${approval_id}` },
        { reason: 'dependency', subject_id: task('a'), remedy: `npx muster task why ${task('a')}` },
      ],
    })
  })

  it('ready: says when no process runs the built-in agents, until one does, until that is silent for a minute', async () => {
    const tenant = await organization()
    const { task } = await goal(tenant, [noop('a')])
    expect((await whyOf(tenant, task('a'))).blocked_by).toMatchObject([
      { reason: 'no_worker', remedy: expect.stringContaining('npx muster up') },
    ])
    await withWorker()
    expect(await whyOf(tenant, task('a'))).toEqual({ task_id: task('a'), status: 'ready', blocked_by: [] })
    await clock.advance(61_000)
    expect((await whyOf(tenant, task('a'))).blocked_by).toMatchObject([{ reason: 'no_worker' }])
  })

  it('ready: pauses and emergency stops, of all scopes at once', async () => {
    const tenant = await organization()
    const { caller, project_id, organization_id } = tenant
    await withWorker()
    const { task, goal_id } = await goal(tenant, [noop('a')])
    await projects.pause(caller, project_id)
    await goals.pause(caller, goal_id)
    await projects.emergency.raise(caller, 'project', { id: project_id, reason: 'fire' })
    await projects.emergency.raise(caller, 'organization', { id: organization_id, reason: 'fire' })
    expect((await whyOf(tenant, task('a'))).blocked_by).toEqual([
      {
        reason: 'stopped',
        subject_id: organization_id,
        remedy: expect.stringContaining(`DELETE /api/v1/orgs/${organization_id}/stop`),
      },
      {
        reason: 'stopped',
        subject_id: project_id,
        remedy: expect.stringContaining(`DELETE /api/v1/projects/${project_id}/stop`),
      },
      {
        reason: 'paused',
        subject_id: project_id,
        remedy: `Resume the project: POST /api/v1/projects/${project_id}/resume`,
      },
      { reason: 'paused', subject_id: goal_id, remedy: `npx muster goal resume ${goal_id}` },
    ])
    await projects.emergency.lift(caller, 'project', project_id)
    await projects.emergency.lift(caller, 'organization', organization_id)
    await projects.resume(caller, project_id)
    await goals.resume(caller, goal_id)
    expect((await whyOf(tenant, task('a'))).blocked_by).toEqual([])
  })

  it('pending: a goal that was stored and not started', async () => {
    const tenant = await organization()
    const { task, goal_id } = await goal(tenant, [noop('a')], { start: false })
    expect((await whyOf(tenant, task('a'))).blocked_by).toContainEqual({
      reason: 'paused',
      subject_id: goal_id,
      remedy: `npx muster goal resume ${goal_id}`,
    })
  })

  it('ready: the time until it is tried again', async () => {
    const tenant = await organization()
    const { task } = await goal(tenant, [noop('a')])
    const [assignment] = await claim(tenant)
    if (assignment === undefined) throw new Error('there is one to claim')
    const unfinished = { how: 'failed', retryable: true, code: 'unavailable', message: 'no' } as const
    await worker.endAttempts([{ lease: assignment.run, unfinished }])
    await withWorker()
    const { status, blocked_by } = await whyOf(tenant, task('a'))
    expect(status).toBe('ready')
    expect(blocked_by).toMatchObject([{ reason: 'backoff', until: expect.any(String) }])
    await clock.advance(1_000)
    expect((await whyOf(tenant, task('a'))).blocked_by).toEqual([])
  })

  it('ready: agents that are not there, are paused, are stopped, are gone', async () => {
    const tenant = await organization()
    const { caller, organization_id } = tenant
    const agent = await agents.create(
      caller,
      agentCreate.parse({ name: 'ada', runtime: 'remote', capabilities: ['draw'] }),
    )
    const { task } = await goal(tenant, [noop('a', { capability: 'draw' })])
    const reasons = async () => (await whyOf(tenant, task('a'))).blocked_by
    expect(await reasons()).toMatchObject([
      { reason: 'no_worker', subject_id: agent.id, remedy: expect.stringContaining('ada. It has never connected') },
    ])
    await engine.transact((tx) => agents.recordPresence(tx, [{ organization_id, agent_id: agent.id }]))
    expect(await reasons()).toEqual([])
    await clock.advance(61_000)
    expect(await reasons()).toMatchObject([
      { reason: 'no_worker', remedy: expect.stringContaining('was last seen at') },
    ])
    await agents.pause(caller, agent.id)
    expect(await reasons()).toEqual([
      { reason: 'paused', subject_id: agent.id, remedy: `npx muster agents resume ${agent.id}` },
    ])
    await agents.resume(caller, agent.id)
    await agents.stop(caller, agent.id, 'fire')
    expect(await reasons()).toMatchObject([
      { reason: 'stopped', subject_id: agent.id, remedy: expect.stringContaining(`/agents/${agent.id}/stop`) },
    ])
    await agents.liftStop(caller, agent.id)
    await agents.retire(caller, agent.id)
    expect(await reasons()).toEqual([
      { reason: 'no_agent', subject_id: 'draw', remedy: 'npx muster agents add NAME --capability draw' },
    ])
  })

  it('ready: limits on runs and money, as the claim tests them', async () => {
    const tenant = await organization()
    const { organization_id, project_id } = tenant
    await withWorker()
    const first = await goal(tenant, [noop('a')])
    expect(await claim(tenant)).toHaveLength(1)
    const runs = await limit(organization_id, { scope_kind: 'project', scope_id: project_id, live_runs: 1 })
    const daily = await limit(organization_id, {
      scope_kind: 'organization',
      scope_id: organization_id,
      budget_window: 'day',
      cost_micro_usd: 5,
    })
    const { task } = await goal(tenant, [noop('cheap'), noop('dear', { budget: { cost_micro_usd: 6 } })])
    const running = {
      reason: 'limit',
      subject_id: runs,
      remedy: expect.stringContaining(`PUT /api/v1/budgets/${runs}`),
    }
    expect(await claim(tenant)).toEqual([])
    expect((await whyOf(tenant, task('cheap'))).blocked_by).toEqual([running])
    expect((await whyOf(tenant, task('dear'))).blocked_by).toEqual(
      expect.arrayContaining([
        running,
        {
          reason: 'budget',
          subject_id: daily,
          until: expect.stringMatching(/T00:00:00.000Z$/),
          remedy: `Raise the budget: PUT /api/v1/budgets/${daily}`,
        },
      ]),
    )
    expect((await whyOf(tenant, first.task('a'))).blocked_by).toMatchObject([{ reason: 'lease' }])
    await database.sql('delete from budgets_limits where organization_id = $1', [organization_id])
    expect((await whyOf(tenant, task('dear'))).blocked_by).toEqual([])
    expect(await claim(tenant)).toHaveLength(2)
  })

  it('running, in review, done: the lease, then a judge that is not there, then nothing', async () => {
    const tenant = await organization()
    const { task } = await goal(tenant, [noop('a')])
    const assignments = await claim(tenant)
    expect(await whyOf(tenant, task('a'))).toMatchObject({
      status: 'running',
      blocked_by: [{ reason: 'lease', subject_id: assignments[0]?.run.run_id, until: assignments[0]?.run.expires_at }],
    })
    await complete(assignments)
    expect(await whyOf(tenant, task('a'))).toMatchObject({ status: 'in_review', blocked_by: [] })
    await clock.advance(61_000)
    expect((await whyOf(tenant, task('a'))).blocked_by).toMatchObject([
      { reason: 'no_worker', remedy: expect.stringContaining('judge') },
    ])
    while ((await judge.review()) > 0);
    expect(await whyOf(tenant, task('a'))).toEqual({ task_id: task('a'), status: 'done', blocked_by: [] })
  })

  it('awaiting approval: the command that answers, and the effect that an answer will have', async () => {
    const tenant = await organization()
    const { caller } = tenant
    const { task } = await goal(tenant, [noop('a', { approval: 'always' })])
    await complete(await claim(tenant))
    while ((await judge.review()) > 0);
    const { status, blocked_by } = await whyOf(tenant, task('a'))
    const id = blocked_by[0]?.subject_id ?? ''
    expect(status).toBe('awaiting_approval')
    expect(blocked_by).toEqual([
      { reason: 'approval', subject_id: id, until: expect.any(String), remedy: `npx muster approvals approve ${id}` },
    ])
    await approvals.respond(caller, id, respondRequest.parse({ action: 'approve', revocable_ms: 30_000 }))
    expect((await whyOf(tenant, task('a'))).blocked_by).toMatchObject([
      { reason: 'approval', subject_id: id, remedy: expect.stringContaining(`npx muster approvals revoke ${id}`) },
    ])
  })

  it('awaiting approval: a dependency that failed, and a plan that is waited for', async () => {
    const tenant = await organization()
    const { task, goal_id } = await goal(tenant, [
      noop('a'),
      noop('b', { depends_on: [{ key: 'a', on_failure: 'ask' }] }),
      noop('c', { depends_on: [{ key: 'b', on_failure: 'replan' }] }),
    ])
    const [assignment] = await claim(tenant)
    if (assignment === undefined) throw new Error('there is one to claim')
    await worker.endAttempts([
      { lease: assignment.run, unfinished: { how: 'failed', retryable: false, code: 'x', message: 'no' } },
    ])
    const { status, blocked_by } = await whyOf(tenant, task('b'))
    expect(status).toBe('awaiting_approval')
    const id = blocked_by[0]?.subject_id ?? ''
    expect(blocked_by).toMatchObject([
      { reason: 'approval', remedy: expect.stringMatching(new RegExp(`^npx muster approvals answer ${id} retry`)) },
    ])
    expect((await whyOf(tenant, task('c'))).blocked_by).toMatchObject([
      { reason: 'dependency', subject_id: task('b'), remedy: blocked_by[0]?.remedy },
    ])
    await approvals.respond(tenant.caller, id, respondRequest.parse({ action: 'fail' }))
    expect((await whyOf(tenant, task('c'))).blocked_by).toMatchObject([
      { reason: 'paused', subject_id: goal_id, remedy: expect.stringContaining('/planner/replan') },
    ])
  })

  it('is not found for tasks of others and for none', async () => {
    const [one, other] = [await organization(), await organization()]
    const { task } = await goal(one, [noop('a')])
    await expect(why(other.caller, task('a'))).rejects.toMatchObject({ code: 'not_found' })
    await expect(why(one.caller, newId())).rejects.toMatchObject({ code: 'not_found' })
  })
})

describe('the fleet', () => {
  it('counts agents, queues, goals, tasks, runs, stops and failures of the own organization', async () => {
    const [tenant, other] = [await organization(), await organization()]
    const { caller, project_id } = tenant
    await goal(other, [noop('x'), noop('y')])
    const process_id = await withWorker()
    const ada = await agents.create(
      caller,
      agentCreate.parse({ name: 'ada', runtime: 'remote', capabilities: ['draw'] }),
    )
    await goal(tenant, [
      noop('failing'),
      noop('lasting'),
      noop('reported'),
      noop('dependent', { depends_on: ['lasting'] }),
    ])
    await goal(tenant, [noop('asked', { approval: 'before' }), noop('drawn', { capability: 'draw' })])
    const assignments = await claim(tenant, process_id)
    const of = (key: string) => assignments.filter(({ task }) => task.key === key)
    const [failing] = of('failing')
    if (failing === undefined) throw new Error('there is one to claim')
    await worker.endAttempts([
      { lease: failing.run, unfinished: { how: 'failed', retryable: false, code: 'bad', message: 'It is bad.' } },
    ])
    await complete(of('reported'))
    await projects.emergency.raise(caller, 'project', { id: project_id, reason: 'fire' })
    const found = await dashboard.fleetStatus(caller)
    expect(getFleetStatus.response.parse(found)).toEqual(found)
    expect(found).toMatchObject({
      fleet_overview: { total_agents: 2, active_agents: 1, idle_agents: 1, paused_agents: 0 },
      queue_depths: { task_queue: 1, review_queue: 1, hitl_queue: 1 },
      goals: { running: 2, done: 0 },
      tasks: { failed: 1, running: 1, in_review: 1, pending: 1, awaiting_approval: 1, ready: 1 },
      live_runs: 1,
      stops: [{ scope: { kind: 'project', id: project_id }, reason: 'fire', raised_by: caller.principal }],
      error_rates: { last_hour: 0.5, last_24_hours: 0.5 },
      recent_errors: [
        { error_id: failing.run.run_id, task_id: failing.run.task_id, error_type: 'bad', message: 'It is bad.' },
      ],
    })
    expect(found.workers).toContainEqual({
      id: process_id,
      service: 'worker',
      last_seen_at: expect.any(String),
      live_runs: 1,
    })
    await engine.transact((tx) =>
      agents.recordPresence(tx, [{ organization_id: tenant.organization_id, agent_id: ada.id }]),
    )
    expect((await dashboard.fleetStatus(caller)).workers).toContainEqual({
      id: ada.id,
      agent_id: ada.id,
      service: 'remote',
      last_seen_at: expect.any(String),
      live_runs: 0,
    })
    expect(found.journal_lag_ms).toBeGreaterThanOrEqual(0)
    await clock.advance(2 * 3_600_000)
    expect((await dashboard.fleetStatus(caller)).error_rates).toEqual({ last_hour: 0, last_24_hours: 0.5 })
  })
})

describe('costs', () => {
  it('adds charges up by category, agent, project and day in UTC, and shows how the budgets stand', async () => {
    const [tenant, other] = [await organization(), await organization()]
    const { caller, organization_id, project_id } = tenant
    const builtin = (await agents.get(caller, 'builtin')).id
    const charge = (
      owner: string,
      at: string,
      amounts: [number, number],
      more: { agent?: string; category?: string; project?: string } = {},
    ) =>
      database.sql(
        `insert into budgets_charges (organization_id, id, project_id, agent_id, category, cost_micro_usd, tokens, charged_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8)`,
        [
          owner,
          newId(),
          more.project ?? project_id,
          more.agent ?? builtin,
          more.category ?? 'inference',
          ...amounts,
          at,
        ],
      )
    const other_project_id = newId()
    await charge(organization_id, '2026-03-01T00:00:00Z', [1, 10])
    await charge(organization_id, '2026-03-01T23:59:59.999Z', [2, 20])
    await charge(organization_id, '2026-03-02T00:00:00Z', [4, 40], { category: 'tools' })
    await charge(organization_id, '2026-03-03T00:00:00Z', [8, 80], { project: other_project_id })
    await charge(organization_id, '2026-02-28T23:59:59Z', [1000, 1000])
    await charge(other.organization_id, '2026-03-01T12:00:00Z', [5000, 5000])
    const limit_id = await limit(organization_id, {
      scope_kind: 'project',
      scope_id: project_id,
      cost_micro_usd: 100,
      live_runs: 3,
    })
    const range = { start_date: '2026-03-01', end_date: '2026-03-03' }
    const found = await dashboard.costMetrics(caller, range)
    expect(getCostMetrics.response.parse(found)).toEqual(found)
    expect(found).toEqual({
      ...range,
      total_cost_micro_usd: 15,
      total_tokens: 150,
      runs: 4,
      cost_by_category: [
        { category: 'inference', cost_micro_usd: 11, tokens: 110 },
        { category: 'tools', cost_micro_usd: 4, tokens: 40 },
      ],
      cost_by_agent: [{ agent_id: builtin, name: expect.any(String), runs: 4, cost_micro_usd: 15, tokens: 150 }],
      cost_by_project: [
        { project_id: other_project_id, cost_micro_usd: 8, tokens: 80 },
        { project_id, cost_micro_usd: 7, tokens: 70 },
      ],
      cost_trends: [
        { date: '2026-03-01', cost_micro_usd: 3, tokens: 30 },
        { date: '2026-03-02', cost_micro_usd: 4, tokens: 40 },
        { date: '2026-03-03', cost_micro_usd: 8, tokens: 80 },
      ],
      budget_status: [
        expect.objectContaining({
          id: limit_id,
          scope: { kind: 'project', id: project_id },
          cost_micro_usd: 100,
          live_runs: 3,
          closed: false,
        }),
      ],
    })
    expect(await dashboard.costMetrics(caller, { ...range, project_id })).toMatchObject({ total_cost_micro_usd: 7 })
    expect(await dashboard.costMetrics(caller, { ...range, agent_id: 'builtin' })).toMatchObject({
      runs: 4,
      budget_status: [],
    })
    expect(await dashboard.costMetrics(caller, {})).toMatchObject({ runs: 0, cost_trends: [] })
    await expect(dashboard.costMetrics(caller, { ...range, agent_id: 'nobody' })).rejects.toMatchObject({
      code: 'not_found',
    })
    await expect(
      dashboard.costMetrics(caller, { start_date: '2026-03-02', end_date: '2026-03-01' }),
    ).rejects.toMatchObject({ code: 'invalid' })
  })
})

describe('the journal', () => {
  it('lists by cursor in both directions, by page with a total, and by every filter', async () => {
    const [tenant, other] = [await organization(), await organization()]
    const { caller } = tenant
    const { goal_id, task } = await goal(tenant, [noop('a'), noop('b', { depends_on: ['a'] })])
    await goal(other, [noop('a')])
    await complete(await claim(tenant))
    while ((await judge.review()) > 0);
    await sealAll()
    const list = (query: object) => dashboard.events(caller, eventQuery.parse(query))
    const whole = await list({ limit: 200 })
    expect(listEvents.response.parse(whole)).toEqual(whole)
    const types = whole.items.map(({ type }) => type)
    expect(types.slice(0, 2).sort()).toEqual(['agent.created', 'key.created'])
    expect(types).toEqual(
      expect.arrayContaining(['goal.created', 'task.started', 'task.reported', 'task.done', 'task.ready']),
    )
    const numbers = whole.items.map(({ number }) => number)
    expect(numbers).toEqual(Array.from(numbers, (_, index) => index + 1))

    for (const order of ['oldest', 'newest'] as const) {
      const seen: number[] = []
      for (let cursor: string | undefined; ; ) {
        const page: Awaited<ReturnType<typeof list>> = await list({ order, limit: 3, ...(cursor && { cursor }) })
        seen.push(...page.items.map(({ number }) => number))
        cursor = page.next_cursor
        if (cursor === undefined) break
      }
      expect(seen).toEqual(order === 'oldest' ? numbers : numbers.toReversed())
    }
    const numbersOf = async (query: object) => (await list({ limit: 200, ...query })).items.map(({ number }) => number)
    const those = (test: (event: (typeof whole.items)[number]) => boolean) =>
      whole.items.filter(test).map(({ number }) => number)
    expect(await numbersOf({ goal_id })).toEqual(those((event) => event.goal_id === goal_id))
    expect(await numbersOf({ task_id: task('a') })).toEqual(those((event) => event.task_id === task('a')))
    expect((await numbersOf({ task_id: task('a') })).length).toBeGreaterThan(2)
    expect(await numbersOf({ type: 'task.done' })).toEqual(await numbersOf({ event_type: 'task.done' }))
    expect(await numbersOf({ family: 'agent' })).toEqual(those(({ type }) => type.startsWith('agent.')))
    expect(await numbersOf({ after: 4 })).toEqual(numbers.slice(4))
    expect(await numbersOf({ from: '2100-01-01T00:00:00Z' })).toEqual([])

    expect(await list({ page: 2, page_size: 3 })).toMatchObject({
      total: numbers.length,
      items: [{ number: 4 }, { number: 5 }, { number: 6 }],
    })
    expect(await list({ offset: 1, limit: 2, order: 'newest' })).toMatchObject({
      total: numbers.length,
      items: [{ number: numbers.length - 1 }, { number: numbers.length - 2 }],
    })
    const filtered = await list({ page: 1, page_size: 1, goal_id, order: 'newest' })
    expect(filtered.total).toBe(those((event) => event.goal_id === goal_id).length)
    expect(filtered.items).toHaveLength(1)
    await expect(list({ cursor: 'nonsense' })).rejects.toMatchObject({ code: 'invalid' })
  })

  it('is checked from its first event', async () => {
    const { caller, organization_id } = await organization()
    await sealAll()
    const signal = new AbortController().signal
    const found = await dashboard.verify(caller, signal)
    expect(verifyJournal.response.parse(found)).toEqual(found)
    expect(found).toMatchObject({ valid: true, problems: [] })
    await database.sql(
      `update journal_entries set events = replace(events::text, 'key.created', 'key.revoked')::json where organization_id = $1`,
      [organization_id],
    )
    expect(await dashboard.verify(caller, signal)).toMatchObject({ valid: false })
    expect(db.engine_name).toMatch(/pglite|postgres/)
  })
})
