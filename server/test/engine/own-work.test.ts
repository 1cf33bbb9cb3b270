/** Nobody decides about what they had a hand in, whichever way the decision comes and whatever has moved since. */
import { editQueued, listApprovals, respondApproval, revokeApproval } from '@muster/contract/approvals/operations'
import { createKey } from '@muster/contract/identity/operations'
import { commitVerdict, listTaskVerdicts } from '@muster/contract/judge/operations'
import { permissions } from '@muster/contract/permissions'
import { createGoal, rerunGoal, resumeGoal } from '@muster/contract/planner/goals/goal.operations'
import { replan } from '@muster/contract/planner/plans/plan.operations'
import { createTask, retryTask } from '@muster/contract/planner/tasks/task.operations'
import { putPolicy } from '@muster/contract/projects/operations'
import type { PolicyInput } from '@muster/contract/projects/policies'
import { claimRuns, completeRun } from '@muster/contract/worker/operations'
import { afterAll, describe, expect, it } from 'vitest'
import { fixtureModel, scriptedModel } from '../agent-runtimes/scripted-model.ts'
import { type ApiClient, apiClientOf } from '../fixtures.ts'
import { testProgram } from '../program.ts'
import { failing, goal, questions, task } from './steps.ts'

const { ours, app, work, tick } = await testProgram()
const server = await scriptedModel(() => ({
  calls: [['submit_plan', { tasks: [task('a', { input: { text: 'so' }, approval: 'after' })] }]],
}))
afterAll(() => server[Symbol.asyncDispose]())
await fixtureModel(ours, server)

const secret = `-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSj\n-----END PRIVATE KEY-----`

/** Made with the owner's key, each is another person. */
const person = (name: string) => ours.colleague(name)

/** A second key of somebody's own making. */
async function clientWithSecondKey(of: ApiClient): Promise<ApiClient> {
  const { key } = await of.call(createKey, { body: { name: 'second', permissions: [...permissions] } })
  return apiClientOf(app, { organization_id: of.organization_id, key })
}

const answer = (api: ApiClient, id: string, action: 'approve' | 'reject' | 'retry' | 'continue' = 'approve') =>
  api.send(respondApproval, {
    params: { id: id as never },
    body: { action, ...(action === 'reject' && { comment: 'no' }) },
  })
const codeOf = async (sent: Promise<{ status: number; error: { code: string } | undefined }>) => {
  const { status, error } = await sent
  return error?.code ?? status
}

async function setPolicy(project_id: string, policy: PolicyInput): Promise<void> {
  await ours.call(putPolicy, { params: { id: project_id as never }, body: policy as never })
}

async function asked(goal_id: string) {
  await work()
  const found = (await questions(ours, goal_id)).at(-1)
  if (!found) throw new Error('nothing is asked')
  return found
}

const careful = task('a', { input: { text: 'so' }, approval: 'after' })

async function fourEyes(policy: PolicyInput = {}) {
  const project = await ours.project({ policy: { four_eyes: true, ...policy } as never })
  return { project_id: project.id, stater: await person('stater') }
}

describe('an amendment', () => {
  it('is not approved by who amended it, though policy moves and it is asked again, twice', async () => {
    const reviewer = await person('reviewer')
    const given = await goal(ours, [careful])
    const first = await asked(given.id)
    const edits = { artifact: { content: { text: secret } } }
    expect((await reviewer.send(editQueued, { params: { id: first.id }, body: { edits } as never })).status).toBe(200)
    let before = first.id
    for (const approval_due_ms of [3_600_000, 7_200_000]) {
      const { id } = await asked(given.id)
      expect(id).not.toBe(before)
      before = id
      expect(await codeOf(answer(reviewer, id))).toBe('own_work')
      expect(await codeOf(answer(await clientWithSecondKey(reviewer), id))).toBe('own_work')
      await setPolicy(given.project_id, { approval_due_ms })
      expect(await codeOf(answer(await person('other'), id))).toBe('approval_stale')
    }
    const last = await asked(given.id)
    expect(await codeOf(answer(reviewer, last.id))).toBe('own_work')
    expect(await codeOf(answer(await person('other'), last.id))).toBe(200)
  })
})

