// What the gateway adds to a call, beside a direct call, a bare proxy and another gateway, in one run against the same
// provider. See bench/README.md.
import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { createServer } from 'node:net'
import { fileURLToPath } from 'node:url'
import pg from 'pg'
import { build } from '../tools/build.mjs'
import { startPostgres } from '../tools/setup/postgres.mjs'
import { cpuSeconds, familySeconds, load, parentOf, residentMb, startScript, stayOn } from './lib/machine.mjs'
import { caller, startProcess } from './lib/muster.mjs'
import { callBytes, openClient } from './lib/wire-client.mjs'

const script = (name) => fileURLToPath(new URL(`./lib/${name}`, import.meta.url))
const portkey = fileURLToPath(new URL('./node_modules/@portkey-ai/gateway/build/start-server.js', import.meta.url))
const question = { messages: [{ role: 'user', content: 'When does the bridge close?' }], max_tokens: 100 }
const prices = { uncached: 1_000_000, output: 4_000_000 }
const [gateway_core, other_core] = [0, 1]

export async function run(options) {
  const asked = (name, otherwise) => Number(options[options.indexOf(name) + 1] ?? Number.NaN) || otherwise
  const calls = asked('--calls', 2_000)
  const seconds = asked('--seconds', 10)
  const streams = asked('--streams', 10_000)
  const width = asked('--width', 64)
  await build({ ifStale: true })
  // Whoever is measured has a core for itself; the database, the provider and this client share the other.
  const isPinned = stayOn(other_core)
  const core = isPinned ? gateway_core : undefined
  say({ machine: { pinned: isPinned, load: load(), node: process.version } })
  const stops = []
  try {
    const names = options.includes('--targets') ? options[options.indexOf('--targets') + 1].split(',') : undefined
    const flags = options.includes('--profile')
      ? ['--cpu-prof', `--cpu-prof-dir=${options[options.indexOf('--profile') + 1]}`]
      : []
    const all = await startTargets({ core, stops, flags })
    const targets = all.filter(({ name }) => !names || names.includes(name))
    const only = options.includes('--only') ? options[options.indexOf('--only') + 1].split(',') : Object.keys(parts)
    for (const part of only) await parts[part](targets, { calls, seconds, streams, width })
  } finally {
    for (const stop of stops.reverse()) await stop()
  }
}

const parts = {
  /** One call at a time; the targets take turns, so that what else the machine does meets all of them. */
  async whole(targets, { calls }) {
    await oneAtATime(targets, { calls, stream: false, of: ({ ms }) => ms })
  },
  async first_token(targets, { calls }) {
    const streaming = targets.filter(({ streams }) => streams)
    await oneAtATime(streaming, { calls: calls / 2, stream: true, of: ({ first_ms }) => first_ms })
  },
  /** Many at once: calls a second, and what one costs in processor time of the process that is measured. */
  async throughput(targets, { seconds, width }) {
    for (const target of targets) await throughput(target, { seconds, width, body: target.body(false) })
    const muster = targets.find(({ name }) => name === 'muster')
    if (muster)
      await throughput(muster, { seconds, width: width * 4, body: { ...muster.body(false), model: 'after-100' } })
  },
  async memory(targets, { streams, width }) {
    const muster = targets.find(({ name }) => name === 'muster')
    if (muster) await memory(muster, { streams, width })
  },
}

function say(row) {
  process.stdout.write(`${JSON.stringify(row)}\n`)
}

async function startTargets({ core, stops, flags }) {
  const provider = await startScript(script('scripted-provider.mjs'), [])
  stops.push(provider.stop)
  const bare = await startScript(script('bare-proxy.mjs'), [new URL(provider.address).port], { core })
  stops.push(bare.stop)
  const body = (stream) => ({ model: 'good', ...question, ...(stream && { stream }) })
  const plain = { headers: { Authorization: 'Bearer sk-bench' }, body, streams: true }
  const targets = [
    { name: 'direct', ...plain, ...provider },
    { name: 'bare', ...plain, ...bare },
  ]
  if (existsSync(portkey)) targets.push(await startPortkey({ core, stops, plain, provider }))
  else say({ left_out: '@portkey-ai/gateway: npm ci --prefix bench installs it' })
  targets.push(await startMuster({ core, stops, provider, plain, flags }))
  return targets
}

