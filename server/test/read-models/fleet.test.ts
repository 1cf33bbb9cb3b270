import { stopAgent } from '@muster/contract/agents/operations'
import { snoozeApproval } from '@muster/contract/approvals/operations'
import { createBudget } from '@muster/contract/budgets/operations'
import { getFleetStatus } from '@muster/contract/dashboard/operations'
import { createKey } from '@muster/contract/identity/operations'
import { rerunGoal } from '@muster/contract/planner/goals/goal.operations'
import { putPolicy, stopProject } from '@muster/contract/projects/operations'
import { describe, expect, it } from 'vitest'
import { failing, goal, question, remoteAgent, task } from '../engine/steps.ts'
import { type ApiClient, apiClientOf } from '../fixtures.ts'
import { testProgram } from '../program.ts'

const { app, database, twoMore, work, tick } = await testProgram()
const { clock } = database
const statusOf = (api: ApiClient, query: object = {}) => api.call(getFleetStatus, { query: query as never })
const kindsOf = async (api: ApiClient, query: object = {}) =>
  (await statusOf(api, query)).needs_attention.map(({ kind }) => kind)

describe('the fleet', () => {
  it('at rest needs nothing', async () => {
    const { ours } = await twoMore()
    const status = await statusOf(ours)
    expect(status.needs_attention).toEqual([])
    expect(status.queues.map(({ depth, is_worked }) => [depth, is_worked])).toEqual([
      [0, true],
      [0, true],
      [0, true],
    ])
    expect(status.approvals).toEqual({ waiting: 0, snoozed: 0, past_due: 0, due_within_hour: 0 })
    expect(status.throughput).toHaveLength(60)
    expect(status.throughput.every(({ done, failed }) => done + failed === 0)).toBe(true)
    expect(status.spend).toEqual({ today_micro_usd: 0, budgets: [] })
  })

  it('says which queue nobody works, and what would change that', async () => {
    const { ours, theirs } = await twoMore()
    const stated = await goal(ours, [task('a')])
    const [queue] = (await statusOf(ours)).queues
    expect(queue).toMatchObject({
      queue: 'task_queue',
      depth: 1,
      is_worked: false,
      remedy: 'Start a process with the worker service: npx muster up',
    })
    expect(await kindsOf(ours)).toEqual(['unworked_queue'])
    const { id: other } = await ours.project()
    expect((await statusOf(ours, { project_id: other })).queues[0]).toMatchObject({ depth: 0, is_worked: true })
    expect(await kindsOf(ours, { project_id: stated.project_id })).toEqual(['unworked_queue'])
    expect((await theirs.send(getFleetStatus, { query: { project_id: other } })).status).toBe(404)
    expect(await kindsOf(theirs)).toEqual([])
    await work()
    const done = await statusOf(ours)
    expect(done.throughput.reduce((sum, minute) => sum + minute.done, 0)).toBe(1)
    expect(done.queues[0]).toMatchObject({ depth: 0, is_worked: true })
  })

  it('ranks what needs attention over all there is', async () => {
    const { ours } = await twoMore()
    const silent = await remoteAgent(ours, 'silent')
    await goal(ours, [task('held', { capability: 'silent' })])
    await silent.claimOne()
    const failed = await goal(ours, [failing('bad')], { title: 'Will fail' })
    const replan = await goal(
      ours,
      [failing('bad'), task('next', { depends_on: [{ key: 'bad', on_failure: 'replan' }] })],
      {
        title: 'Wants a plan',
      },
    )
    const half = await goal(ours, [failing('bad'), task('asked', { approval: 'before' })], { title: 'Half' })
    const { id: project_id } = await ours.project()
    await ours.call(putPolicy, { params: { id: project_id }, body: { approval_due_ms: 1_800_000 } as never })
    const soon = await goal(ours, [task('asked', { approval: 'before' })], { project_id })
    const later = await goal(ours, [task('asked', { approval: 'before' })], { project_id })
    await ours.call(snoozeApproval, {
      params: { id: (await question(ours, later.id)).id },
      body: { for_ms: 7_200_000 },
    })
    await work()
    const stopped = await ours.project({ name: 'Stopped' })
    await ours.call(stopProject, { params: { id: stopped.id }, body: { reason: 'a drill' } })
    const idle = await ours.agent()
    await ours.call(stopAgent, { params: { id: idle.id }, body: { reason: '' } })
    await clock.advance(61_000)
    const { needs_attention, agents_by_state, approvals, spend } = await statusOf(ours)
    expect(needs_attention.map(({ kind, subject_id }) => [kind, subject_id])).toEqual([
      ['stop', stopped.id],
      ['stop', idle.id],
      ['goal_needs_plan', replan.id],
      ['agent_offline_with_work', silent.agent_id],
      ['goal_failed', failed.id],
      ['approval_due_soon', (await question(ours, soon.id)).id],
      ...needs_attention.filter(({ kind }) => kind === 'task_failed').map(({ kind, subject_id }) => [kind, subject_id]),
    ])
    const tasks = needs_attention.filter(({ kind }) => kind === 'task_failed').map(({ goal_id }) => goal_id)
    expect(tasks.toSorted()).toEqual([half.id, replan.id].toSorted())
    expect(needs_attention[0]).toMatchObject({ severity: 'critical', title: 'Emergency stop: Stopped (a drill)' })
    expect(agents_by_state).toMatchObject({ stopped: 1, offline: 2, paused: 0, error: 0, working: 0, idle: 0 })
    expect(approvals).toMatchObject({ waiting: 2, snoozed: 1, due_within_hour: 1, past_due: 0 })
    expect(spend).toBeDefined()
    await ours.call(rerunGoal, { params: { id: failed.id as never }, body: { start: false } as never })
    expect(await kindsOf(ours)).not.toContain('goal_failed')
    const { key } = await ours.call(createKey, { body: { name: 'looks', permissions: ['agents:read'] } as never })
    const looks = apiClientOf(app, { organization_id: ours.organization_id, key })
    expect(await kindsOf(looks)).toEqual(['stop', 'stop', 'agent_offline_with_work'])
    expect((await statusOf(looks)).spend).toBeUndefined()
    await tick()
  })

  it('shows what was spent today, and the budgets nearest to their end', async () => {
    const { ours } = await twoMore()
    const agent = await remoteAgent(ours, 'paid')
    const { id: project_id } = await ours.project()
    const set = (scope: object, cost_micro_usd: number) =>
      ours.call(createBudget, { body: { scope, cost_micro_usd, window: 'day' } as never })
    const wide = await set({ kind: 'organization' }, 1_000)
    const narrow = await set({ kind: 'project', id: project_id }, 100)
    await goal(ours, [task('a', { capability: 'paid', budget: { cost_micro_usd: 60, tokens: 0 } })], { project_id })
    await agent.complete(await agent.claimOne(), {}, { usage: { cost_micro_usd: 120, tokens: 0 } })
    const { spend, needs_attention } = await statusOf(ours)
    expect(spend?.today_micro_usd).toBe(120)
    expect(spend?.budgets.map(({ id, closed }) => [id, closed])).toEqual([
      [narrow.id, true],
      [wide.id, false],
    ])
    expect(needs_attention).toMatchObject([{ kind: 'budget_closed', subject_id: narrow.id, project_id }])
    const { id: other } = await ours.project()
    expect((await statusOf(ours, { project_id: other })).spend?.today_micro_usd).toBe(0)
  })
})
