/** The command line as people and scripts use it, against the built program without the sample. */
import { spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { createAgent } from '@muster/contract/agents/operations'
import type { getApproval, listApprovals } from '@muster/contract/approvals/operations'
import type { createKey } from '@muster/contract/identity/operations'
import type { ResponseOf } from '@muster/contract/operation'
import type { getGoal } from '@muster/contract/planner/goals/goal.operations'
import type { getTask } from '@muster/contract/planner/tasks/task.operations'
import { exitCodes } from '@muster/contract/platform/exit-codes'
import type { createProject } from '@muster/contract/projects/operations'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Briefing, type Files, faultsOf } from '../../../examples/briefing-faults.ts'
import { type Child, place, root, spawnProgram } from './muster.ts'

const here = await place()
let server: Child & { readonly address: string }
let key = ''
const scrap = mkdtempSync(join(tmpdir(), 'muster-e2e-input-'))
afterAll(() => rmSync(scrap, { recursive: true, force: true }))
beforeAll(async () => {
  server = await here.running({ MUSTER_SAMPLE: '0' })
  key = readFileSync(join(here.directory, 'first-key'), 'utf8').trim()
})

const api = async (method: string, path: string, options: { readonly key?: string; readonly body?: unknown } = {}) => {
  const answer = await fetch(`${server.address}/api/v1${path}`, {
    method,
    headers: { authorization: `Bearer ${options.key ?? key}`, 'content-type': 'application/json' },
    ...(options.body === undefined ? {} : { body: JSON.stringify(options.body) }),
  })
  return { status: answer.status, body: (await answer.json()) as { data: never; error: { code: string } | null } }
}

type Approval = ResponseOf<typeof getApproval>
interface Outcome {
  readonly goal: ResponseOf<typeof getGoal>
  readonly documents: readonly { readonly document: string; readonly version: number; readonly value: Briefing }[]
}

/** The sample's documents in a folder of the test's own, with things in it that are not to be sent. */
function folder(name: string): { readonly path: string; readonly files: Files } {
  const path = join(scrap, name)
  cpSync(join(root, 'examples/sample'), path, { recursive: true })
  const files = Object.fromEntries(readdirSync(path).map((file) => [file, readFileSync(join(path, file))]))
  return { path, files }
}
const brief = ['--playbook', join(root, 'examples/playbooks/brief.yaml')]

it('starts without a goal where MUSTER_SAMPLE=0 says so', async () => {
  expect(await here.data('goal', 'list')).toEqual([])
  expect(await here.data('approvals', 'list')).toEqual([])
})

describe('goal run', () => {
  it('--yes starts without asking, approves as the caller, and says so in the record', async () => {
    const { path, files } = folder('yes')
    const ran = await here.cli('goal', 'run', 'Brief me on these', '--input', path, ...brief, '--yes', '--json')
    expect([ran.code, ran.err]).toEqual([exitCodes.done, expect.stringContaining('health advice')])
    const outcome: Outcome = JSON.parse(ran.out)
    expect(Object.keys(outcome)).toEqual(['goal', 'documents'])
    expect(outcome.goal).toMatchObject({ status: 'done', title: 'Brief me on these' })
    expect(outcome.documents.map((document) => [Object.keys(document), document.document])).toEqual([
      [['document', 'version', 'value'], 'briefing'],
    ])
    expect(faultsOf(outcome.documents[0]?.value as Briefing, files)).toEqual([])
    const settled = await here.data<ResponseOf<typeof listApprovals>['items']>(
      'approvals',
      'list',
      '--status',
      'applied',
    )
    const mine = settled.filter(({ goal_id }) => goal_id === outcome.goal.id)
    expect(mine.map(({ rule, answers }) => [rule, answers.map(({ action, comment }) => [action, comment])])).toEqual([
      ['sensitive_topic:health_advice', [['approve', 'Approved by `goal run --yes`.']]],
    ])
    const keys = await here.data<{ id: string; name: string }[]>('keys', 'list')
    const [{ id: owner } = { id: '' }] = keys
    expect(mine[0]?.answers[0]?.by).toMatchObject({ kind: 'key', id: owner })
  })

  it('stops with 3 where policy wants other eyes, and goes on when those have looked', async () => {
    const { body } = await api('POST', '/projects', {
      body: { name: 'two pairs of eyes', policy: { four_eyes: true } },
    })
    const project: ResponseOf<typeof createProject> = body.data
    const { path } = folder('eyes')
    const ran = await here.cli('goal', 'run', 'Brief me', '--input', path, ...brief, '--yes', '--project', project.name)
    const [, id = ''] = /npx muster approvals approve (\S+)/.exec(ran.err) ?? []
    expect([ran.code, id]).toEqual([exitCodes.person_needed, expect.stringMatching(/^[\w-]{36}$/)])
    const own = await here.cli('approvals', 'approve', id)
    expect([own.code, own.err]).toEqual([exitCodes.refused, expect.stringContaining('own_work')])
    const { key: other } = await here.data<ResponseOf<typeof createKey>>('keys', 'create', 'Second pair')
    const answered = await here.cliWith({ MUSTER_KEY: other }, 'approvals', 'approve', id, '--json')
    expect(JSON.parse(answered.out)).toMatchObject({ request_id: id, status: 'applied' })
    const [, goal_id = ''] = /npx muster goal show (\S+)/.exec(ran.err) ?? []
    const { goal_id: of } = await here.data<Approval>('approvals', 'show', id)
    expect(of).toBe(goal_id)
  })

  it('sends neither links nor what they lead to, and refuses a folder that is none', async () => {
    const { path } = folder('links')
    const secret = join(scrap, 'secret.txt')
    writeFileSync(secret, 'Nobody is to read this.')
    symlinkSync(secret, join(path, 'innocent.txt'))
    symlinkSync(scrap, join(path, 'up'))
    const { goal } = JSON.parse(
      (await here.cli('goal', 'run', 'No links', '--input', path, ...brief, '--yes', '--json')).out,
    ) as Outcome
    expect(goal.artifact_ids?.length).toBe(readdirSync(join(root, 'examples/sample')).length)
    const missing = await here.cli('goal', 'run', 'Nothing', '--input', join(scrap, 'nowhere'))
    expect(missing.code).toBe(exitCodes.usage)
  })

  it('tells a failed goal by its exit code', async () => {
    const plan = join(scrap, 'plan.json')
    writeFileSync(plan, JSON.stringify({ tasks: [{ key: 'a', capability: 'noop', input: { pad_bytes: -1 } }] }))
    const failed = await here.cli('goal', 'run', 'Fail', '--plan', plan, '--json')
    expect([failed.code, JSON.parse(failed.out).goal.status]).toEqual([exitCodes.failed, 'failed'])
    writeFileSync(plan, JSON.stringify({ tasks: [{ key: 'a', capability: 'nobody_can' }] }))
    const refused = await here.cli('goal', 'run', 'Refused', '--plan', plan)
    expect([refused.code, refused.err]).toEqual([exitCodes.refused, expect.stringContaining('unknown_capability')])
    expect((await here.cli('goal', 'run', 'No', '--plan', join(scrap, 'nowhere.json'))).code).toBe(exitCodes.usage)
    expect((await here.cli('goal', 'walk')).code).toBe(exitCodes.usage)
  })
})

