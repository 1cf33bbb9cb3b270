import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { fail, ok, type ScriptedServer, type Step, startScriptedServer } from '@muster/sdk/testing/scripted-server'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

const at = (path: string) => fileURLToPath(new URL(path, import.meta.url))
const hasPython = spawnSync('python3', ['-c', 'import sys; sys.exit(sys.version_info < (3, 9))']).status === 0

const agents = [
  { name: 'in TypeScript', runs: true, command: [process.execPath, '--import', 'tsx', at('remote-agent-ts/agent.ts')] },
  { name: 'in Python', runs: hasPython, command: ['python3', at('remote-agent-python/agent.py')] },
] as const

const runOf = (run_id: string, input: object, artifacts: readonly object[] = []) => ({
  run_id,
  task_id: 't',
  token: 5,
  expires_at: '2026-01-01T00:00:00Z',
  brief: { run_id, title: 'Count', capability: 'count_words', input, artifacts, documents: [], feedback: [] },
})
const give = (...runs: object[]): Step => ok({ runs })
const beaten =
  (outcome: string): Step =>
  (request, response) => {
    const { runs } = request.json() as { runs: { run_id: string }[] }
    return ok({ runs: runs.map(({ run_id }) => ({ run_id, outcome })) })(request, response)
  }

let server: ScriptedServer
let child: ChildProcess | null = null
beforeEach(async () => {
  server = await startScriptedServer()
  server.always('POST /api/v1/worker/heartbeat', beaten('ok'))
})
afterEach(async () => {
  if (child?.exitCode === null) child.kill('SIGKILL')
  await server[Symbol.asyncDispose]()
})

function start([file, ...words]: readonly [string, ...string[]]): ChildProcess {
  const env = { PATH: process.env.PATH ?? '', MUSTER_URL: server.base_url, MUSTER_KEY: 'k', HEARTBEAT_S: '0.05' }
  child = spawn(file, words, { env, stdio: ['ignore', 'ignore', 'inherit'] })
  return child
}

const bodies = (what: string) =>
  server.seen.filter(({ path }) => path === `/api/v1/worker/${what}`).map((request) => request.json())

/** Answers the next call of a kind, and says when it came. */
function next(what: string, step: Step): Promise<void> {
  return new Promise((resolve) => {
    server.on(`POST /api/v1/worker/${what}`, async (request, response) => {
      await step(request, response)
      resolve()
    })
  })
}
const recorded = ok({ run_id: 'r', outcome: 'recorded' }, 202)
const hang: Step = () => {}

describe.each(agents)('the remote agent $name', ({ runs, command }) => {
  it.skipIf(!runs)('counts texts and artifacts through trouble, and ends when it is told to', async () => {
    const artifact = { artifact_id: 'a1', name: 'a.txt', media_type: 'text/plain', size_bytes: 9, sha256: '' }
    server.on('POST /api/v1/worker/claim', give(), fail('unavailable', 'busy', { retry_after_ms: 1 }))
    server.on('POST /api/v1/worker/claim', give(runOf('r1', { text: 'Good morning, dear world.' }, [artifact])))
    server.on('GET /api/v1/artifacts/a1/content', (_request, response) => void response.end('zwei Wörter'))
    server.on('POST /api/v1/worker/complete', fail('internal', 'oops'))
    const completed = next('complete', recorded)
    const idle = next('claim', hang)
    const agent = start(command)
    await completed
    await idle
    const result = { run_id: 'r1', token: 5, output: { words: 6, sources: [{ name: 'a.txt', words: 2 }] } }
    expect(bodies('complete')).toEqual([result, result])
    agent.kill('SIGTERM')
    expect((await once(agent, 'exit'))[0]).toBe(0)
  })

  it.skipIf(!runs)('says when another try cannot help', async () => {
    server.on('POST /api/v1/worker/claim', give(runOf('r1', { text: 7 })))
    const failed = next('fail', recorded)
    const idle = next('claim', hang)
    const agent = start(command)
    await failed
    await idle
    expect(bodies('fail')).toEqual([
      { run_id: 'r1', token: 5, error: { code: 'bad_input', message: 'input.text is not a string' }, retryable: false },
    ])
    agent.kill('SIGTERM')
    await once(agent, 'exit')
  })

  it.skipIf(!runs)('gives its lease back when it is told to end in the middle of its work', async () => {
    server.on('POST /api/v1/worker/claim', give(runOf('r1', {}, [{ artifact_id: 'a1', name: 'a.txt' }])))
    server.always('POST /api/v1/worker/claim', hang)
    const working = new Promise<void>((resolve) => {
      server.on('GET /api/v1/artifacts/a1/content', () => resolve())
    })
    const released = next('release', recorded)
    const agent = start(command)
    await working
    agent.kill('SIGTERM')
    await released
    expect(bodies('release')).toEqual([{ run_id: 'r1', token: 5, reason: 'shutdown' }])
    expect((await once(agent, 'exit'))[0]).toBe(0)
  })
})
