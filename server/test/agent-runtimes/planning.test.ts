import { listApprovals, respondApproval } from '@muster/contract/approvals/operations'
import { verifyBudgets } from '@muster/contract/gateway/model.operations'
import { createGoal, getGoal, listGoalPlans, rerunGoal } from '@muster/contract/planner/goals/goal.operations'
import { decompose, replan, semanticFilter } from '@muster/contract/planner/plans/plan.operations'
import { putPolicy } from '@muster/contract/projects/operations'
import { describe, expect, it } from 'vitest'
import { stated } from '../engine/steps.ts'
import { testProgram } from '../program.ts'
import { type ModelReply, modelOf } from './scripted-model.ts'

const { ours, theirs, work, tick, database } = await testProgram()
const { think, thoughts } = await modelOf(ours)

const good = {
  tasks: [
    { key: 'words', capability: 'keywords', input: { text: 'The bridge carries the bridge.' } },
    { key: 'end', capability: 'noop', input: { of: { $from: 'words.output.keywords' } } },
  ],
}
const submit = (plan: unknown): ModelReply => ({ calls: [['submit_plan', plan as object]] })
const request = { title: 'Count the bridges', text: 'All of them.', strategy: 'model', model: 'scripted' } as const

async function state(fields: object = {}) {
  thoughts.length = 0
  const project_id = (fields as { project_id?: never }).project_id ?? (await ours.project()).id
  const goal = await ours.call(createGoal, { body: { project_id, ...request, ...fields } as never })
  return { goal, view: () => ours.call(getGoal, { params: { id: goal.id } }), tasks: stated(ours, goal) }
}