describe('--json', () => {
  it('prints the data of the API alone, and lists as arrays', async () => {
    const lists = [['goal'], ['approvals'], ['agents'], ['keys'], ['journal']] as const
    for (const [noun] of lists) expect([noun, Array.isArray(await here.data(noun, 'list'))]).toEqual([noun, true])
    const [goal] = await here.data<{ id: string; project_id: string }[]>('goal', 'list', '--limit', '1')
    const { body } = await api('GET', `/goals/${goal?.id}`)
    expect(await here.data('goal', 'show', goal?.id ?? '')).toEqual(body.data)
    const documents = await here.data<{ document: string }[]>('state', 'list', '--project', goal?.project_id ?? '')
    expect(Array.isArray(documents)).toBe(true)
    const fleet = (await api('GET', '/dashboard/fleet-status')).body.data as object
    expect(Object.keys(await here.data('status'))).toEqual(Object.keys(fleet))
    expect(await here.data('journal', 'verify')).toMatchObject({ valid: true, problems: [] })
  })

  it('sets and reads documents with the version that was read', async () => {
    const { body } = await api('POST', '/projects', { body: { name: 'notes' } })
    const { name }: ResponseOf<typeof createProject> = body.data
    const set = (version: string) =>
      here.cli('state', 'set', 'a/b', '{"n":1}', '--if-version', version, '--project', name, '--json')
    expect(JSON.parse((await set('0')).out)).toMatchObject({ document: 'a/b', version: 1, value: { n: 1 } })
    const again = await set('0')
    expect([again.code, again.err]).toEqual([exitCodes.refused, expect.stringContaining('version_moved')])
    expect(await here.data('state', 'history', 'a/b', '--project', name)).toMatchObject([{ version: 1 }])
  })
})

describe('doctor', () => {
  it('finds everything well on a server that runs', async () => {
    const findings = await here.data<{ check: string; status: string; message: string }[]>('doctor')
    expect(findings.filter(({ status }) => status !== 'ok')).toEqual([])
    const checks = findings.map(({ check }) => check)
    for (const check of ['node', 'disk', 'lock', 'port', 'database', 'clock', 'journal', 'workers'])
      expect(
        checks.some((found) => found.includes(check)),
        `${check} in ${checks}`,
      ).toBe(true)
  })

  it('says with each finding what mends it, where nothing runs', async () => {
    const nowhere = join(scrap, 'nowhere')
    const looked = await here.cliWith({ MUSTER_DATA_DIR: nowhere, MUSTER_PORT: '9' }, 'doctor', '--json')
    const findings = JSON.parse(looked.out) as { status: string; remedy?: string }[]
    const wrong = findings.filter(({ status }) => status !== 'ok')
    expect(wrong.length).toBeGreaterThan(0)
    expect(wrong.filter(({ remedy }) => remedy === undefined)).toEqual([])
    expect(existsSync(nowhere)).toBe(false)
  })
})

