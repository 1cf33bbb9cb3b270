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
    await page.getByLabel('Planning model').selectOption('critic')
    await page.getByLabel('Spot-check rate').fill('0.05')
    await page.getByRole('button', { name: 'Add rubric' }).click()
    await page.getByLabel('Name', { exact: true }).fill('tone')
    await page.getByLabel('Capabilities').fill('draft, answer')
    const criteria = page.getByLabel('Criteria')
    await criteria.fill('')
    const save = page.getByRole('button', { name: 'Publish' })
    expect(await save.getAttribute('aria-description')).toContain('criteria')
    await criteria.fill('It is friendly, and never vague.')
    await hasNothingToMend(page)
    await save.click()
    await page.getByText('v2', { exact: true }).first().waitFor()
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
    await page.getByRole('button', { name: 'Remove tone' }).click()
    await page.getByLabel('Planning model').selectOption('')
    await page.getByLabel('Spot-check rate').fill('0')
    await save.click()
    await page.getByText('v3', { exact: true }).first().waitFor()
    expect(await policy()).toEqual(before)
  })
})

describe('the agreement of people with the judge', () => {
  it('is told with its number of decisions and its interval, as soon as somebody decides', async () => {
    const project_id = await project(show.client)
    const page = await show.visit({ path: `/settings?tab=judge&project=${project_id}` })
    await page.getByText('No decisions yet').waitFor()
    const { asked, goal_id } = await questions(show.client, { project_id, titles: ['First', 'Second'] })
    const answers = [{ action: 'approve' }, { action: 'reject', comment: 'Not this one.' }] as const
    for (const [at, body] of answers.entries())
      await show.client.call(respondApproval, { params: { id: asked[at]?.id ?? '' }, body })
    await goalEnds(show.client, goal_id, 'failed')
    const row = page.getByRole('group', { name: 'Agreement' }).getByRole('row').filter({ hasText: 'noop' })
    // Of two decisions half agree, and Wilson's interval is as wide as that deserves.
    await row.getByText('50%', { exact: true }).waitFor()
    expect(await row.getByRole('cell').allTextContents()).toEqual(['2', '1', '0', '1', '0', '50%', '9.5%–91%'])
    await hasNothingToMend(page)
  })
})