/** Its streams fail on Node, so only whole answers are asked of it. */
async function startPortkey({ core, stops, plain, provider }) {
  const port = await freePort()
  const child = await startScript(portkey, [`--port=${port}`, '--headless'], {
    core,
    env: { NODE_ENV: 'production', TRUSTED_CUSTOM_HOSTS: '127.0.0.1,localhost' },
  })
  stops.push(child.stop)
  const headers = {
    ...plain.headers,
    'x-portkey-provider': 'openai',
    'x-portkey-custom-host': `${provider.address}/v1`,
  }
  return { name: 'portkey', ...plain, headers, streams: false, address: `http://127.0.0.1:${port}`, pid: child.pid }
}

/** Everything on: keys, the journal, accounting, and four limits in a call's way: of the organization (two), its project, its goal. */
async function startMuster({ core, stops, provider, plain, flags }) {
  const settings = { fsync: 'on', synchronous_commit: 'on', shared_buffers: '256MB', max_wal_size: '2GB' }
  const postgres = await startPostgres({ settings })
  stops.push(postgres.stop)
  const mine = {
    database_url: postgres.url,
    environment: { MUSTER_MODEL_ADDRESSES: 'loopback', MUSTER_SECRET_KEY: randomBytes(32).toString('base64') },
  }
  const api = await startProcess({ ...mine, services: 'api', core, flags })
  stops.push(api.stop)
  const rest = await startProcess({ ...mine, services: 'planner,worker,judge,scheduler' })
  stops.push(rest.stop)
  const call = caller(api)
  const key_headers = await provision(call, provider)
  return {
    name: 'muster',
    ...plain,
    headers: key_headers,
    address: api.address,
    pid: api.pid,
    call,
    postmaster: await postmasterOf(postgres.url),
  }
}

async function postmasterOf(url) {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  const { rows } = await client.query('select pg_backend_pid() as pid')
  const postmaster = parentOf(rows[0].pid)
  await client.end()
  return postmaster
}

async function provision(call, provider) {
  const project = await call('POST', '/api/v1/projects', { name: 'Bench' })
  const plan = { tasks: [{ key: 'wait', capability: 'sleep', input: { ms: 1 } }] }
  const goal = await call('POST', '/api/v1/goals', { project_id: project.id, title: 'Bench', plan })
  const limit = { cost_micro_usd: 10 ** 12, tokens: 10 ** 12 }
  const scopes = [{ kind: 'organization' }, { kind: 'project', id: project.id }, { kind: 'goal', id: goal.id }]
  for (const scope of scopes) await call('POST', '/api/v1/budgets', { scope, window: 'total', ...limit })
  await call('POST', '/api/v1/budgets', { scope: { kind: 'organization' }, window: 'day', ...limit })
  await call('POST', '/api/v1/providers', {
    name: 'scripted',
    kind: 'openai',
    base_url: `${provider.address}/v1`,
    api_key: 'sk-bench',
  })
  for (const name of ['good', 'after-100', 'words-20'])
    await call('POST', '/api/v1/models', { name, targets: [{ provider: 'scripted', model: name, prices }] })
  const made = await call('POST', '/api/v1/api-keys', { name: 'bench', permissions: ['models:use'] })
  return { Authorization: `Bearer ${made.key}`, 'X-Muster-Project': project.id, 'X-Muster-Goal': goal.id }
}

