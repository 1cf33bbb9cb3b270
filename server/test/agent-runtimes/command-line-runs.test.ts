import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createBudget } from '@muster/contract/budgets/operations'
import { cancelTask } from '@muster/contract/planner/tasks/task.operations'
import { stopProject } from '@muster/contract/projects/operations'
import { listTaskRuns } from '@muster/contract/worker/operations'
import { afterAll, describe, expect, it, vi } from 'vitest'
import { readAdapters } from '../../src/modules/runtimes/command-line/adapter-files.service.ts'
import { createCommandLineRuntime } from '../../src/modules/runtimes/command-line/command-line-runtime.service.ts'
import { system_principal } from '../../src/platform/principal.ts'
import { goal, task } from '../engine/steps.ts'
import { testProgram } from '../program.ts'

const { ours, program, local, app, database } = await testProgram()
const address = await app.listen({ host: '127.0.0.1', port: 0 })
const folder = mkdtempSync(join(tmpdir(), 'muster-cli-runs-'))
// A run may be a user of its own, who has to pass through.
chmodSync(folder, 0o711)
afterAll(() => rmSync(folder, { recursive: true, force: true }))
const adapters = join(folder, 'adapters')
mkdirSync(adapters)
mkdirSync(join(folder, 'transcripts'))

/** A command line that is a few lines of Node. */
function adapter(name: string, script: string, more: object = {}): void {
  const about = { title: name, about: 'Of a test.', checked_with: 'this test' }
  const call = {
    command: 'node',
    args: ['--input-type=module', '--eval', script],
    prompt: 'stdin',
    result: { from: 'stdout' },
  }
  const file = { name, ...about, ...call, wire: 'none', metered: true, ...more }
  writeFileSync(join(adapters, `${name}.json`), JSON.stringify(file))
}

const gateway = { wire: 'openai', env: { URL: '{gateway_url}/v1', KEY: '{gateway_key}' } }
adapter('says', "import { writeFileSync } from 'node:fs'; writeFileSync('made.txt', 'new'); console.log('It is done.')")
adapter('shapes', 'console.log(\'{ "n": 1 }\')')
adapter('fails', "console.error('It broke.'); process.exit(3)", { retry_exit_codes: [3] })
adapter('sleeps', "console.log('begun'); setInterval(() => {}, 1000)")
adapter(
  'calls',
  "const a = await fetch(process.env.URL + '/chat/completions', { method: 'POST', headers: { 'content-type': 'application/json', authorization: 'Bearer ' + process.env.KEY }, body: JSON.stringify({ model: 'offline', messages: [{ role: 'user', content: 'Well, bridges are long. They span.' }] }) }); const b = await fetch(process.env.URL.replace('/v1', '/api/v1/goals'), { headers: { authorization: 'Bearer ' + process.env.KEY } }); console.log(a.status, b.status)",
  gateway,
)
adapter('unmetered', "console.log('cheap?')", { metered: false, wire: 'gemini' })
adapter('unmetered-sleeps', 'setInterval(() => {}, 1000)', { metered: false, wire: 'gemini' })

const parts = {
  ...program,
  adapters: readAdapters(adapters),
  host: {
    root: join(folder, 'runs'),
    transcripts: join(folder, 'transcripts'),
    env: process.env,
    repositories: [],
    hidden: [],
  },
  unmetered: true,
  gateway_url: () => address,
}
/** Folders of runs, beside the book of their users. */
const folders = () => readdirSync(parts.host.root).filter((name) => name !== 'users')
const cli = createCommandLineRuntime({ ...parts, sandbox: { kind: 'none' } })

let made = 0
async function running(name: string, more: { task?: object; runtime?: typeof cli; metered?: boolean } = {}) {
  made += 1
  const capability = `cli-${made}`
  const command_line = { adapter: name, metered: more.metered ?? true }
  await ours.agent({ name: `${name} ${made}`, runtime: 'cli', capabilities: [capability], command_line })
  const stated = await goal(ours, [task('t', { capability, attempts_max: 1, ...more.task })])
  const claimer = { runtime: 'cli' } as const
  const [assignment] = await program.worker.claim({
    claimer,
    max: 1,
    claimed_by: system_principal,
    process_id: local.process_id,
  })
  if (!assignment) throw new Error('there is nothing to claim')
  const started = local.runs.start(assignment, more.runtime ?? cli)
  return { stated, assignment, ended: async () => (await started).written, view: () => stated.task('t') }
}
const runOf = async (id: string) => (await ours.call(listTaskRuns, { params: { id: id as never } })).items[0]

