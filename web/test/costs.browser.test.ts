/** Costs: what was spent and on what, limits that warn and close, and whether the books add up. */
import { createBudget, listBudgets } from '@muster/contract/budgets/operations'
import { createKey } from '@muster/contract/identity/operations'
import { listProjects } from '@muster/contract/projects/operations'
import type { Page } from 'playwright-core'
import { describe, expect, it } from 'vitest'
import { hasNothingToMend } from './axe.ts'
import { browserApp } from './page.ts'
import { createRemoteAgent, type RemoteAgent } from './remote-agent.ts'
import { goal, goalEnds, project } from './seed.ts'

const show = await browserApp()
const window = (page: Page) => page.locator('[role=dialog]:not([aria-modal=false])')

/** A goal of one task that cost so many micro-dollars. */
async function spend(
  remoteAgent: RemoteAgent,
  { capability, project_id, cost }: { capability: string; project_id: string; cost: number },
) {
  const goal_id = await goal(show.client, { project_id, tasks: [{ key: 'work', capability }] })
  const [run] = await remoteAgent.claim(1)
  if (run === undefined) throw new Error('nothing was to be claimed')
  await remoteAgent.complete(run, { text: 'Done.' }, { usage: { cost_micro_usd: cost, tokens: 1_000 } })
  await goalEnds(show.client, goal_id, 'done')
}

describe('what was spent', () => {
  it('is said to be nothing where it is, then told by day, agent and project, and filtered by the address', async () => {
    const page = await show.visit({ path: '/costs' })
    await page.getByText('No costs in this period').waitFor()
    const [letters, grants] = [
      await project(show.client, { name: 'Letters' }),
      await project(show.client, { name: 'Grants' }),
    ]
    const writer = await createRemoteAgent(show.client, { name: 'Writer', capabilities: ['write'] })
    const clerk = await createRemoteAgent(show.client, { name: 'Clerk', capabilities: ['file'] })
    await spend(writer, { capability: 'write', project_id: letters, cost: 3_000_000 })
    await spend(clerk, { capability: 'file', project_id: grants, cost: 1_000_000 })

    // The live feed brings it: nobody reloads the page.
    const row = (table: string, name: string) =>
      page.getByRole('group', { name: table }).getByRole('row').filter({ hasText: name })
    await row('By agent', 'Writer').getByText('75%').waitFor()
    await row('By agent', 'Clerk').getByText('$1.00').waitFor()
    await row('By project', 'Letters').getByText('$3.00').waitFor()
    const today = new Date().toISOString().slice(0, 10)
    await row('Days', today).getByText('$4.00').waitFor()
    await page.getByRole('img', { name: /peak day \$4\.00/ }).waitFor()
    await hasNothingToMend(page)

    await page.getByLabel('Agent', { exact: true }).selectOption({ label: 'Clerk' })
    await row('Days', today).getByText('$1.00').waitFor()
    await page.getByText('7 days').click()
    await expect.poll(() => new URL(page.url()).search).toContain('days=7')
    await page.reload()
    await row('Days', today).getByText('$1.00').waitFor()
    expect(await row('By agent', 'Writer').count()).toBe(0)
  })
})

