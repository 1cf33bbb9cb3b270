// The engine on PostgreSQL, beside a bare graph in SQL in the same run. See bench/README.md.
import pg from 'pg'
import { build } from '../tools/build.mjs'
import { startPostgres } from '../tools/setup/postgres.mjs'
import { bareGraph } from './lib/bare-graph.mjs'
import { caller, inParallel, startProcess } from './lib/muster.mjs'

const shapes = {
  diamond: (index) => (index === 0 ? [] : index === 9 ? [1, 2, 3, 4, 5, 6, 7, 8] : [0]),
  chain: (index) => (index === 0 ? [] : [index - 1]),
}
const kinds = {
  alone: { policy: { checks: [] }, budget: false, writes: () => [] },
  whole: {
    policy: undefined,
    budget: true,
    writes: (goal, key) => [{ op: 'set', document: `bench/${goal}/${key}`, value: { $from: 'output' } }],
  },
}

export async function run(options) {
  const goals = Number(option(options, '--goals') ?? 1000)
  const slots = (option(options, '--slots') ?? '64,16').split(',').map(Number)
  await build({ ifStale: true })
  const settings = {
    fsync: 'on',
    synchronous_commit: 'on',
    shared_buffers: '512MB',
    max_wal_size: '4GB',
    max_connections: '120',
  }
  const postgres = await startPostgres({ settings })
  const rows = []
  try {
    for (const width of slots) {
      const bare = await measureBare(postgres.url, { goals, batch: width })
      for (const kind of Object.keys(kinds))
        rows.push({ ...(await measureBatch(postgres.url, { kind, goals, slots: width })), bare })
    }
    const bare_chain = await measureBareChain(postgres.url)
    for (const kind of Object.keys(kinds)) rows.push({ ...(await measureChain(postgres.url, { kind })), bare_chain })
  } finally {
    await postgres.stop()
  }
  if (!options.includes('--no-statements'))
    rows.push(...(await countStatements(settings, { goals: Math.min(goals, 200), slots: slots[0] })))
  for (const row of rows) process.stdout.write(`${JSON.stringify(row)}\n`)
}

function option(options, name) {
  const at = options.indexOf(name)
  return at < 0 ? undefined : options[at + 1]
}

async function withDatabase(admin_url, work) {
  const name = `muster_bench_${Date.now()}`
  const admin = new pg.Client({ connectionString: admin_url })
  await admin.connect()
  await admin.query(`create database ${name}`)
  const url = new URL(admin_url)
  url.pathname = `/${name}`
  try {
    return await work(url.href)
  } finally {
    await admin.query(`drop database ${name} with (force)`)
    await admin.end()
  }
}

function measureBare(admin_url, { goals, batch }) {
  return withDatabase(admin_url, async (url) => {
    const bare = await bareGraph(url)
    await bare.state(goals, shapes.diamond)
    const began = performance.now()
    const tasks = await bare.work(batch)
    const per_second = Math.round((tasks / (performance.now() - began)) * 1000)
    await bare.end()
    return per_second
  })
}

function measureBareChain(admin_url) {
  return withDatabase(admin_url, async (url) => {
    const bare = await bareGraph(url)
    const times = []
    for (let round = 0; round < 60; round += 1) {
      await bare.state(1, shapes.chain)
      const began = performance.now()
      await bare.work(1)
      times.push(performance.now() - began)
    }
    await bare.end()
    return percentiles(times)
  })
}

/** Statements a task, counted by PostgreSQL itself in runs of their own, since counting costs time. */
async function countStatements(settings, { goals, slots }) {
  const postgres = await startPostgres({
    settings: { ...settings, shared_preload_libraries: 'pg_stat_statements', 'pg_stat_statements.max': '10000' },
  })
  const rows = []
  try {
    for (const kind of Object.keys(kinds))
      rows.push(await measureBatch(postgres.url, { kind, goals, slots, statements: true }))
  } finally {
    await postgres.stop()
  }
  return rows.map(({ kind, slots, statements_per_task, costliest }) => ({
    kind,
    slots,
    statements_per_task,
    costliest,
  }))
}

/** Goals are durable before the worker starts; the clock runs from the first claim to the last `goal.done`. */
function measureBatch(admin_url, { kind, goals, slots, statements = false }) {
  return withDatabase(admin_url, async (url) => {
    const api = await startProcess({ database_url: url, services: 'api' })
    const call = caller(api)
    const project = await prepare(call, kind)
    await inParallel(goals, 8, (index) =>
      call('POST', '/api/v1/goals', goalOf({ project, kind, shape: 'diamond', name: `g${index}` })),
    )
    if (kinds[kind].budget) await limitGoals(call, project)
    const client = new pg.Client({ connectionString: url })
    await client.connect()
    await client.query('vacuum analyze')
    await client.query('checkpoint')
    if (statements) await client.query('create extension if not exists pg_stat_statements')
    if (statements) await client.query('select pg_stat_statements_reset()')
    const before = await counters(client)
    const worker = await startProcess({ database_url: url, services: 'worker,judge,scheduler', slots })
    await until(
      async () => (await one(client, `select count(*)::int as n from planner_goals where status = 'running'`)).n === 0,
    )
    const after = await counters(client)
    const { ms } = await one(
      client,
      `select extract(epoch from (select max(ended_at) from planner_goals) - (select min(claimed_at) from worker_runs)) * 1000 as ms`,
    )
    const check = await one(
      client,
      `select (select count(*)::int from planner_goals where status = 'done') as done, (select count(*)::int from state_document_versions) as documents,
      (select count(*)::int from judge_verdicts) as verdicts, (select coalesce(sum(held_micro_usd), 0)::int from budgets_balances) as held,
      (select round(count(*)::numeric / count(distinct claimed_at), 1)::float from worker_runs) as tasks_a_claim,
      (select round(count(*)::numeric / count(distinct ended_at), 1)::float from worker_runs) as results_a_batch`,
    )
    const tasks = goals * 10
    const counted = statements ? await statementsOf(client, tasks) : {}
    await worker.stop()
    await client.end()
    await api.stop()
    return {
      kind,
      slots,
      tasks_per_second: Math.round((tasks / ms) * 1000),
      transactions_per_task: round((after.transactions - before.transactions) / tasks),
      wal_bytes_per_task: Math.round((after.wal - before.wal) / tasks),
      ...check,
      ...counted,
    }
  })
}