describe('keys', () => {
  it('with an agent may do that agent’s work and nothing else', async () => {
    const agent = await here.data<ResponseOf<typeof createAgent>>('agents', 'add', 'limited', '--capability', 'limited')
    const made = await here.data<ResponseOf<typeof createKey>>('keys', 'create', 'for limited', '--agent', 'limited')
    expect([made.agent_id, made.permissions]).toEqual([agent.id, ['runs:work', 'artifacts:read', 'artifacts:write']])
    const claim = (agent_id: string) => api('POST', '/worker/claim', { key: made.key, body: { agent_id } })
    expect((await claim('limited')).body.data).toEqual({ runs: [] })
    expect((await claim('builtin')).body.error?.code).toBe('forbidden')
    for (const path of ['/goals', '/projects', '/hitl', '/agents', '/api-keys', '/budgets', '/audit/events', '/tasks'])
      expect([path, (await api('GET', path, { key: made.key })).body.error?.code]).toEqual([path, 'forbidden'])
    expect((await api('GET', '/artifacts', { key: made.key })).body.data).toEqual({ items: [] })
    const refused = await here.cliWith({ MUSTER_KEY: made.key }, 'goal', 'list')
    expect([refused.code, refused.err]).toEqual([exitCodes.refused, expect.stringContaining('goals:read')])
    expect((await here.cli('keys', 'revoke', made.id)).code).toBe(exitCodes.done)
    expect((await claim('limited')).body.error?.code).toBe('unauthenticated')
  })

  it('for a program call models as often as was said, and nothing else', async () => {
    const words = ['--permission', 'models:use', '--requests-per-minute', '1', '--tokens-per-minute', '5000']
    const made = await here.data<ResponseOf<typeof createKey>>('keys', 'create', 'for a program', ...words)
    expect(made).toMatchObject({
      permissions: ['models:use'],
      model_requests_per_minute: 1,
      model_tokens_per_minute: 5000,
    })
    const chat = () =>
      fetch(`${server.address}/v1/chat/completions`, {
        method: 'POST',
        headers: { authorization: `Bearer ${made.key}`, 'content-type': 'application/json' },
        body: JSON.stringify({ model: 'offline', messages: [{ role: 'user', content: 'Wells are dug. Rivers run.' }] }),
      })
    const statuses = [await chat(), await chat(), await chat()].map(({ status }) => status)
    // A minute may end between two of them, once.
    expect(statuses[0]).toBe(200)
    expect(statuses).toContain(429)
    expect((await api('GET', '/goals', { key: made.key })).body.error?.code).toBe('forbidden')
    const wrong = await here.cli('keys', 'create', 'wrong', '--permission', 'models:own')
    expect([wrong.code, wrong.err]).toEqual([exitCodes.refused, expect.stringContaining('permissions')])
  })
})

const hasPython = spawnSync('python3', ['-c', 'import sys; sys.exit(sys.version_info < (3, 9))']).status === 0

describe.each([
  { language: 'TypeScript', command: [process.execPath, '--import', 'tsx', 'examples/remote-agent-ts/agent.ts'] },
  { language: 'Python', command: ['python3', 'examples/remote-agent-python/agent.py'] },
] as const)('the remote agent in $language', ({ language, command }) => {
  it.skipIf(language === 'Python' && !hasPython)('does the work of its plan, and ends when it is told to', async () => {
    const name = `counter-${language}`
    await here.data('agents', 'add', name, '--capability', 'count_words')
    const { key: own } = await here.data<ResponseOf<typeof createKey>>('keys', 'create', name, '--agent', name)
    const [program, ...words] = command
    const agent = spawnProgram([program, ...words], { MUSTER_URL: server.address, MUSTER_KEY: own, MUSTER_AGENT: name })
    const plan = JSON.parse(readFileSync(join(root, 'examples/remote-agent-ts/plan.json'), 'utf8'))
    plan.tasks[0].agent_id = name
    const file = join(scrap, `${name}.json`)
    writeFileSync(file, JSON.stringify(plan))
    const ran = await here.cli('goal', 'run', 'Count', '--plan', file, '--json')
    expect([ran.code, ran.err, agent.err()]).toEqual([exitCodes.done, expect.anything(), ''])
    const { goal, documents } = JSON.parse(ran.out) as {
      goal: Outcome['goal']
      documents: readonly { value: unknown }[]
    }
    expect(documents.map(({ value }) => value)).toEqual([{ words: 12 }])
    const { body } = await api('GET', `/goals/${goal.id}/tasks`)
    const [counted] = (body.data as { items: ResponseOf<typeof getTask>[] }).items
    expect(counted).toMatchObject({ status: 'done', counters: { attempts: 0, leases_lost: 0 } })
    agent.process.kill('SIGTERM')
    expect(await agent.ended).toBe(0)
  })
})