describe('a limit', () => {
  const card = (page: Page, name: string) =>
    page.getByRole('list', { name: 'Budgets' }).getByRole('listitem').filter({ hasText: name })

  it('is set and changed in dollars, warns in words from 90 %, and says that it is closed', async () => {
    const project_id = await project(show.client, { name: 'Thrifty' })
    const painter = await createRemoteAgent(show.client, { name: 'Painter', capabilities: ['paint'] })
    // Where budgets stood before.
    const page = await show.visit({ path: '/settings?tab=budgets' })
    await page.getByRole('tab', { name: 'Budgets', selected: true }).waitFor()
    expect(new URL(page.url()).pathname).toBe('/costs')
    await page.getByRole('button', { name: 'New budget' }).click()
    await window(page).getByLabel('Scope').selectOption('project')
    await window(page).getByRole('combobox', { name: 'Project' }).selectOption({ label: 'Thrifty' })
    await window(page).getByLabel('Period').selectOption('total')
    await window(page).getByLabel('Cost limit (USD)').fill('1.5o')
    await window(page).getByRole('button', { name: 'Create budget' }).click()
    await window(page).getByText('Enter an amount such as 2.50').waitFor()
    await window(page).getByLabel('Cost limit (USD)').fill('1.000001')
    await window(page).getByRole('button', { name: 'Create budget' }).click()
    await card(page, 'Thrifty').getByText('of $1.00').waitFor()
    const limits = async () =>
      (await show.client.call(listBudgets, { query: { scope_kind: 'project', scope_id: project_id } })).items
    expect(await limits()).toMatchObject([{ window: 'total', cost_micro_usd: 1_000_001 }])

    await spend(painter, { capability: 'paint', project_id, cost: 950_000 })
    await card(page, 'Thrifty').getByText('Over 90% used').waitFor()
    await card(page, 'Thrifty').getByText('95%').waitFor()
    await hasNothingToMend(page)

    await page.getByRole('button', { name: 'Edit budget of Thrifty' }).click()
    expect(await window(page).getByLabel('Cost limit (USD)').inputValue()).toBe('1.000001')
    await window(page).getByLabel('Cost limit (USD)').fill('0.95')
    await hasNothingToMend(page)
    await window(page).getByRole('button', { name: 'Save' }).click()
    await card(page, 'Thrifty').getByText('Limit reached').waitFor()
    expect(await limits()).toMatchObject([{ cost_micro_usd: 950_000, used: { cost_micro_usd: 950_000 } }])

    await page.getByRole('button', { name: 'Remove… budget of Thrifty' }).click()
    await window(page).getByRole('textbox').fill('REMOVE')
    await window(page).getByRole('button', { name: 'Remove', exact: true }).click()
    await card(page, 'Thrifty').waitFor({ state: 'detached' })
    expect(await limits()).toEqual([])
  })

  it('of a day begins at midnight of the project, whose time zone is edited in the settings', async () => {
    const project_id = await project(show.client, { name: 'Far east' })
    await show.client.call(createBudget, {
      body: { scope: { kind: 'project', id: project_id }, window: 'day', cost_micro_usd: 9_000_000 },
    })
    const page = await show.visit({ path: '/settings?tab=projects' })
    const line = page.getByRole('list', { name: 'Projects' }).getByRole('listitem').filter({ hasText: 'Far east' })
    await line.getByText('UTC').waitFor()
    await line.getByRole('button', { name: 'Edit' }).click()
    await hasNothingToMend(page)
    await window(page).getByLabel('Time zone').fill('Asia/Nowhere')
    await window(page).getByRole('button', { name: 'Save' }).click()
    await window(page).getByRole('alert').waitFor()
    await window(page).getByLabel('Time zone').fill('Asia/Kolkata')
    await window(page).getByLabel('Description').fill('Hours and a half ahead.')
    await window(page).getByRole('button', { name: 'Save' }).click()
    await line.getByText(/Asia\/Kolkata.*Hours and a half ahead/).waitFor()
    await page.goto(`${show.address}/costs?tab=budgets`)
    await card(page, 'Far east').getByText('daily (Asia/Kolkata)').waitFor()
    show.guard.forgive(/422/)
  })

  it('is not for everybody to change, nor costs for everybody to see', async () => {
    await show.client.call(createBudget, {
      body: { scope: { kind: 'organization' }, window: 'day', cost_micro_usd: 9_000_000 },
    })
    expect((await show.client.call(listProjects, { query: {} })).items.length).toBeGreaterThan(0)
    const reader = await show.client.call(createKey, {
      body: { name: 'Reader', permissions: ['budgets:read', 'projects:read', 'agents:read', 'journal:read'] },
    })
    const page = await show.visit({ key: reader.key, path: '/costs?tab=budgets' })
    const set = page.getByRole('button', { name: 'New budget' })
    await set.waitFor()
    expect(await set.getAttribute('aria-description')).toContain('budgets:write')
    const stranger = await show.client.call(createKey, {
      body: { name: 'Stranger', permissions: ['projects:read', 'journal:read'] },
    })
    const denied = await show.visit({ key: stranger.key, path: '/costs' })
    await denied.getByText('No access').first().waitFor()
    await denied.getByText('budgets:read').first().waitFor()
  })
})

describe('the accounts', () => {
  it('say that every call is accounted for', async () => {
    await fetch(`${show.address}/v1/chat/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${show.key}`, 'content-type': 'application/json' },
      body: JSON.stringify({ model: 'offline', messages: [{ role: 'user', content: 'Good morning. It rains.' }] }),
    })
    const page = await show.visit({ path: '/costs?tab=accounts' })
    await page.getByText('All calls match their charges').waitFor()
    const ended = page.getByRole('row').filter({ hasText: 'Completed calls' }).getByRole('cell')
    expect(Number(await ended.first().textContent())).toBeGreaterThan(0)
    await hasNothingToMend(page)
  })
})
