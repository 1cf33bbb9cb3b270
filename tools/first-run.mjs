// How long a newcomer takes from the clone to a first approved result: `npm run first-run`. It clones this repository into a
// temporary directory, runs `npm start` there, answers the one question that the sample asks, and waits for the briefing.
import { execFileSync, spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { root } from './install.mjs'

const limit_ms = 5 * 60_000
const folder = mkdtempSync(join(tmpdir(), 'muster-first-run-'))
const clone = join(folder, 'muster')
const port = await freePort()
const began = Date.now()
const say = (text) => process.stdout.write(`${((Date.now() - began) / 1000).toFixed(1).padStart(6)} s  ${text}\n`)
let server

try {
  execFileSync('git', ['clone', '--quiet', root, clone])
  say('git clone')
  server = spawn('npm', ['start'], {
    cwd: clone,
    detached: true,
    stdio: 'ignore',
    env: { ...process.env, MUSTER_PORT: String(port) },
  })
  await until(async () => (await fetch(`http://127.0.0.1:${port}/health/ready`)).ok)
  say('npm start: ready')
  const page = await fetch(`http://127.0.0.1:${port}/`, { headers: { accept: 'text/html' } })
  if (!(await page.text()).includes('id="root"')) throw new Error('the page is not served')
  const [question] = await until(async () => {
    const { items } = await api('/api/v1/hitl')
    return items.length > 0 && items
  })
  say('the sample asks for a decision')
  execFileSync('npx', ['muster', 'approvals', 'approve', question.id], {
    cwd: clone,
    stdio: 'ignore',
    env: { ...process.env, MUSTER_PORT: String(port) },
  })
  say('npx muster approvals approve')
  await until(async () => (await api(`/api/v1/goals/${question.goal_id}`)).status === 'done')
  say('the briefing is committed')
  if (Date.now() - began > limit_ms) throw new Error('it took longer than five minutes')
} catch (error) {
  say(`failed: ${error.message}`)
  process.exitCode = 1
} finally {
  await stop()
  rmSync(folder, { recursive: true, force: true })
}

async function api(path) {
  const key = readFileSync(join(clone, '.muster/first-key'), 'utf8').trim()
  const answer = await fetch(`http://127.0.0.1:${port}${path}`, { headers: { authorization: `Bearer ${key}` } })
  const { data, error } = await answer.json()
  if (!answer.ok) throw new Error(error.message)
  return data
}

/** Asks twice a second until there is a good answer; gives up when five minutes are over. */
async function until(ask) {
  for (;;) {
    const found = await ask().catch(() => undefined)
    if (found) return found
    if (Date.now() - began > limit_ms) throw new Error('it took longer than five minutes')
    await new Promise((resolve) => setTimeout(resolve, 500))
  }
}

/** `npm start` and what it started are one group; the first signal is the graceful one. */
async function stop() {
  if (server?.pid === undefined || server.exitCode !== null) return
  const ended = new Promise((resolve) => server.once('exit', resolve))
  process.kill(-server.pid, 'SIGINT')
  await ended
}

function freePort() {
  return new Promise((resolve, reject) => {
    const probe = createServer().listen(0, '127.0.0.1', () => {
      const { port: free } = probe.address()
      probe.close(() => resolve(free))
    })
    probe.once('error', reject)
  })
}
