import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fail, ok, type ScriptedServer, startScriptedServer, streaming } from '@muster/sdk/testing/scripted-server'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { run } from './run.ts'
import { approvalOf, goalOf, idOf, taskOf, testIo } from './testing/fixtures.ts'

let folder = ''
let server: ScriptedServer
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'muster-cli-'))
  server = await startScriptedServer()
  await mkdir(join(folder, '.muster'))
  await writeFile(join(folder, '.muster', 'server.json'), JSON.stringify({ address: server.base_url, pid: 1 }))
  await writeFile(join(folder, '.muster', 'first-key'), 'the-first-key\n')
})
afterEach(async () => {
  await server[Symbol.asyncDispose]()
  await rm(folder, { recursive: true, force: true })
})

async function muster(line: string | readonly string[], more: Parameters<typeof testIo>[0] = {}) {
  const io = testIo({ cwd: folder, ...more })
  const code = await run(typeof line === 'string' ? line.split(' ') : line, io)
  return { code, out: io.out(), err: io.err() }
}

const goalPath = `/api/v1/goals/${idOf(1)}`
const seenOf = (route: string) => server.seen.filter((request) => `${request.method} ${request.path}` === route)

/** A project, a goal that was stated, and the feeds that following needs; the test scripts how the goal goes on. */
function scriptGoal(): void {
  server.always('GET /api/v1/projects', ok({ items: [{ id: idOf(2), name: 'default' }] }))
  server.always('POST /api/v1/goals', ok(goalOf('running', [taskOf(1, 'a', { status: 'running' })]), 202))
  server.always('GET /api/v1/events/stream', streaming([': hello\n\n'], 'stay'))
  server.always('GET /api/v1/hitl', ok({ items: [] }))
  server.always(`GET ${goalPath}/tasks`, (request, response) => {
    const committed = {
      commit_id: idOf(9),
      documents: [
        { document: 'goals/1/briefing', scope: 'project', version: 2 },
        { document: 'global', scope: 'agent', version: 7 },
      ],
    }
    const all = [
      taskOf(1, 'a', { status: 'done' }),
      taskOf(2, 'briefing', { status: 'done', committed: committed as never }),
    ]
    ok({ items: request.query.get('leaf') === 'true' ? all.slice(1) : all })(request, response)
  })
  server.always(`GET /api/v1/projects/${idOf(2)}/documents/goals%2F1%2Fbriefing`, (request, response) => {
    expect(request.query.get('version')).toBe('2')
    ok({ document: 'goals/1/briefing', version: 2, value: { text: '# Briefing' } })(request, response)
  })
}

describe('the command line', () => {
  it('finds address and key where the running server left them, and lets the environment win', async () => {
    server.always('GET /api/v1/agents', ok({ items: [] }))
    expect(await muster('agents list --json')).toMatchObject({ code: 0, out: '[]\n' })
    expect(server.seen[0]?.headers.authorization).toBe('Bearer the-first-key')
    const { hostname, port } = new URL(server.base_url)
    const env = { MUSTER_DATA_DIR: 'elsewhere', MUSTER_HOST: hostname, MUSTER_PORT: port, MUSTER_KEY: 'mine' }
    expect((await muster('agents list --json', { env })).code).toBe(0)
    expect(server.seen[1]?.headers.authorization).toBe('Bearer mine')
  })

  it('uses the exit codes of the contract', async () => {
    expect((await muster('--help')).code).toBe(0)
    expect((await muster('no-such-command')).code).toBe(2)
    expect((await muster('goal list --limit none')).code).toBe(2)
    expect((await muster('goal run x --var novalue')).code).toBe(2)
    expect((await muster('agents list', { env: { MUSTER_PORT: '1' } })).code).toBe(4)
    server.on(`GET ${goalPath}`, fail('not_found', 'there is no such goal'))
    const refusal = await muster(`goal show ${idOf(1)}`)
    expect(refusal).toMatchObject({ code: 5, out: '' })
    expect(refusal.err).toContain('there is no such goal')
  })

  it('prints the data alone with --json, and lists as arrays', async () => {
    server.on('GET /api/v1/hitl', ok({ items: [approvalOf(1)], next_cursor: 'two' }), ok({ items: [approvalOf(2)] }))
    const { out } = await muster('approvals list --json')
    expect(JSON.parse(out).map(({ id }: { id: string }) => id)).toEqual([idOf(501), idOf(502)])
    server.on('GET /api/v1/hitl', ok({ items: [approvalOf(1)] }))
    expect((await muster('approvals list')).out).toContain('sensitive topic: health advice')
  })
})