function measureChain(admin_url, { kind }) {
  return withDatabase(admin_url, async (url) => {
    const api = await startProcess({ database_url: url, services: 'api' })
    const worker = await startProcess({ database_url: url, services: 'worker,judge,scheduler', slots: 16 })
    const call = caller(api)
    const project = await prepare(call, kind)
    const client = new pg.Client({ connectionString: url })
    await client.connect()
    const times = []
    for (let round = 0; round < 100; round += 1) {
      const goal = await call('POST', '/api/v1/goals', goalOf({ project, kind, shape: 'chain', name: `c${round}` }))
      await until(
        async () => (await one(client, `select status from planner_goals where id = '${goal.id}'`)).status === 'done',
      )
      const { ms } = await one(
        client,
        `select extract(epoch from ended_at - (select min(claimed_at) from worker_runs where goal_id = '${goal.id}')) * 1000 as ms from planner_goals where id = '${goal.id}'`,
      )
      times.push(Number(ms))
    }
    await client.end()
    await worker.stop()
    await api.stop()
    return { kind, idle_chain_ms: percentiles(times.slice(10)) }
  })
}

async function prepare(call, kind) {
  const project = await call('POST', '/api/v1/projects', { name: `bench ${kind}` })
  const { policy, budget } = kinds[kind]
  if (policy) await call('PUT', `/api/v1/projects/${project.id}/policy`, policy)
  if (budget) {
    await call('POST', '/api/v1/budgets', {
      scope: { kind: 'organization' },
      window: 'total',
      cost_micro_usd: 1_000_000_000,
    })
    await call('POST', '/api/v1/budgets', {
      scope: { kind: 'project', id: project.id },
      window: 'day',
      cost_micro_usd: 1_000_000_000,
    })
  }
  return project
}

async function limitGoals(call, project) {
  for (let cursor; ; ) {
    const page = await call(
      'GET',
      `/api/v1/goals?project_id=${project.id}&limit=200${cursor ? `&cursor=${cursor}` : ''}`,
    )
    await inParallel(page.items.length, 8, (index) =>
      call('POST', '/api/v1/budgets', {
        scope: { kind: 'goal', id: page.items[index].id },
        window: 'goal',
        cost_micro_usd: 1_000_000,
      }),
    )
    cursor = page.next_cursor
    if (!cursor) return
  }
}

function goalOf({ project, kind, shape, name }) {
  const { writes, budget } = kinds[kind]
  const tasks = Array.from({ length: 10 }, (_, index) => ({
    key: `t${index}`,
    capability: 'noop',
    input: { text: 'a'.repeat(220), pad_bytes: 1000 },
    depends_on: shapes[shape](index).map((parent) => `t${parent}`),
    writes: writes(name, `t${index}`),
    ...(budget && { budget: { cost_micro_usd: 1 } }),
  }))
  return { project_id: project.id, title: name, plan: { tasks } }
}

async function statementsOf(client, tasks) {
  const ours = `dbid = (select oid from pg_database where datname = current_database()) and query not like '%pg_stat%' and query not like 'select count(*)%'`
  const { calls } = await one(client, `select sum(calls)::int as calls from pg_stat_statements where ${ours}`)
  const { rows } =
    await client.query(`select left(regexp_replace(query, '\\s+', ' ', 'g'), 70) as query, calls::int, round(total_exec_time::numeric / ${tasks} * 1000, 1)::float as us_per_task
    from pg_stat_statements where ${ours} order by total_exec_time desc limit 14`)
  return { statements_per_task: round(calls / tasks), costliest: rows }
}

async function counters(client) {
  const row = await one(
    client,
    `select pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0')::bigint as wal,
    (select xact_commit from pg_stat_database where datname = current_database()) as transactions`,
  )
  return { wal: Number(row.wal), transactions: Number(row.transactions) }
}

async function one(client, text) {
  return (await client.query(text)).rows[0]
}

async function until(test) {
  for (let attempts = 0; attempts < 12_000; attempts += 1) {
    if (await test()) return
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
  throw new Error('It did not come about within two minutes.')
}

function percentiles(times) {
  const sorted = [...times].sort((a, b) => a - b)
  const at = (share) => round(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))])
  return { p50: at(0.5), p99: at(0.99) }
}

const round = (value) => Math.round(value * 100) / 100
