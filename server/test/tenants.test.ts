import { stopAgent } from '@muster/contract/agents/operations'
import { respondApproval } from '@muster/contract/approvals/operations'
import { createChatCompletion } from '@muster/contract/gateway/call.operations'
import { createGoal } from '@muster/contract/planner/goals/goal.operations'
import { createProject, putPolicy } from '@muster/contract/projects/operations'
import { putDocument } from '@muster/contract/state/operations'
import { askPerson, completeRun } from '@muster/contract/worker/operations'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { compose } from '../src/app/compose.ts'
import { createApi } from '../src/app/services/serve.ts'
import { type ChangeBalances, changeBalances } from '../src/modules/budgets/balances.service.ts'
import { reserve } from '../src/modules/budgets/operations/reserve.ts'
import { createRetention } from '../src/modules/gateway/operations/retention.ts'
import { hashOfKey } from '../src/modules/identity/identity.rules.ts'
import { readConfig } from '../src/platform/config.ts'
import type { Sql } from '../src/platform/db/sql.ts'
import { newId } from '../src/platform/ids.ts'
import { newSignerPem, signerFrom } from '../src/platform/journal/seal.ts'
import { createSequencer } from '../src/platform/journal/sealing/sequencer.ts'
import { silent_log } from '../src/platform/log.ts'
import { instance_tables, wallFaults } from './catalogue.ts'
import { answer, goal, question, type RemoteAgent, remoteAgent, task } from './engine/steps.ts'
import { type ApiClient, apiClientOf } from './fixtures.ts'
import type { Things } from './hostile/requests.ts'
import { tenant } from './hostile/tenant.ts'
import { test_secrets, testProgram } from './program.ts'

const made = await testProgram()
const { database, ours, theirs } = made
const { sql, db, engine } = database

const statement = (text: string, values: readonly unknown[] = []): Sql => ({ text, values, name: undefined })
const relations = async (kind: 'r' | 'v'): Promise<string[]> => {
  const rows = await sql(
    `select relname as name from pg_class where relkind = $1 and relnamespace = 'public'::regnamespace order by 1`,
    [kind],
  )
  return rows.map(({ name }) => String(name)).filter((name) => !instance_tables.some((known) => known === name))
}

/** Nobody writes it yet: it is kept for listeners to come. */
const empty_tables = ['journal_listeners']

/** A process that leaves judging to others: its results wait for them. */
const config = {
  ...readConfig({ MUSTER_DATA_DIR: made.folder, MUSTER_FAST: '1' }),
  services: ['api', 'worker'] as const,
}
const more = { config, database: { ...database, epoch: 1 }, log: silent_log }
const unjudging = compose({ ...more, directory: { path: made.folder }, secrets: test_secrets })
const { app: unjudging_app } = createApi(unjudging, more).http
await unjudging_app.ready()
afterAll(async () => {
  await unjudging_app.close()
  await unjudging.gateway[Symbol.asyncDispose]()
  await unjudging.threads[Symbol.asyncDispose]()
})

/** Leaves rows of an organization in every table: what runs, waits, failed, was refused, was spent. */
async function fill(api: ApiClient): Promise<() => Promise<void>> {
  const { things } = await tenant(made, api)
  const worker = await remoteAgent(api, 'filling')
  const idle = await api.agent()
  await api.call(stopAgent, { params: { id: idle.id }, body: { reason: 'a drill' } })
  await api.call(createProject, { body: { name: 'Once' }, headers: { 'idempotency-key': 'once' } })
  const { id: project_id } = await api.project()
  await api.call(putDocument, { params: { id: project_id, key: 'news' }, body: { value: 1 } })
  const plan = [
    task('moved', { capability: 'filling', reads: ['news'] }),
    task('agreed', { approval: 'after' }),
    task('returned', { approval: 'after', input: { $from: 'agreed.output' } }),
  ]
  const stated = await goal(api, plan, { project_id })
  const run = await worker.claimOne()
  await api.call(putDocument, { params: { id: project_id, key: 'news' }, body: { value: 2 } })
  expect((await worker.complete(run, { text: 'Old news.' })).status).toBe(202)
  await made.work()
  await made.tick()
  const { id } = await question(api, stated.id)
  await api.call(respondApproval, { params: { id }, body: { action: 'approve' } })
  await made.work()
  await made.tick()
  const back = await answer(api, (await question(api, stated.id)).id, { action: 'amend', comment: 'Say more.' })
  expect(back.status).toBe(200)
  await think(api)
  // As if the journal had been cut at its very beginning, where there is nothing to cut.
  await sql(`insert into journal_retired (organization_id, through_number, head) values ($1, 0, '')`, [
    api.organization_id,
  ])
  return () => leave(api, worker, things)
}