describe('four eyes', () => {
  it('keep out who stated the goal whose plan a model made', async () => {
    const { project_id, stater } = await fourEyes()
    const body = { project_id, title: 'Think', strategy: 'model', model: 'scripted' }
    const { id } = await stater.call(createGoal, { body: body as never })
    await tick()
    const question = await asked(id)
    expect(await codeOf(answer(stater, question.id))).toBe('own_work')
    expect(await codeOf(answer(await person('other'), question.id))).toBe(200)
  })

  it('keep out who stated it and who retried it, both, of one task and of a whole goal', async () => {
    const { project_id, stater } = await fourEyes()
    const retrier = await person('retrier')
    const given = await goal(stater, [careful], { project_id })
    expect(await codeOf(answer(retrier, (await asked(given.id)).id, 'reject'))).toBe(200)
    const { id: task_id } = await given.task('a')
    await retrier.call(retryTask, { params: { id: task_id } })
    const question = await asked(given.id)
    expect(await codeOf(answer(stater, question.id))).toBe('own_work')
    expect(await codeOf(answer(retrier, question.id))).toBe('own_work')
    expect(await codeOf(answer(await person('other'), question.id))).toBe(200)
  })

  it('keep out who stated a task without a goal, and who retried it', async () => {
    const { project_id, stater } = await fourEyes()
    const retrier = await person('retrier')
    const body = { project_id, capability: 'noop', input: { text: 'so' }, approval: 'before' }
    const made = await stater.call(createTask, { body: body as never })
    const ofTask = async () =>
      (await ours.call(listApprovals, { query: { project_id: project_id as never } })).items[0]?.id ?? ''
    expect(await codeOf(answer(stater, await ofTask()))).toBe('own_work')
    expect(await codeOf(answer(retrier, await ofTask(), 'reject'))).toBe(200)
    await retrier.call(retryTask, { params: { id: made.id } })
    expect(await codeOf(answer(stater, await ofTask()))).toBe('own_work')
    expect(await codeOf(answer(retrier, await ofTask()))).toBe('own_work')
    expect(await codeOf(answer(await person('other'), await ofTask()))).toBe(200)
  })

  it('keep out who planned it anew, who stated what it is a re-run of, and the parts of a task', async () => {
    const { project_id, stater } = await fourEyes()
    const [planner, runner] = [await person('planner'), await person('runner')]
    const list = task('list', { input: { items: ['x', 'y'] } })
    const parts = task('each', { for_each: { $from: 'list.output.items' }, approval: 'after' })
    const given = await goal(stater, [failing('a')], { project_id })
    await work()
    await planner.call(replan, { body: { goal_id: given.id, plan: { tasks: [list, parts] } } as never })
    const question = await asked(given.id)
    for (const api of [stater, planner]) expect(await codeOf(answer(api, question.id))).toBe('own_work')
    const again = await runner.call(rerunGoal, { params: { id: given.id as never }, body: {} as never })
    const rerun = await asked(again.id)
    for (const api of [stater, planner, runner]) expect(await codeOf(answer(api, rerun.id))).toBe('own_work')
    expect(await codeOf(answer(await person('other'), rerun.id))).toBe(200)
  })

  it('hold for plans, for tasks before they run, and for what depends on a task that failed', async () => {
    const { project_id, stater } = await fourEyes({ plan_approval: true })
    const other = await person('other')
    const before = task('b', { approval: 'before', depends_on: [{ key: 'a', on_failure: 'ask' }] })
    const given = await goal(stater, [failing('a'), before], { project_id })
    for (const action of ['approve', 'continue', 'approve'] as const) {
      const { id, subject_kind } = await asked(given.id)
      expect([subject_kind, await codeOf(answer(stater, id, action))]).toEqual([subject_kind, 'own_work'])
      expect(await codeOf(answer(other, id, action))).toBe(200)
    }
    await work()
    expect((await given.view()).status).toBe('done')
  })

  it('hold for the plan that a goal has, not for one that was shown before, and for a goal that starts later', async () => {
    const { project_id, stater } = await fourEyes({ plan_approval: true })
    const other = await person('other')
    const given = await goal(stater, [task('harmless')], { project_id })
    const shown = await asked(given.id)
    await stater.call(replan, { body: { goal_id: given.id, plan: { tasks: [task('another')] } } as never })
    expect(await codeOf(answer(other, shown.id))).toBe('approval_stale')
    const again = await asked(given.id)
    expect(again.proposed).toMatchObject({ revision: 2, tasks: [{ key: 'another' }] })
    expect(await codeOf(answer(stater, again.id))).toBe('own_work')
    expect(await codeOf(answer(other, again.id))).toBe(200)
    const later = await goal(stater, [task('later')], { project_id, start: false })
    await stater.call(resumeGoal, { params: { id: later.id as never } })
    const question = await asked(later.id)
    expect([question.subject_kind, (await later.view()).status]).toEqual(['plan', 'awaiting_approval'])
    expect(await codeOf(answer(stater, question.id))).toBe('own_work')
  })

  it('hold for a commit by hand', async () => {
    const { project_id, stater } = await fourEyes({ commit: 'manual' })
    const given = await goal(stater, [task('a')], { project_id })
    await work()
    const { id } = await given.task('a')
    const [verdict] = (await ours.call(listTaskVerdicts, { params: { id } })).items
    const commit = (api: ApiClient) => api.send(commitVerdict, { body: { verdict_id: verdict?.id } as never })
    expect(await codeOf(commit(stater))).toBe('own_work')
    expect(await codeOf(commit(await clientWithSecondKey(stater)))).toBe('own_work')
    expect(await codeOf(commit(await person('other')))).toBe(200)
  })

  it('hold once policy wants them, also for what was asked before, and do not end with the policy', async () => {
    const stater = await person('stater')
    const project = await ours.project()
    const given = await goal(stater, [task('a', { approval: 'before' })], { project_id: project.id })
    const { id } = await asked(given.id)
    await setPolicy(project.id, { four_eyes: true })
    expect(await codeOf(answer(stater, id))).toBe('own_work')
    const strict = await fourEyes()
    const other = await goal(strict.stater, [task('a', { approval: 'before' })], { project_id: strict.project_id })
    const question = await asked(other.id)
    await setPolicy(strict.project_id, { four_eyes: false })
    expect(await codeOf(answer(strict.stater, question.id))).toBe('own_work')
  })
})

