import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createAgent } from '@muster/contract/agents/operations'
import { respondApproval } from '@muster/contract/approvals/operations'
import { listAttempts, verifyBudgets } from '@muster/contract/gateway/model.operations'
import { createGoal } from '@muster/contract/planner/goals/goal.operations'
import { putPolicy } from '@muster/contract/projects/operations'
import { listTaskRuns } from '@muster/contract/worker/operations'
import { afterAll, describe, expect, it } from 'vitest'
import { readAdapters } from '../../src/modules/runtimes/command-line/adapter-files.service.ts'
import { createCommandLineRuntime } from '../../src/modules/runtimes/command-line/command-line-runtime.service.ts'
import { detectBubblewrap } from '../../src/modules/runtimes/command-line/sandbox/sandbox.service.ts'
import { system_principal } from '../../src/platform/principal.ts'
import { questions, stated } from '../engine/steps.ts'
import { testProgram } from '../program.ts'
import { fixtureModel, type ModelReply, type ModelRequest, scriptedModel } from './scripted-model.ts'

const { ours, program, local, app, work } = await testProgram()
const address = await app.listen({ host: '127.0.0.1', port: 0 })
const folder = mkdtempSync(join(tmpdir(), 'muster-sdlc-'))
// A run may be a user of its own, who has to pass through.
chmodSync(folder, 0o711)
afterAll(() => rmSync(folder, { recursive: true, force: true }))
const host = {
  root: join(folder, 'runs'),
  transcripts: join(folder, 'transcripts'),
  env: process.env,
  repositories: [],
  hidden: [],
}
mkdirSync(host.transcripts)
const found = await detectBubblewrap(process.env)
const cli = createCommandLineRuntime({
  ...program,
  adapters: readAdapters(new URL('../../../examples/command-lines', import.meta.url).pathname),
  host,
  sandbox: { kind: found.available ? 'bubblewrap' : 'none' },
  unmetered: false,
  gateway_url: () => address,
})

const server = await scriptedModel(idea)
afterAll(() => server[Symbol.asyncDispose]())
await fixtureModel(ours, server)

const submit = (output: object): ModelReply => ({ calls: [['submit_result', { output }]] })
const wrong = 'export const add = (a, b) => a - b\n'
const right = 'export const add = (a, b) => a + b\n'
const test = `import assert from 'node:assert'
import { test } from 'node:test'
import { add } from './add.mjs'
test('adds', () => assert.equal(add(2, 3), 5))
`

/** Each of the five thinks by the persona that speaks to it; the coder is wrong at first, and mends what the report shows. */
function idea({ system, task }: ModelRequest): ModelReply {
  if (system.includes('You are Ines') && task.includes('# Plan the project'))
    return submit({
      vision: 'Adding.',
      users: ['pupils'],
      scope: ['two numbers'],
      milestones: ['one'],
      risks: ['none'],
    })
  if (system.includes('You are Ines'))
    return submit({
      core_idea: 'Add.',
      requirements: ['add(2, 3) is 5'],
      user_stories: ['I add.'],
      high_level_features: [],
    })
  if (system.includes('You are Teo') && task.includes('# Design'))
    return submit({ overview: 'One function.', components: ['add.mjs'], tech_stack: ['Node'] })
  if (system.includes('You are Teo')) return submit({ task_breakdown: ['add.mjs exports add, add.test.mjs tests it'] })
  if (system.includes('You write small programs')) {
    const content = task.includes('actual: -1') ? right : wrong
    const files = [
      { path: 'add.mjs', content },
      { path: 'add.test.mjs', content: test },
    ]
    return { text: JSON.stringify({ files, summary: content === right ? 'It subtracted.' : '' }) }
  }
  if (system.includes('You are Olga')) return submit({ met: ['add(2, 3) is 5'], unmet: [], defects: [] })
  return submit({ steps: ['Copy add.mjs.'], health_check: 'add(2, 3)', rollback: 'Remove add.mjs.' })
}

const team = { analyst: 'analyse', architect: 'architect', tester: 'test', deployer: 'deploy' } as const

async function hire(): Promise<void> {
  const model = { alias: 'scripted', tools: [], may_ask: true, steps_max: 3, output_tokens_max: 500 }
  for (const [template, capability] of Object.entries(team))
    await ours.call(createAgent, {
      body: { name: template, runtime: 'model', capabilities: [capability], model, persona: { template } },
    })
  const command_line = { adapter: 'build-and-test', model: 'scripted', metered: true }
  const persona = { template: 'coder' }
  await ours.call(createAgent, {
    body: { name: 'coder', runtime: 'cli', capabilities: ['build'], command_line, persona },
  })
}

/** Lets everybody work until nothing can go on by itself. */
async function workAll(): Promise<void> {
  for (;;) {
    const claimer = { runtime: 'cli' } as const
    const claimed = await program.worker.claim({
      claimer,
      max: 1,
      claimed_by: system_principal,
      process_id: local.process_id,
    })
    for (const assignment of claimed) await (await local.runs.start(assignment, cli)).written
    if ((await work()) + claimed.length === 0) return
  }
}

const playbook = readFileSync(new URL('../../../examples/playbooks/sdlc.yaml', import.meta.url), 'utf8')

async function state(oversight: 'low' | 'medium') {
  const { id: project_id } = await ours.project()
  await ours.call(putPolicy, { params: { id: project_id }, body: { oversight } })
  const body = { project_id, title: 'A calculator', playbook, variables: { idea: 'Adds two numbers.', rounds: 4 } }
  return stated(ours, await ours.call(createGoal, { body: body as never }))
}

describe('software from an idea', () => {
  it('is planned, specified, designed, built until its tests pass, validated and launched, with people at four points', async () => {
    await hire()
    const goal = await state('medium')
    const asked: string[] = []
    for (;;) {
      await workAll()
      const [next] = await questions(ours, goal.id)
      if (!next) break
      asked.push(next.task_title ?? '')
      await ours.call(respondApproval, { params: { id: next.id }, body: { action: 'approve' } })
    }
    const { status, tasks, spent } = await goal.view()
    expect(status).toBe('done')
    expect(asked).toEqual(['Plan the project', 'Specify the software', 'Validate the build', 'Prepare the launch'])
    // The first round failed its own test, really run; the second was told of it and mended it.
    const rounds = [...tasks].filter(([key]) => key.startsWith('source_code['))
    expect(rounds.map(([, { output }]) => (output as { passed: boolean }).passed)).toEqual([false, true])
    expect(tasks.get('source_code')?.output).toMatchObject({ passed: true, tests: 1, summary: 'It subtracted.' })
    // Each of the eight calls is charged to the goal, the coder's by the key of its run.
    expect(spent).toEqual({ cost_micro_usd: 8 * 180, tokens: 8 * 120 })
    const { items } = await ours.call(listAttempts, { query: { limit: 50 } })
    expect(items.every(({ goal_id }) => goal_id === goal.id)).toBe(true)
    expect((await ours.call(verifyBudgets)).valid).toBe(true)
    const [built] = (await ours.call(listTaskRuns, { params: { id: rounds[1]?.[1].id as never } })).items
    expect(built?.usage).toEqual({ cost_micro_usd: 180, tokens: 120 })
    expect(items.filter(({ run_id }) => run_id === built?.id)).toHaveLength(1)
    expect(readdirSync(host.root).filter((name) => name !== 'users')).toEqual([])
  }, 120_000)

  it('asks nobody at low oversight', async () => {
    const goal = await state('low')
    await workAll()
    expect((await goal.view()).status).toBe('done')
    expect(await questions(ours, goal.id, 'applied')).toEqual([])
  }, 120_000)
})