const rubric = {
  ...{ check: 'rubric', severity: 'info', weight: 0.1, measures: 'quality', violation_from: 1 },
  params: { name: 'clarity', model: 'offline', criteria: 'It is clear.' },
} as const

/** A persona, and a result that no model could be brought to score. */
async function think(api: ApiClient): Promise<void> {
  await api.agent({ persona: { template: 'coder' } })
  const { id: project_id } = await api.project()
  await api.call(putPolicy, { params: { id: project_id }, body: { checks: [rubric] } as never })
  await goal(api, [task('scored')], { project_id })
  await made.work()
  for (let round = 0; round < 3; round++) {
    await made.tick()
    await database.clock.advance(120_000)
  }
}

/** Calls of models that are not kept any more, and one that is. */
async function callAgain(clients: readonly ApiClient[]): Promise<void> {
  await createRetention({ engine, attempt_days: 0 })()
  const body = { model: 'offline', messages: [{ role: 'user', content: 'Well?' }] }
  for (const api of clients) await api.call(createChatCompletion, { body })
}

/** What is under way when somebody looks: one result with its sources, one that nobody judged, one run, one task. */
async function leave(
  api: ApiClient,
  worker: RemoteAgent,
  { projectId: project_id, artifactId: artifact_id }: Things,
): Promise<void> {
  const of = { project_id: String(project_id) }
  await goal(api, [task('sourced', { capability: 'filling', input: { artifact_id: String(artifact_id) } })], of)
  for (const run of await worker.claim()) expect((await worker.complete(run, { text: 'Some text.' })).status).toBe(202)
  await goal(api, [task('unjudged', { capability: 'filling' })], of)
  const { run_id, token } = await worker.claimOne()
  const unjudged = apiClientOf(unjudging_app, worker.api)
  await unjudged.call(completeRun, { body: { run_id, token, output: {} } })
  await goal(api, [task('held', { capability: 'filling', budget: { tokens: 1 } })], of)
  await worker.claimOne()
  await goal(api, [task('left', { capability: 'filling' })], of)
  await goal(api, [task('asking', { capability: 'filling' })], of)
  const [asking] = await worker.claim(1)
  if (!asking) throw new Error('there is nothing to ask about')
  const held = { run_id: asking.run_id, token: asking.token }
  await worker.api.call(askPerson, { body: { ...held, question: 'Well?' } })
  await api.call(createGoal, {
    body: { project_id: of.project_id, title: 'Think', strategy: 'model', model: 'offline' } as never,
  })
  const { id: scored } = await api.project()
  await api.call(putPolicy, { params: { id: scored }, body: { checks: [rubric] } as never })
  await goal(api, [task('unscored', { capability: 'filling' })], { project_id: scored })
  for (const run of await worker.claim())
    if (run.brief.project_id === scored) await worker.complete(run, { text: 'Some.' })
  await goal(api, [task('left_again', { capability: 'filling' })], of)
  await holdAhead(api)
}