describe('a second key of one’s own making', () => {
  it('is nobody else: neither a second pair of eyes, nor the second of a quorum', async () => {
    const { project_id, stater } = await fourEyes({ quorum: 2 })
    const second = await clientWithSecondKey(stater)
    const byFirst = await goal(stater, [careful], { project_id })
    expect(await codeOf(answer(second, (await asked(byFirst.id)).id))).toBe('own_work')
    const bySecond = await goal(second, [careful], { project_id })
    const question = await asked(bySecond.id)
    expect(await codeOf(answer(stater, question.id))).toBe('own_work')
    const other = await person('other')
    expect(await codeOf(answer(other, question.id))).toBe(202)
    expect(await codeOf(answer(await clientWithSecondKey(other), question.id))).toBe('approval_decided')
    expect(await codeOf(answer(ours, question.id))).toBe(200)
  })

  it('works for an agent as its maker does, where policy wants four eyes', async () => {
    const { project_id, stater: maker } = await fourEyes()
    const agent = await ours.agent({ capabilities: ['by-proxy'] })
    const api = await maker.colleague('an agent’s key', { agent_id: agent.id })
    const given = await goal(ours, [task('a', { capability: 'by-proxy', approval: 'after' })], { project_id })
    const { runs } = await api.call(claimRuns, { body: { agent_id: agent.id, max: 1, wait_ms: 0 } })
    const [run] = runs
    await api.call(completeRun, { body: { run_id: run?.run_id, token: run?.token, output: 1 } as never })
    await tick()
    const question = await asked(given.id)
    expect(await codeOf(answer(maker, question.id))).toBe('own_work')
    expect(await codeOf(answer(await person('other'), question.id))).toBe(200)
  })
})

describe('two keys with the label of one person', () => {
  it('count once in a quorum, are one pair of eyes, and are told from another person', async () => {
    const { project_id } = await fourEyes({ quorum: 2 })
    const [desk, phone] = [
      await ours.colleague('desk', { person_label: 'Ada' }),
      await ours.colleague('phone', { person_label: 'Ada' }),
    ]
    const stated = await goal(desk, [careful], { project_id })
    expect(await codeOf(answer(phone, (await asked(stated.id)).id))).toBe('own_work')
    const question = await asked((await goal(ours, [careful], { project_id })).id)
    expect(await codeOf(answer(desk, question.id))).toBe(202)
    expect(await codeOf(answer(phone, question.id))).toBe('approval_decided')
    const other = await ours.colleague('other', { person_label: 'Grace' })
    expect(await codeOf(answer(other, question.id))).toBe(200)
  })

  it('take their answer back with either key, and gain nothing by a key with another label', async () => {
    const { project_id } = await fourEyes({ quorum: 2 })
    const [desk, phone] = [
      await ours.colleague('desk 2', { person_label: 'Bea' }),
      await ours.colleague('phone 2', { person_label: 'Bea' }),
    ]
    const asChild = async (more: object) => {
      const { key } = await desk.call(createKey, { body: { name: 'child', permissions: [...permissions], ...more } })
      return apiClientOf(app, { organization_id: desk.organization_id, key })
    }
    const [plain, labelled] = [await asChild({}), await asChild({ person_label: 'Nobody' })]
    const question = await asked((await goal(ours, [careful], { project_id })).id)
    expect(await codeOf(answer(desk, question.id))).toBe(202)
    for (const other of [plain, labelled, phone])
      expect(await codeOf(answer(other, question.id))).toBe('approval_decided')
    expect(await codeOf(phone.send(revokeApproval, { params: { id: question.id as never } }))).toBe(200)
    for (const first of [plain, labelled]) {
      expect(await codeOf(answer(first, question.id))).toBe(202)
      for (const other of [desk, phone]) expect(await codeOf(answer(other, question.id))).toBe('approval_decided')
      expect(await codeOf(first.send(revokeApproval, { params: { id: question.id as never } }))).toBe(200)
    }
    const stated = await goal(phone, [careful], { project_id })
    expect(await codeOf(answer(plain, (await asked(stated.id)).id))).toBe('own_work')
  })
})