describe('a goal that a model plans', () => {
  it('is there at once, is planned, and runs', async () => {
    think(() => submit(good))
    const { goal, view, tasks } = await state()
    expect(goal).toMatchObject({ status: 'planning', strategy: 'model', plan_revision: 0, number: 1 })
    await tick()
    expect(await view()).toMatchObject({ status: 'running', plan_revision: 1 })
    expect(thoughts[0]?.task).toContain('Count the bridges')
    expect(thoughts[0]?.task).toContain('- keywords:')
    await work()
    const done = await view()
    expect(done.status).toBe('done')
    expect(done.spent).toEqual({ cost_micro_usd: 180, tokens: 120 })
    expect(await tasks.statuses()).toEqual({ words: 'done', end: 'done' })
    const { items } = await ours.call(listGoalPlans, { params: { id: goal.id } })
    expect(items).toMatchObject([{ revision: 1, reason: 'planned by scripted' }])
    expect((await ours.call(verifyBudgets)).valid).toBe(true)
  })

  it('is told what is wrong with the plan, at most twice', async () => {
    think(
      ({ results }) =>
        [
          submit({ tasks: [{ key: 'a', capability: 'fly' }] }),
          submit({ tasks: [{ key: 'a', capability: 'noop', depends_on: ['a'] }] }),
          submit(good),
        ][results.length] ?? {},
    )
    const mended = await state()
    await tick()
    expect((await mended.view()).status).toBe('running')
    expect(thoughts.at(-1)?.results).toEqual([expect.stringContaining('"fly"'), expect.stringContaining('plan')])
    think(() => submit({ tasks: [] }))
    const never = await state()
    for (let round = 0; round < 3; round++) {
      await tick()
      await database.clock.advance(120_000)
    }
    expect(await never.view()).toMatchObject({ status: 'failed', reason: expect.stringContaining('planning failed') })
    expect(thoughts).toHaveLength(9)
    // A person's plan is still taken.
    const { goal } = await ours.call(replan, { body: { goal_id: never.goal.id, plan: good } as never })
    expect(goal.status).toBe('running')
  })

  it('fails with a reason where its job cannot be read', async () => {
    const { goal, view } = await state()
    await database.sql(`update jobs set payload = '{}' where key = $1`, [goal.id])
    await tick()
    expect(thoughts).toEqual([])
    expect(await view()).toMatchObject({ status: 'failed', reason: 'planning failed: internal: see the server log' })
  })

  it('waits for a person where policy wants that, and for its start where the request does', async () => {
    think(() => submit(good))
    const project = await ours.project()
    await ours.call(putPolicy, { params: { id: project.id }, body: { plan_approval: true, planner_model: 'scripted' } })
    const asked = await state({ project_id: project.id, strategy: undefined, model: undefined })
    await tick()
    expect((await asked.view()).status).toBe('awaiting_approval')
    const { items } = await ours.call(listApprovals, { query: { goal_id: asked.goal.id } })
    expect(items[0]?.question).toBe('Start “Count the bridges” with this plan of 2 tasks?')
    await ours.call(respondApproval, { params: { id: items[0]?.id as never }, body: { action: 'approve' } })
    expect((await asked.view()).status).toBe('running')
    const later = await state({ start: false })
    await tick()
    expect(await later.view()).toMatchObject({ status: 'planning', plan_revision: 1 })
  })

  it('is planned anew by the model, by itself where an edge says so', async () => {
    const failing = {
      tasks: [
        { key: 'bad', capability: 'noop', input: { pad_bytes: -1 }, on_failure: 'fail' },
        { key: 'end', capability: 'noop', depends_on: [{ key: 'bad', on_failure: 'replan' }] },
      ],
    }
    think(({ task }) => submit(task.includes('Why it is planned anew') ? good : failing))
    const { goal, view } = await state()
    await tick()
    await work()
    expect(await view()).toMatchObject({ status: 'paused', reason: 'needs_plan' })
    await tick()
    expect(await view()).toMatchObject({ status: 'running', plan_revision: 2 })
    const again = await ours.call(replan, { body: { goal_id: goal.id, reason: 'Other bridges.' } })
    expect(again.goal.plan_revision).toBe(3)
    expect(thoughts.at(-1)?.task).toContain('Other bridges.')
    const rerun = await ours.call(rerunGoal, { params: { id: goal.id }, body: {} })
    expect(rerun).toMatchObject({ strategy: 'model', status: 'planning' })
  })

  it('that is cancelled meanwhile stays so, and one that nobody can plan says why', async () => {
    think(() => submit(good))
    const unknown = await state({ model: 'nobody' })
    await tick()
    expect(await unknown.view()).toMatchObject({ status: 'failed', reason: expect.stringContaining('nobody') })
    const project_id = (await ours.project()).id
    const refused = await ours.send(createGoal, { body: { project_id, title: 'x', strategy: 'model' } })
    expect(refused.status).toBe(422)
    expect((await theirs.send(createGoal, { body: { project_id, ...request } })).status).toBe(404)
  })

  it('is tried out first, and nothing is stored', async () => {
    think(() => submit(good))
    const { strategy, task_dag, estimates } = await ours.call(decompose, { body: request })
    expect(strategy).toBe('model')
    expect(task_dag.tasks.map(({ key }) => key)).toEqual(['words', 'end'])
    expect(estimates).toMatchObject({ tasks: 2, depth: 2 })
  })
})

describe('the semantic filter by model', () => {
  it('scores what it is given, and drops what does not matter', async () => {
    think(({ task }) => ({
      calls: [
        ['submit_relevance', { relevance_score: task.includes('bridge') ? 0.9 : 0.1, reasoning: 'By its words.' }],
      ],
    }))
    const ask = (content: string) =>
      ours.call(semanticFilter, {
        body: { content: { content }, context: { active_goals: ['Span the river.'] }, model: 'scripted' } as never,
      })
    expect(await ask('A new bridge opens.')).toMatchObject({
      filtered: false,
      relevance_score: 0.9,
      reasoning: 'By its words.',
    })
    expect(await ask('Cake.')).toMatchObject({ filtered: true, relevance_score: 0.1, should_create_task: false })
  })
})