describe('a command line’s run', () => {
  it('gives what it said and the files it made, which are artifacts of the run', async () => {
    const { ended, view } = await running('says', {
      task: { input: { files: [{ path: 'given.txt', content: 'old' }] } },
    })
    await ended()
    const done = await view()
    expect(done.output).toMatchObject({
      text: 'It is done.',
      files: [{ path: 'made.txt', change: 'added', bytes: 3, artifact_id: expect.any(String) }],
    })
    expect(await runOf(done.id)).toMatchObject({ artifacts: [{ role: 'output' }], usage: { cost_micro_usd: 0 } })
    expect(folders()).toEqual([])
  })

  it('gives JSON where a shape is asked for, and fails where it is another', async () => {
    const shape = { type: 'object', properties: { n: { type: 'integer' } }, required: ['n'] }
    const good = await running('shapes', { task: { output_schema: shape } })
    await good.ended()
    expect((await good.view()).output).toEqual({ n: 1 })
    const bad = await running('says', { task: { output_schema: shape } })
    await bad.ended()
    expect(await bad.view()).toMatchObject({ status: 'failed', reason: expect.stringContaining('invalid_output') })
  })

  it('says why it failed, in its log too', async () => {
    const { ended, view } = await running('fails')
    await ended()
    const failed = await view()
    expect(failed).toMatchObject({ status: 'failed', reason: expect.stringContaining('failed:') })
    await vi.waitFor(async () => {
      const lines = await database.sql('select text from worker_run_logs where task_id = $1', [failed.id])
      expect(lines.some(({ text }) => String(text).includes('It broke.'))).toBe(true)
    })
  })

  it('is ended when its task is cancelled, and by its time', async () => {
    const { ended, view } = await running('sleeps')
    await vi.waitFor(() => expect(folders()).toHaveLength(1))
    await ours.call(cancelTask, { params: { id: (await view()).id as never }, body: {} as never })
    await ended()
    expect((await view()).status).toBe('cancelled')
    const late = await running('sleeps', { task: { timeout_ms: 1_500 } })
    await late.ended()
    expect(await late.view()).toMatchObject({ status: 'failed', reason: expect.stringContaining('timeout') })
    expect(folders()).toEqual([])
  })

  it('calls models with the key of its run, and nothing else', async () => {
    const { ended, view, stated } = await running('calls')
    await ended()
    expect((await view()).output).toEqual({ text: '200 403' })
    const attempts = await database.sql('select count(*)::int as n from gateway_attempts where goal_id = $1', [
      stated.id,
    ])
    expect(attempts).toEqual([{ n: 1 }])
  })

  it('is refused where it cannot be confined or counted, unless the operator says so', async () => {
    const sandbox = { refusal_reason: 'bubblewrap is not installed.' }
    const caged = await running('says', { runtime: createCommandLineRuntime({ ...parts, sandbox }) })
    await caged.ended()
    expect((await caged.view()).reason).toContain('bubblewrap is not installed.')
    const metered = await running('unmetered')
    await metered.ended()
    expect((await metered.view()).reason).toContain('MUSTER_CLI_UNMETERED')
    const allowed = await running('unmetered', { metered: false, task: { budget: { cost_micro_usd: 70, tokens: 0 } } })
    await allowed.ended()
    expect((await allowed.view()).status).toBe('done')
  })
})

describe('a command line whose calls nobody counts', () => {
  const budget = { cost_micro_usd: 70, tokens: 0 }
  const ledger = async (goal_id: string) => ({
    held: (await database.sql('select id from budgets_holds')).length,
    charged: (await database.sql('select cost_micro_usd from budgets_charges where goal_id = $1', [goal_id])).map(
      ({ cost_micro_usd }) => cost_micro_usd,
    ),
  })
  const asleep = async (more: object = {}) => {
    const given = await running('unmetered-sleeps', { metered: false, task: { budget, ...more } })
    await vi.waitFor(() => expect(folders()).toHaveLength(1))
    return given
  }

  it('costs its whole hold, however it ends once it has begun', async () => {
    const scope = { kind: 'organization' } as const
    await ours.call(createBudget, { body: { scope, window: 'total', cost_micro_usd: 1_000_000 } as never })
    const good = await running('unmetered', { metered: false, task: { budget } })
    await good.ended()
    const late = await asleep({ timeout_ms: 1_500 })
    await late.ended()
    expect((await late.view()).reason).toContain('timeout')
    const back = await asleep()
    local.runs.giveAllBack()
    await back.ended()
    await ours.call(cancelTask, { params: { id: (await back.view()).id as never }, body: {} as never })
    const stopped = await asleep()
    await ours.call(stopProject, { params: { id: stopped.stated.project_id as never }, body: { reason: 'a drill' } })
    await program.worker.sweep([])
    await stopped.ended()
    for (const { stated } of [good, late, back, stopped])
      expect(await ledger(stated.id)).toEqual({ held: 0, charged: [70] })
  })

  it('costs nothing where it never began, and where the gateway counts after all nothing stays held', async () => {
    const sandbox = { refusal_reason: 'bubblewrap is not installed.' }
    const runtime = createCommandLineRuntime({ ...parts, sandbox })
    const caged = await running('unmetered', { runtime, metered: false, task: { budget } })
    await caged.ended()
    expect(await ledger(caged.stated.id)).toEqual({ held: 0, charged: [] })
    const counted = await running('says', { metered: false, task: { budget } })
    await counted.ended()
    expect((await counted.view()).status).toBe('done')
    expect(await ledger(counted.stated.id)).toEqual({ held: 0, charged: [] })
  })
})
