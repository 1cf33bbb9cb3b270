import { respondApproval } from '@muster/contract/approvals/operations'
import { verifyBudgets } from '@muster/contract/gateway/model.operations'
import { getAgreement, listTaskVerdicts } from '@muster/contract/judge/operations'
import { defaultChecks } from '@muster/contract/projects/checks'
import { putPolicy, stopProject } from '@muster/contract/projects/operations'
import { describe, expect, it } from 'vitest'
import { goal, question, task } from '../engine/steps.ts'
import { testProgram } from '../program.ts'
import { type ModelScript, modelOf } from './scripted-model.ts'

const { ours, work, tick, database } = await testProgram()
const { think, thoughts } = await modelOf(ours)

const rubric = (more: object = {}) => ({
  check: 'rubric',
  severity: 'warning',
  weight: 1,
  measures: 'quality',
  violation_from: 0.3,
  params: { name: 'clarity', model: 'scripted', criteria: 'It is clear.', ...more },
})
const score =
  (value: number, reasoning = 'As it is.'): ModelScript =>
  () => ({ calls: [['submit_score', { score: value, reasoning }]] })

async function judged(given: { rubrics?: readonly object[]; policy?: object; task?: object } = {}) {
  thoughts.length = 0
  const { rubrics = [rubric()], policy = {} } = given
  const project = await ours.project()
  await ours.call(putPolicy, {
    params: { id: project.id },
    body: { checks: [defaultChecks.secrets, ...rubrics], ...policy } as never,
  })
  const stated = await goal(ours, [task('t', { input: { text: 'Clear words.' }, ...given.task })], {
    project_id: project.id,
  })
  await work()
  return { project, stated, view: () => stated.task('t') }
}
const verdictOf = async (id: string) => (await ours.call(listTaskVerdicts, { params: { id: id as never } })).items[0]

describe('a rubric', () => {
  it('is scored by a model before the judge decides, beside the rules', async () => {
    think(score(0.97, 'Every word is clear.'))
    const { stated, view } = await judged()
    expect(await view()).toMatchObject({ status: 'in_review' })
    await tick()
    const done = await view()
    expect(done.status).toBe('done')
    const verdict = await verdictOf(done.id)
    expect(verdict).toMatchObject({ quality: 0.97, confidence: 0.97, route: { to: 'commit', row: 6 } })
    expect(verdict?.checks.find(({ check }) => check === 'rubric')).toMatchObject({
      failed: 3,
      of: 100,
      message: 'clarity: Every word is clear.',
    })
    expect(thoughts[0]?.task).toContain('It is clear.')
    expect(thoughts[0]?.task).toContain('Clear words.')
    // Whoever asked for the goal pays for its judging too.
    expect(
      await database.sql('select cost_micro_usd from budgets_charges where goal_id = $1', [stated.id]),
    ).toHaveLength(1)
    expect((await ours.call(verifyBudgets)).valid).toBe(true)
  })

  it('sends work back with what is wrong, and never outweighs a rule', async () => {
    think(score(0.2, 'Nobody understands it.'))
    const { view } = await judged({ task: { capability: 'sleep', input: { ms: 0 } } })
    await tick()
    const back = await view()
    expect(back).toMatchObject({ status: expect.stringMatching(/ready|awaiting_approval/) })
    think(score(1))
    const leaky = await judged({ task: { input: { key: `AKIA${'IOSFODNN7QZAMPLE'}` } } })
    await tick()
    expect((await verdictOf((await leaky.view()).id))?.route.row).toBeLessThan(3)
  })

  it('that nobody can score puts the result to a person', async () => {
    think(() => ({ text: 'I would rather not.' }))
    const { stated, view } = await judged()
    for (let round = 0; round < 3; round++) {
      await tick()
      await database.clock.advance(120_000)
    }
    await tick()
    expect(await view()).toMatchObject({ status: 'awaiting_approval', reason: 'unscored' })
    await ours.call(respondApproval, {
      params: { id: (await question(ours, stated.id)).id },
      body: { action: 'approve' },
    })
    expect((await view()).status).toBe('done')
  })

  it('is for the capabilities it names, and is not asked of others', async () => {
    think(score(0))
    const { view } = await judged({ rubrics: [rubric({ capabilities: ['compose'] })] })
    expect((await view()).status).toBe('done')
    expect(thoughts).toEqual([])
  })

  it('is scored once, whoever comes twice, and not at all under an emergency stop', async () => {
    think(score(0.97))
    const { project, view } = await judged()
    await ours.call(stopProject, { params: { id: project.id }, body: { reason: 'a drill' } })
    await tick()
    expect(thoughts).toEqual([])
    expect((await view()).status).toBe('in_review')
    const twice = await judged()
    await Promise.all([tick(), tick()])
    expect((await twice.view()).status).toBe('done')
    expect(thoughts).toHaveLength(1)
  })
})

describe('agreement', () => {
  it('says how often people decided as the judge did, and how sure that is', async () => {
    think(score(0.8, 'Fair.'))
    const asked = await judged({ task: { approval: 'after', capability: 'sleep', input: { ms: 0 } } })
    await tick()
    const params = { id: (await question(ours, asked.stated.id)).id }
    await ours.call(respondApproval, { params, body: { action: 'approve' } })
    const refused = await judged({ task: { approval: 'after', capability: 'sleep', input: { ms: 0 } } })
    await tick()
    const other = { id: (await question(ours, refused.stated.id)).id }
    await ours.call(respondApproval, { params: other, body: { action: 'reject', comment: 'No.' } })
    const { items } = await ours.call(getAgreement, { query: {} as never })
    const sleep = items.find(({ capability }) => capability === 'sleep')
    expect(sleep).toMatchObject({ decisions: 2, approved: 1, rejected: 1, agreed: 1, share: 0.5 })
    expect(sleep?.share_low).toBeCloseTo(0.0945, 3)
    expect(sleep?.rubrics).toEqual([
      { rubric: 'clarity', model: 'scripted', decisions: 2, mean_when_approved: 0.8, mean_when_not: 0.8 },
    ])
    const project_id = (await ours.project()).id
    expect((await ours.call(getAgreement, { query: { project_id } as never })).items).toEqual([])
  })
})

describe('a share of what would commit by itself', () => {
  it('is put to people where policy says so', async () => {
    const { stated, view } = await judged({ rubrics: [], policy: { sample_share: 1 } })
    expect(await view()).toMatchObject({ status: 'awaiting_approval', reason: 'sample' })
    expect((await question(ours, stated.id)).rule).toBe('sample')
  })
})