describe('goal run', () => {
  it('uploads the folder without its links, follows the goal, and prints its results alone', async () => {
    const input = join(folder, 'input')
    await mkdir(input)
    await writeFile(join(input, 'a.md'), 'one')
    await symlink('/etc/hostname', join(input, 'b.md'))
    scriptGoal()
    server.on('POST /api/v1/artifacts', ok({ items: [{ id: idOf(3) }] }, 201))
    server.on(`GET ${goalPath}`, ok(goalOf('running')), ok(goalOf('done')))
    const { code, out, err } = await muster(['goal', 'run', 'Brief me', '--input', 'input', '--json'])
    expect(code).toBe(0)
    expect(JSON.parse(out)).toEqual({
      goal: goalOf('done'),
      documents: [{ document: 'goals/1/briefing', version: 2, value: { text: '# Briefing' } }],
    })
    expect(seenOf('POST /api/v1/goals')[0]?.json()).toEqual({
      title: 'Brief me',
      project_id: idOf(2),
      start: true,
      artifact_ids: [idOf(3)],
    })
    expect(seenOf('POST /api/v1/goals')[0]?.headers['idempotency-key']).toBeTruthy()
    expect(err).toContain('skipped b.md: link')
  })

  it('prints the text of the results for people, and fails with the goal', async () => {
    scriptGoal()
    server.on(`GET ${goalPath}`, ok({ ...goalOf('failed'), reason: 'attempts used up' }))
    const { code, out, err } = await muster('goal run x')
    expect(code).toBe(1)
    expect(out).toBe('# Briefing\n')
    expect(err).toContain('attempts used up')
  })

  it('asks about the plan at a terminal; a no cancels the goal', async () => {
    scriptGoal()
    server.on(`POST ${goalPath}/cancel`, ok(goalOf('cancelled')))
    const declined = await muster('goal run x', { interactive: true, answers: ['n'] })
    expect(declined.code).toBe(5)
    expect(seenOf('POST /api/v1/goals')[0]?.json()).toMatchObject({ start: false })
    server.on(`POST ${goalPath}/resume`, ok(goalOf('running')))
    server.on(`GET ${goalPath}`, ok(goalOf('done')))
    expect((await muster('goal run x', { interactive: true, answers: [''] })).code).toBe(0)
  })

  it('stops with 3 where only a person can move it on', async () => {
    scriptGoal()
    server.always('GET /api/v1/hitl', ok({ items: [approvalOf(1)] }))
    server.on(`GET ${goalPath}`, ok(goalOf('running', [taskOf(1, 'a', { status: 'awaiting_approval' })])))
    const { code, err } = await muster('goal run x --json')
    expect(code).toBe(3)
    expect(err).toContain(`npx muster approvals approve ${idOf(501)}`)
  })

  const waitingTask = taskOf(1, 'a', { status: 'awaiting_approval' })
  const answerRoute = `POST /api/v1/hitl/${idOf(501)}/respond`
  const applied = ok({ request_id: idOf(501), action: 'approve', status: 'applied' })

  it.each<[string, readonly string[], unknown, Parameters<typeof testIo>[0]]>([
    ['y', ['y'], { action: 'approve' }, {}],
    ['what it is first', ['s', 'maybe', 'approve'], { action: 'approve' }, {}],
    ['n with its reason', ['n', 'not so'], { action: 'reject', comment: 'not so' }, {}],
    [
      'an edited text, with the rest of the result',
      ['e'],
      { action: 'amend', content: { text: 'Drink milk.', source: 1 } },
      { edit: async (text) => text.replace('water', 'milk') },
    ],
    ['words where no editor is set', ['e', 'Shorter.'], { action: 'amend', comment: 'Shorter.' }, {}],
    ['y after an editor that changed nothing', ['e', 'y'], { action: 'approve' }, { edit: async (text) => text }],
  ])('takes at a terminal: %s', async (_name, answers, body, more) => {
    scriptGoal()
    const proposed = { text: 'Drink water.', source: 1 }
    server.on(`POST ${goalPath}/resume`, ok(goalOf('running')))
    server.on('GET /api/v1/hitl', ok({ items: [approvalOf(1, { proposed })] }))
    server.on(`GET ${goalPath}`, ok(goalOf('running', [waitingTask])), ok(goalOf('done')))
    server.on(answerRoute, applied)
    const { code, err } = await muster('goal run x', { interactive: true, answers: ['y', ...answers], ...more })
    expect([code, seenOf(answerRoute).map((request) => request.json())]).toEqual([0, [body]])
    expect(err).toContain('? Approve “Write”?')
    expect(err).toContain('sensitive topic: health advice')
    if (answers.includes('s')) expect(err).toMatch(/Drink water\.[\s\S]*maybe is not one of the answers/)
  })

  it('leaves a question for later, asks it once, and follows on until somebody else has answered', async () => {
    scriptGoal()
    server.on(`POST ${goalPath}/resume`, ok(goalOf('running')))
    server.always('GET /api/v1/hitl', ok({ items: [approvalOf(1)] }))
    const waitingGoal = ok(goalOf('running', [waitingTask]))
    server.on(`GET ${goalPath}`, waitingGoal, waitingGoal, ok(goalOf('done')))
    const { code, err } = await muster('goal run x', { interactive: true, answers: ['y', 'l'] })
    expect([code, seenOf(answerRoute).length]).toEqual([0, 0])
    expect(err.split('\n? Approve').length).toBe(2)
  })

  it('shows an edit that came too late or to a server that is busy, and asks again', async () => {
    scriptGoal()
    server.on(`POST ${goalPath}/resume`, ok(goalOf('running')))
    const asked = ok({ items: [approvalOf(1)] })
    server.on('GET /api/v1/hitl', asked, asked)
    const waitingGoal = ok(goalOf('running', [waitingTask]))
    server.on(`GET ${goalPath}`, waitingGoal, waitingGoal, ok(goalOf('done')))
    const busy = fail('unavailable', 'busy')
    // A busy server is asked three times for each answer.
    server.on(answerRoute, busy, busy, busy, fail('approval_stale', 'it has moved'))
    const edit = async (text: string) => text.replace('water', 'milk')
    const { code, err } = await muster('goal run x', { interactive: true, answers: ['y', 'e', 'e'], edit })
    expect(code).toBe(0)
    expect(err.split('Your edit was not applied:').length).toBe(3)
    expect(err).toContain('Drink milk.')
    expect(err).toContain('it has moved')
  })

  it('goes on where somebody else was faster', async () => {
    scriptGoal()
    server.on(`POST ${goalPath}/resume`, ok(goalOf('running')))
    server.on('GET /api/v1/hitl', ok({ items: [approvalOf(1)] }))
    server.on(`GET ${goalPath}`, ok(goalOf('running', [waitingTask])), ok(goalOf('done')))
    server.on(answerRoute, fail('approval_decided', 'it is decided'))
    expect((await muster('goal run x', { interactive: true, answers: ['y', 'y'] })).code).toBe(0)
  })

  it('approves with --yes as the caller, and needs a person where that is refused', async () => {
    scriptGoal()
    const waitingGoal = ok(goalOf('running', [taskOf(1, 'a', { status: 'awaiting_approval' })]))
    const first = `POST /api/v1/hitl/${idOf(501)}/respond`
    server.on('GET /api/v1/hitl', ok({ items: [approvalOf(1)] }))
    server.on(`GET ${goalPath}`, waitingGoal, ok(goalOf('done')))
    server.on(first, ok({ request_id: idOf(501), action: 'approve', status: 'applied' }))
    expect((await muster('goal run x --yes')).code).toBe(0)
    expect(seenOf(first)[0]?.json()).toMatchObject({ action: 'approve' })
    server.always('GET /api/v1/hitl', ok({ items: [approvalOf(1)] }))
    server.on(`GET ${goalPath}`, waitingGoal, waitingGoal)
    server.on(first, fail('own_work', 'nobody decides about what they made'))
    const { code, err } = await muster('goal run x --yes')
    expect(code).toBe(3)
    expect(err).toContain('nobody decides about what they made')
  })
})

