// Many runs of agents that think, all waiting on slow answers in one worker: are the heartbeats in time? See bench/README.md.
import { createServer } from 'node:http'
import pg from 'pg'
import { build } from '../tools/build.mjs'
import { startPostgres } from '../tools/setup/postgres.mjs'
import { caller, startProcess } from './lib/muster.mjs'

const lease_ms = 30_000

export async function run(options) {
  const runs = Number(option(options, '--runs') ?? 1_000)
  const answer_ms = Number(option(options, '--answer-ms') ?? 60_000)
  await build({ ifStale: true })
  const postgres = await startPostgres({ settings: { max_connections: '120' } })
  const provider = await slowProvider(answer_ms)
  const environment = { MUSTER_MODEL_SLOTS: String(runs), MUSTER_MODEL_ADDRESSES: 'loopback' }
  const muster = await startProcess({ database_url: postgres.url, environment })
  try {
    process.stdout.write(`${JSON.stringify(await measure({ muster, provider, url: postgres.url, runs, answer_ms }))}\n`)
  } finally {
    await muster.stop()
    await provider.stop()
    await postgres.stop()
  }
}

function option(options, name) {
  const at = options.indexOf(name)
  return at < 0 ? undefined : options[at + 1]
}

async function measure({ muster, provider, url, runs, answer_ms }) {
  const call = caller(muster)
  const prices = { uncached: 1_000_000, output: 1_000_000 }
  await call('POST', '/api/v1/providers', { name: 'slow', kind: 'openai', base_url: provider.url, api_key: 'sk-slow' })
  const timeouts = { first_token_ms: 600_000, total_ms: 900_000 }
  const targets = [{ provider: 'slow', model: 'slow', prices, output_tokens_max: 100 }]
  await call('POST', '/api/v1/models', { name: 'slow', targets, retries: 0, timeouts })
  await call('POST', '/api/v1/agents', {
    name: 'thinker',
    runtime: 'model',
    capabilities: ['think'],
    model: { alias: 'slow', output_tokens_max: 100 },
  })
  const project = await call('POST', '/api/v1/projects', { name: 'Waiting' })
  const tasks = Array.from({ length: runs }, (_, index) => ({ key: `t${index}`, capability: 'think', writes: [] }))
  const began = performance.now()
  const goal = await call('POST', '/api/v1/goals', { project_id: project.id, title: 'Wait', plan: { tasks } })
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  const seen = { live_max: 0, left_ms_min: lease_ms }
  let all_waiting_ms
  for (;;) {
    const { rows } = await client.query(
      `select count(*)::int as live, extract(epoch from min(expires_at) - now()) * 1000 as left_ms from worker_live_runs`,
    )
    const [{ live, left_ms }] = rows
    seen.live_max = Math.max(seen.live_max, live)
    if (live > 0) seen.left_ms_min = Math.min(seen.left_ms_min, Math.round(Number(left_ms)))
    if (provider.waiting() === runs) all_waiting_ms ??= Math.round(performance.now() - began)
    const state = await call('GET', `/api/v1/goals/${goal.id}`)
    if (['done', 'failed'].includes(state.status)) {
      const lost = await client.query(`select count(*)::int as n from worker_runs where status <> 'finished'`)
      await client.end()
      const done_ms = Math.round(performance.now() - began)
      return {
        ...{ runs, answer_ms, status: state.status, runs_not_finished: lost.rows[0].n, live_max: seen.live_max },
        ...{ all_waiting_ms, done_ms, lease_left_ms_min: seen.left_ms_min, lease_ms, answered: provider.answered() },
      }
    }
    await new Promise((resolve) => setTimeout(resolve, 500))
  }
}

/** Answers each call after a while, as one that thinks for long. */
function slowProvider(answer_ms) {
  let waiting = 0
  let answered = 0
  const server = createServer((request, response) => {
    request.resume()
    request.on('end', () => {
      waiting += 1
      setTimeout(() => {
        waiting -= 1
        answered += 1
        const message = { role: 'assistant', content: 'At last.' }
        const choices = [{ index: 0, message, finish_reason: 'stop' }]
        const usage = { prompt_tokens: 100, completion_tokens: 3, total_tokens: 103 }
        response.writeHead(200, { 'content-type': 'application/json' })
        response.end(JSON.stringify({ id: 'x', object: 'chat.completion', created: 1, model: 'slow', choices, usage }))
      }, answer_ms)
    })
  })
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () =>
      resolve({
        url: `http://127.0.0.1:${server.address().port}`,
        waiting: () => waiting,
        answered: () => answered,
        stop: () => new Promise((done) => server.close(done)),
      }),
    )
  })
}