async function oneAtATime(targets, { calls, stream, of }) {
  const measured = []
  for (const target of targets) {
    const client = await openClient(target.address)
    const bytes = callBytes(target.address, { headers: target.headers, body: target.body(stream) })
    measured.push({ target, times: [], ask: () => answered(client, bytes), close: client.close })
  }
  const turn = 20
  for (const { ask } of measured) for (let count = 0; count < 200; count++) await ask()
  for (let done = 0; done < calls; done += turn)
    for (const { ask, times } of measured) for (let count = 0; count < turn; count++) times.push(of(await ask()))
  const bare = percentile(measured.find(({ target }) => target.name === 'bare')?.times ?? [], 0.5)
  for (const { target, times, close } of measured) {
    close()
    const p50 = percentile(times, 0.5)
    const figures = {
      calls: times.length,
      p10_ms: percentile(times, 0.1),
      p50_ms: p50,
      p95_ms: percentile(times, 0.95),
      p99_ms: percentile(times, 0.99),
    }
    const beside = { over_bare_ms: rounded(p50 - bare), of_bare: rounded(p50 / bare) }
    say({
      part: stream ? 'first token, one at a time' : 'whole, one at a time',
      target: target.name,
      ...figures,
      ...beside,
      load: load(),
    })
  }
}

async function answered(client, bytes) {
  const answer = await client.ask(bytes)
  if (answer.status !== 200)
    throw new Error(`a call was answered with ${answer.status}: ${answer.answer.slice(0, 500)}`)
  return answer
}

async function throughput(target, { seconds, width, body }) {
  const bytes = callBytes(target.address, { headers: target.headers, body })
  const clients = await Promise.all(Array.from({ length: width }, () => openClient(target.address)))
  const times = []
  const during = async (until) => {
    await Promise.all(
      clients.map(async (client) => {
        while (performance.now() < until) times.push((await answered(client, bytes)).ms)
      }),
    )
  }
  await during(performance.now() + 2_000)
  times.length = 0
  const database_s = () => (target.postmaster ? familySeconds(target.postmaster) : 0)
  const [began, cpu, database] = [performance.now(), cpuSeconds(target.pid), database_s()]
  await during(began + seconds * 1000)
  const elapsed_s = (performance.now() - began) / 1000
  const cpu_s = cpuSeconds(target.pid) - cpu
  const database_used = database_s() - database
  for (const client of clients) client.close()
  say({
    part: 'throughput',
    target: target.name,
    model: body.model,
    width,
    per_second: Math.round(times.length / elapsed_s),
    p50_ms: percentile(times, 0.5),
    p99_ms: percentile(times, 0.99),
    cpu_ms_a_call: rounded((cpu_s * 1000) / times.length),
    cpu_share: rounded(cpu_s / elapsed_s),
    ...(target.postmaster && { database_ms_a_call: rounded((database_used * 1000) / times.length) }),
    load: load(),
  })
}

async function memory(target, { streams, width }) {
  const bytes = callBytes(target.address, {
    headers: target.headers,
    body: { ...target.body(true), model: 'words-20' },
  })
  const marks = []
  let done = 0
  const lane = async () => {
    const client = await openClient(target.address)
    while (done < streams) {
      done += 1
      const isMark = done % (streams / 10) === 0
      await answered(client, bytes)
      if (isMark) marks.push(residentMb(target.pid))
    }
    client.close()
  }
  await Promise.all(Array.from({ length: width }, lane))
  const books = await target.call('GET', '/api/v1/budgets/verify')
  say({
    part: 'memory',
    streams,
    resident_mb: marks,
    books: { valid: books.valid, attempts: books.attempts.ended },
    load: load(),
  })
}

function percentile(times, share) {
  const sorted = [...times].sort((one, other) => one - other)
  return rounded(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN)
}

function rounded(number) {
  return Math.round(number * 1000) / 1000
}

function freePort() {
  const server = createServer()
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address()
      server.close(() => resolve(port))
    })
  })
}
