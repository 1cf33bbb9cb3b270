/** What models do in a project's policy, and how far people and the judge agree. */
import { respondApproval } from '@muster/contract/approvals/operations'
import { createModel } from '@muster/contract/gateway/model.operations'
import { createProvider } from '@muster/contract/gateway/provider.operations'
import { getPolicy } from '@muster/contract/projects/operations'
import { beforeAll, describe, expect, it } from 'vitest'
import { hasNothingToMend } from './axe.ts'
import { leadsTo } from './model-fixtures.ts'
import { browserApp } from './page.ts'
import { goalEnds, project, questions } from './seed.ts'

const show = await browserApp()

beforeAll(async () => {
  const body = { name: 'nobody', kind: 'openai', base_url: 'https://models.invalid/v1' } as const
  await show.client.call(createProvider, { body })
  await show.client.call(createModel, { body: { name: 'critic', targets: [leadsTo('nobody', 'large')] } })
})

describe('the policy of a project', () => {
  it('takes a model that plans, a share for people, and rubrics; and gives them up again', async () => {
    const project_id = await project(show.client)
    const policy = async () => (await show.client.call(getPolicy, { params: { id: project_id } })).policy
    const before = await policy()
    const page = await show.visit({ path: `/settings?tab=policy&project=${project_id}` })
    await page.getByLabel('Model that plans').selectOption('critic')
    await page.getByLabel('Share put to a person').fill('0.05')
    await page.getByRole('button', { name: 'Add a rubric' }).click()
    await page.getByLabel('Name', { exact: true }).fill('tone')
    await page.getByLabel('For capabilities').fill('draft, answer')
    const criteria = page.getByLabel('What good work is')
    await criteria.fill('')
    const save = page.getByRole('button', { name: 'Put in force' })
    expect(await save.getAttribute('aria-description')).toContain('criteria')
    await criteria.fill('It is friendly, and never vague.')
    await hasNothingToMend(page)
    await save.click()
    await page.getByText('policy 2', { exact: true }).waitFor()
    const now = await policy()
    expect(now).toMatchObject({ planner_model: 'critic', sample_share: 0.05 })
    expect(now.checks).toEqual([
      ...before.checks,
      {
        check: 'rubric',
        severity: 'warning',
        weight: 0.5,
        measures: 'quality',
        violation_from: 0.5,
        params: {
          name: 'tone',
          model: 'critic',
          criteria: 'It is friendly, and never vague.',
          capabilities: ['draft', 'answer'],
        },
      },
    ])
    await page.getByRole('button', { name: 'Take away tone' }).click()
    await page.getByLabel('Model that plans').selectOption('')
    await page.getByLabel('Share put to a person').fill('0')
    await save.click()
    await page.getByText('policy 3', { exact: true }).waitFor()
    expect(await policy()).toEqual(before)
  })
})

describe('the agreement of people with the judge', () => {
  it('is told with its number of decisions and its interval, as soon as somebody decides', async () => {
    const project_id = await project(show.client)
    const page = await show.visit({ path: `/settings?tab=judge&project=${project_id}` })
    await page.getByText('Nobody has decided anything yet').waitFor()
    const { asked, goal_id } = await questions(show.client, { project_id, titles: ['First', 'Second'] })
    const answers = [{ action: 'approve' }, { action: 'reject', comment: 'Not this one.' }] as const
    for (const [at, body] of answers.entries())
      await show.client.call(respondApproval, { params: { id: asked[at]?.id ?? '' }, body })
    await goalEnds(show.client, goal_id, 'failed')
    const row = page.getByRole('group', { name: 'Agreement' }).getByRole('row').filter({ hasText: 'noop' })
    // Of two decisions half agree, and Wilson's interval is as wide as that deserves.
    await row.getByText('50 %', { exact: true }).waitFor()
    expect(await row.getByRole('cell').allTextContents()).toEqual(['2', '1', '0', '1', '0', '50 %', '9.5 % to 91 %'])
    await hasNothingToMend(page)
  })
})
