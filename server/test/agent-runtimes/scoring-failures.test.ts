import { respondApproval } from '@muster/contract/approvals/operations'
import { createBudget } from '@muster/contract/budgets/operations'
import { verifyBudgets } from '@muster/contract/gateway/model.operations'
import { validateResult } from '@muster/contract/judge/operations'
import { cancelTask } from '@muster/contract/planner/tasks/task.operations'
import { defaultChecks } from '@muster/contract/projects/checks'
import { putPolicy } from '@muster/contract/projects/operations'
import { listTaskRuns } from '@muster/contract/worker/operations'
import { afterAll, describe, expect, it } from 'vitest'
import { goal, question, remoteAgent, task } from '../engine/steps.ts'
import { testProgram } from '../program.ts'
import { fixtureModel, type ModelScript, scriptedModel } from './scripted-model.ts'

const { ours, work, tick, database } = await testProgram()
let script: ModelScript = () => ({})
let asked = 0
const server = await scriptedModel((request) => {
  asked += 1
  return script(request)
})
afterAll(() => server[Symbol.asyncDispose]())
await fixtureModel(ours, server)

const rubric = {
  check: 'rubric',
  severity: 'warning',
  weight: 1,
  measures: 'quality',
  violation_from: 0.3,
  params: { name: 'clarity', model: 'scripted', criteria: 'It is clear.' },
}
const score =
  (value: number, reasoning = 'As it is.'): ModelScript =>
  () => ({ calls: [['submit_score', { score: value, reasoning }]] })

/** A result that waits for its score. */
async function unscored(policy: object = {}) {
  asked = 0
  const project = await ours.project()
  const body = { checks: [defaultChecks.secrets, rubric], ...policy } as never
  await ours.call(putPolicy, { params: { id: project.id }, body })
  const stated = await goal(ours, [task('t', { input: { text: 'Clear words.' } })], { project_id: project.id })
  await work()
  const { id } = await stated.task('t')
  const [run] = (await ours.call(listTaskRuns, { params: { id } })).items
  return { stated, run_id: run?.id as never, view: () => stated.task('t') }
}

/** A person has the result judged as it stands, and approves it. */
async function decideByHand({ stated, run_id }: Awaited<ReturnType<typeof unscored>>) {
  await ours.call(validateResult, { body: { run_id } as never })
  const { id } = await question(ours, stated.id)
  await ours.call(respondApproval, { params: { id }, body: { action: 'approve' } })
}

describe('scoring', () => {
  it('takes what a model says, as far as a database can keep it', async () => {
    script = score(0.97, 'Every\0 word \ud800 is clear.')
    const { view } = await unscored()
    await tick()
    expect((await view()).status).toBe('done')
    expect(asked).toBe(1)
  })

  it('leaves alone what a person decided meanwhile, and holds nobody else up', async () => {
    const first = await unscored()
    script = async () => {
      await decideByHand(first)
      return { calls: [['submit_score', { score: 0.1, reasoning: 'Late.' }]] }
    }
    await tick()
    expect((await first.view()).status).toBe('done')
    script = score(0.97)
    const next = await unscored()
    await tick()
    expect((await next.view()).status).toBe('done')
  })

  it('asks no model about what is decided already', async () => {
    const decided = await unscored()
    await decideByHand(decided)
    await tick()
    expect(asked).toBe(0)
    expect(await database.sql('select key from jobs where key = $1', [decided.run_id])).toEqual([])
  })

  it('happens too where the result was recorded by a process without a judge', async () => {
    script = score(0.97)
    const { view, run_id } = await unscored()
    await database.sql(
      `with gone as (delete from jobs where key = $1::text returning organization_id, key::uuid as run_id, (payload ->> 'task_id')::uuid as task_id,
         project_id, (payload ->> 'goal_id')::uuid as goal_id)
       insert into worker_review_queue (organization_id, run_id, task_id, project_id, goal_id, available_at)
       select organization_id, run_id, task_id, project_id, goal_id, now() from gone`,
      [run_id],
    )
    await tick()
    await tick()
    expect((await view()).status).toBe('done')
    expect(asked).toBe(1)
  })
})

describe('a result whose job cannot be read', () => {
  it('goes to a person, without a score', async () => {
    const { stated, run_id, view } = await unscored()
    await database.sql(`update jobs set payload = '{}' where key = $1`, [run_id])
    await tick()
    await tick()
    expect(asked).toBe(0)
    expect((await view()).status).toBe('awaiting_approval')
    expect(await question(ours, stated.id)).toMatchObject({ rule: expect.any(String) })
    expect(await database.sql('select abandoned from jobs where key = $1', [run_id])).toEqual([{ abandoned: false }])
  })
})

describe('a result that waits for its score', () => {
  it('has been paid for, whatever becomes of it', async () => {
    const scope = { kind: 'organization' } as const
    await ours.call(createBudget, { body: { scope, window: 'total', cost_micro_usd: 1_000_000 } as never })
    const project = await ours.project()
    await ours.call(putPolicy, { params: { id: project.id }, body: { checks: [rubric] } as never })
    const agent = await remoteAgent(ours, 'paid')
    const budget = { cost_micro_usd: 70, tokens: 0 }
    const tasks = [task('t', { capability: 'paid', budget }), task('u', { capability: 'paid', budget })]
    const stated = await goal(ours, tasks, { project_id: project.id })
    const usage = { cost_micro_usd: 50, tokens: 5 }
    for (const run of await agent.claim()) await agent.complete(run, { said: true }, { usage })
    await ours.call(cancelTask, { params: { id: (await stated.task('t')).id }, body: {} as never })
    script = score(0.97)
    await tick()
    expect(await stated.statuses()).toEqual({ t: 'cancelled', u: 'done' })
    expect(
      await database.sql('select id from budgets_holds where organization_id = $1', [ours.organization_id]),
    ).toEqual([])
    const charges = await database.sql(
      "select cost_micro_usd from budgets_charges where goal_id = $1 and source = 'run'",
      [stated.id],
    )
    expect(charges.map(({ cost_micro_usd }) => cost_micro_usd)).toEqual([50, 50])
    expect(await ours.call(verifyBudgets)).toMatchObject({ valid: true, problems: [] })
  })
})