/** As a process does that takes calls of models. */
async function holdAhead({ organization_id }: ApiClient): Promise<void> {
  const scopes = { organization_id, project_id: null, goal_id: null, agent_id: null }
  const each = { cost_micro_usd: 1, tokens: 1 }
  const request = { ...scopes, id: newId(), process_id: newId(), calls: [], more: 1, each }
  const change: ChangeBalances = (tx, changes) => changeBalances(made.database.journal, tx, changes)
  await engine.transact((tx) => reserve(change, tx, [request]))
}

beforeAll(async () => {
  // What is left under way is left when nobody works any more.
  const leaving = [await fill(ours), await fill(theirs)]
  for (const leaveAll of leaving) await leaveAll()
  await callAgain([ours, theirs])
  const signer = signerFrom(newSignerPem())
  while ((await createSequencer({ engine, signer }).seal()).more) {
    // All of it, in as many helpings as it takes.
  }
})

describe('the catalogue', () => {
  it('shows every wall in its place', async () => {
    expect(await wallFaults(sql)).toEqual([])
  })

  const breaches: readonly (readonly [string, string])[] = [
    ['create table loose (id uuid primary key)', 'loose: has no organization_id'],
    [
      'create table loose (id uuid primary key, organization_id uuid not null)',
      'loose: its primary key does not begin with organization_id',
    ],
    [
      'create table loose (organization_id uuid not null primary key)',
      'loose: row-level security is not enabled and forced',
    ],
    [
      'alter table planner_goals no force row level security',
      'planner_goals: row-level security is not enabled and forced',
    ],
    [
      'alter table planner_goals disable row level security',
      'planner_goals: row-level security is not enabled and forced',
    ],
    ['drop policy tenant on planner_goals', 'planner_goals: the policy tenant is not what it should be'],
    [
      'create policy friendly on planner_goals for select to muster_app using (true)',
      'planner_goals: the policy friendly is not what it should be',
    ],
    [
      'alter policy tenant on planner_goals with check (true)',
      'planner_goals: the policy tenant is not what it should be',
    ],
    ['grant select on planner_goals to public', 'planner_goals: public may select'],
    ['grant select on signers to muster_app', 'signers: muster_app may select'],
    [
      'alter view planner_goals_v reset (security_invoker)',
      'planner_goals_v: a view that sees with its owner’s rights',
    ],
    [
      'create index planner_goals_by_title on planner_goals (title)',
      'planner_goals_by_title: an index that does not begin with organization_id',
    ],
    [
      'create table loose (organization_id uuid primary key, hash text references identity_api_keys (hash))',
      'loose_hash_fkey: a foreign key that does not begin with organization_id',
    ],
    ['grant muster_engine to muster_app', 'muster_app: a role that may more than it needs'],
    [
      'create function peek() returns bigint language sql security definer as $$ select count(*) from planner_goals $$',
      'peek: a function with its owner’s rights',
    ],
    [
      'create materialized view cached as select * from planner_goals',
      'cached: is no plain table, so nobody has thought of it here',
    ],
  ]
  it.each(breaches)('would tell of: %s', async (breach, fault) => {
    await database.source.use(async (connection) => {
      const query = async (text: string, values: readonly unknown[] = []) =>
        (await connection.query({ text, values, name: undefined })).rows as Record<string, unknown>[]
      await connection.simple('begin')
      try {
        await connection.simple(breach)
        expect(await wallFaults(query)).toContain(fault)
      } finally {
        await connection.simple('rollback')
      }
    })
  })
})