describe('other commands', () => {
  it('approve, reject and amend', async () => {
    const route = `POST /api/v1/hitl/${idOf(501)}/respond`
    const commit = { request_id: idOf(501), action: 'approve', status: 'applied', applied: { commit_id: idOf(9) } }
    server.on(route, ok(commit), ok(commit), ok(commit))
    expect((await muster(`approvals approve ${idOf(501)}`)).out).toContain(`commit ${idOf(9)}`)
    expect((await muster(`approvals reject ${idOf(501)}`)).code).toBe(2)
    await muster(['approvals', 'reject', idOf(501), '--comment', 'not so'])
    await muster(['approvals', 'amend', idOf(501), '--content', '{"text":"better"}'])
    expect(seenOf(route).map((request) => request.json())).toEqual([
      { action: 'approve' },
      { action: 'reject', comment: 'not so' },
      { action: 'amend', content: { text: 'better' } },
    ])
  })

  it('set a document only if it has not moved', async () => {
    server.always('GET /api/v1/projects', ok({ items: [{ id: idOf(2), name: 'other' }] }))
    const route = `PUT /api/v1/projects/${idOf(2)}/documents/a%2Fb`
    server.on(route, fail('version_moved', 'it is at version 4'))
    expect((await muster('state set a/b {"x":1} --if-version 3')).code).toBe(5)
    expect(seenOf(route)[0]?.headers['if-match']).toBe('"3"')
    expect(seenOf(route)[0]?.json()).toEqual({ value: { x: 1 } })
    server.on(`GET /api/v1/projects/${idOf(2)}/documents/a%2Fb`, ok({ document: 'a/b', version: 3, value: 'text' }))
    expect((await muster('state get a/b --version 3')).out).toBe('text\n')
  })

  it('take goals by their numbers, in the project that is meant', async () => {
    const item = { kind: 'goal', id: idOf(1), title: 'Brief me', number: 12 }
    server.on('GET /api/v1/find', ok({ items: [{ ...item, kind: 'agent', id: idOf(9) }, item] }))
    server.on(`POST ${goalPath}/pause`, ok({ ...goalOf('paused'), number: 12 }))
    expect((await muster('goal pause goal-12')).out).toBe('GOAL-12 is paused\n')
    expect(seenOf('GET /api/v1/find')[0]?.url).toContain('q=GOAL-12')
    server.on('GET /api/v1/find', ok({ items: [item, { ...item, id: idOf(8) }] }))
    expect(await muster('goal show #12')).toMatchObject({ code: 2, err: expect.stringContaining('--project') })
    server.on('GET /api/v1/find', ok({ items: [] }))
    expect(await muster('goal show GOAL-12')).toMatchObject({ code: 2, err: expect.stringContaining('no GOAL-12') })
  })

  it('compare two revisions of a plan', async () => {
    const task = (key: string, capability: string) => ({ key, capability, input: {} })
    server.on(`GET ${goalPath}`, ok({ ...goalOf('running'), plan_revision: 2 }))
    server.on(`GET ${goalPath}/plans/1`, ok({ revision: 1, tasks: [task('a', 'noop'), task('b', 'noop')] }))
    server.on(`GET ${goalPath}/plans/2`, ok({ revision: 2, tasks: [task('b', 'sleep'), task('c', 'noop')] }))
    const { out } = await muster(`goal diff ${idOf(1)} --json`)
    expect(JSON.parse(out)).toEqual({
      from: 1,
      to: 2,
      added: ['c'],
      removed: ['a'],
      changed: [{ key: 'b', fields: ['capability'] }],
    })
  })

  it('export the whole journal, page by page', async () => {
    server.on(
      'GET /api/v1/audit/events',
      ok({ items: [{ number: 1 }], next_cursor: 'two' }),
      ok({ items: [{ number: 2 }] }),
    )
    expect((await muster('journal export')).out).toBe('{"number":1}\n{"number":2}\n')
  })

  it('fail where the chain of the journal is broken', async () => {
    const broken = {
      valid: false,
      segments: 2,
      events: 9,
      problems: [{ segment: 1, problem: 'root', message: 'differs' }],
    }
    server.on('GET /api/v1/audit/verify', ok({ ...broken, cannot_see: [] }))
    expect(await muster('journal verify')).toMatchObject({ code: 1, out: expect.stringContaining('segment 1, root') })
  })

  it('stop the holder of the data directory over its socket', async () => {
    const path = join(folder, '.muster', 'lock.sock')
    let received = ''
    const holder = createServer((socket) => {
      socket.on('data', (piece) => {
        received += piece
        if (received === 'stop\n') holder.close()
      })
      socket.on('end', () => socket.end())
    })
    await new Promise<void>((resolve) => holder.listen(path, resolve))
    expect((await muster('stop')).code).toBe(0)
    expect(received).toBe('stop\n')
    expect((await muster('stop')).code).toBe(4)
  })

  it('doctor looks at a server that is not there', async () => {
    const { code, out } = await muster('doctor --json', { env: { MUSTER_PORT: '1' } })
    expect(code).toBe(0)
    const findings = JSON.parse(out) as { check: string; status: string; remedy?: string }[]
    expect(findings.find(({ check }) => check === 'port')).toMatchObject({
      status: 'warning',
      remedy: 'Start Muster: npm start',
    })
  })
})