describe('what one organization holds', () => {
  const count = async (table: string, organization_id: string): Promise<number> => {
    const [row] = await sql(`select count(*) as rows from ${table} where organization_id = $1`, [organization_id])
    return Number(row?.rows)
  }

  it('is in every table, so that there is something to be seen', async () => {
    const tables = await relations('r')
    const empty: string[] = []
    for (const table of tables)
      if ((await count(table, ours.organization_id)) === 0 || (await count(table, theirs.organization_id)) === 0)
        empty.push(table)
    expect(empty).toEqual(empty_tables)
  })

  it('is seen by nobody in a transaction of the other, and by itself in its own', async () => {
    const seen: string[] = []
    for (const name of [...(await relations('r')), ...(await relations('v'))]) {
      const own = await count(name, ours.organization_id)
      const rows = await db.transact({ organization_id: ours.organization_id }, (tx) =>
        tx.rows<{ organization_id: string; rows: number }>(
          statement(`select organization_id, count(*)::int as rows from ${name} group by 1`),
        ),
      )
      const wanted = own === 0 ? [] : [{ organization_id: ours.organization_id, rows: own }]
      if (JSON.stringify(rows) !== JSON.stringify(wanted))
        seen.push(`${name}: ${JSON.stringify(rows)}, not ${own} of ours`)
    }
    expect(seen).toEqual([])
  })

  it('is not to be changed, removed or added to by the other', async () => {
    const done: string[] = []
    for (const table of await relations('r')) {
      const here = { organization_id: ours.organization_id }
      const there = [theirs.organization_id]
      const removed = await db.transact(here, (tx) =>
        tx.execute(statement(`delete from ${table} where organization_id = $1`, there)),
      )
      const changed = await db.transact(here, (tx) =>
        tx.execute(
          statement(`update ${table} set organization_id = organization_id where organization_id = $1`, there),
        ),
      )
      if (removed + changed > 0) done.push(`${table}: ${removed} removed, ${changed} changed`)
      const move = statement(`update ${table} set organization_id = $1`, there)
      const given = await db
        .transact(here, (tx) => tx.execute(move))
        .then(
          (rows) => (rows === 0 ? undefined : `${rows} given away`),
          (error: unknown) => (/row-level security/.test(String(error)) ? undefined : String(error)),
        )
      if (given !== undefined) done.push(`${table}: ${given}`)
    }
    expect(done).toEqual([])
  })

  it('is seen by nobody without a tenant, with no tenant’s id, or before the tenant is known', async () => {
    const seen: string[] = []
    const hash = hashOfKey(theirs.key)
    for (const name of [...(await relations('r')), ...(await relations('v'))]) {
      const look = statement(`select count(*)::int as rows from ${name}`)
      const nobody = { organization_id: '00000000-0000-7000-8000-000000000000' }
      const rows = [
        await db.transact(nobody, (tx) => tx.row<{ rows: number }>(look)),
        await db.transact({ credential_hash: hash }, (tx) => tx.row<{ rows: number }>(look)),
      ]
      // The key that the transaction was opened with.
      const wanted = ['identity_api_keys', 'identity_keys_v'].includes(name) ? [0, 1] : [0, 0]
      if (rows.some((row, at) => row?.rows !== wanted[at])) seen.push(`${name}: ${JSON.stringify(rows)}`)
    }
    expect(seen).toEqual([])
  })

  it('is seen by nobody in the role of tenants where no tenant was set at all', async () => {
    const tables = [...(await relations('r')), ...(await relations('v'))]
    await database.source.use(async (connection) => {
      await connection.simple('begin; set local role muster_app')
      try {
        const text = tables.map((name) => `select count(*)::int as rows from ${name}`).join(' union all ')
        const { rows } = await connection.query({ text, values: [], name: undefined })
        expect((rows as { rows: number }[]).filter((row) => row.rows !== 0)).toEqual([])
      } finally {
        await connection.simple('rollback')
      }
    })
  })

  it('says nothing of the installation to tenants', async () => {
    const told: string[] = []
    for (const table of instance_tables) {
      const look = db.transact({ organization_id: ours.organization_id }, (tx) =>
        tx.row(statement(`select count(*) from ${table}`)),
      )
      await look.then(
        () => told.push(table),
        (error: unknown) => expect(String(error)).toContain('permission denied'),
      )
    }
    expect(told).toEqual([])
  })
})
