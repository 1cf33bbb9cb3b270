/** Agents and their personas: made, changed, given another persona, and given the old one back. */
import { createAgent, getAgent, getPersona, listPersonaTemplates } from '@muster/contract/agents/operations'
import { createModel } from '@muster/contract/gateway/model.operations'
import { createProvider } from '@muster/contract/gateway/provider.operations'
import type { Page } from 'playwright-core'
import { beforeAll, describe, expect, it } from 'vitest'
import { hasNothingToMend } from './axe.ts'
import { leadsTo } from './model-fixtures.ts'
import { browserApp } from './page.ts'

const show = await browserApp()

beforeAll(async () => {
  const body = { name: 'nobody', kind: 'openai', base_url: 'https://models.invalid/v1' } as const
  await show.client.call(createProvider, { body })
  await show.client.call(createModel, { body: { name: 'writer', targets: [leadsTo('nobody', 'large')] } })
})

/** The window over the page; messages in its corner are dialogs by their role too. */
const window = (page: Page) => page.locator('[role=dialog]:not([aria-modal=false])')
const field = (page: Page, name: string) => window(page).getByLabel(name, { exact: true })
const heading = (page: Page, name: string) => page.getByRole('heading', { name, level: 1 })
const soul = (name: string, story: string) =>
  `---\nname: ${name}\nvoice_traits: [dry]\ndirectives:\n  - Answer in one page.\n---\n${story}\n`

async function making(runtime: string): Promise<Page> {
  const page = await show.visit({ path: '/agents' })
  await page.getByRole('button', { name: 'New agent' }).click()
  await window(page).getByText(runtime, { exact: true }).click()
  return page
}

describe('making an agent', () => {
  it('of a model: with tools, ceilings in dollars, and a ready-made persona', async () => {
    const page = await making('Model')
    await window(page).getByRole('button', { name: 'Create agent' }).click()
    await window(page).getByText('Fix the errors above').waitFor()
    expect(await field(page, 'Model to use').getAttribute('aria-invalid')).toBe('true')
    await hasNothingToMend(page)
    await field(page, 'Name').fill('Letter writer')
    await field(page, 'Capabilities').fill('draft, answer')
    await field(page, 'Model to use').selectOption('writer')
    await field(page, 'Cost limit per run (USD)').fill('0.25')
    await field(page, 'Max steps').fill('6')
    await window(page).getByLabel('keywords', { exact: true }).check()
    await window(page).getByText('Template').click()
    await window(page).getByRole('radio', { name: /coder/ }).check()
    await hasNothingToMend(page)
    await window(page).getByRole('button', { name: 'Create agent' }).click()
    await heading(page, 'Letter writer').waitFor()
    const made = await show.client.call(getAgent, { params: { id: 'Letter writer' } })
    expect(made).toMatchObject({
      runtime: 'model',
      capabilities: ['draft', 'answer'],
      model: { alias: 'writer', tools: ['keywords'], steps_max: 6, cost_micro_usd_max: 250_000, may_ask: true },
    })
    const { items } = await show.client.call(listPersonaTemplates)
    const coder = items.find(({ name }) => name === 'coder')
    expect(made.persona).toEqual({ version: 1, name: coder?.title })
    await page.getByText(coder?.directives[0] ?? 'no such directive').waitFor()
  })

  it('of a command line: what it costs where nobody counts is said before', async () => {
    const page = await making('Command line')
    await field(page, 'Name').fill('Builder')
    await field(page, 'Capabilities').fill('build')
    await field(page, 'Adapter').fill('codex')
    await field(page, 'Repository').fill('/srv/code')
    await window(page).getByLabel('Meter model calls through Muster').uncheck()
    await window(page).getByText('each run costs its full reservation').waitFor()
    await hasNothingToMend(page)
    await window(page).getByRole('button', { name: 'Create agent' }).click()
    await heading(page, 'Builder').waitFor()
    expect(await show.client.call(getAgent, { params: { id: 'Builder' } })).toMatchObject({
      runtime: 'cli',
      command_line: { adapter: 'codex', repository: '/srv/code', metered: false },
    })
    await page.getByText('Off (each run costs its full reservation)').waitFor()
  })

  it('says what the server refuses, and keeps what was typed', async () => {
    const page = await making('Built-in')
    await field(page, 'Name').fill('Wizard')
    await field(page, 'Capabilities').fill('fly')
    await window(page).getByRole('button', { name: 'Create agent' }).click()
    await window(page).getByText('No such built-in capability: fly.').waitFor()
    expect(await field(page, 'Name').inputValue()).toBe('Wizard')
    // A press beside the window does not throw away what was typed into it.
    await page.mouse.click(5, 5)
    expect(await field(page, 'Name').inputValue()).toBe('Wizard')
  })
})

describe('an agent', () => {
  it('is changed, with the settings of its runtime', async () => {
    const { id } = await show.client.call(createAgent, {
      body: {
        name: 'Reader',
        runtime: 'model',
        capabilities: ['read'],
        model: { alias: 'writer', tools: [], may_ask: true, steps_max: 20, output_tokens_max: 4_096 },
      },
    })
    const page = await show.visit({ path: `/agents/${id}` })
    await page.getByRole('button', { name: 'Edit', exact: true }).click()
    await window(page).getByLabel('Can ask people').uncheck()
    await field(page, 'Capabilities').fill('read, compare')
    await window(page).getByRole('button', { name: 'Save' }).click()
    await window(page).waitFor({ state: 'detached' })
    await page.getByText('No', { exact: true }).first().waitFor()
    expect(await show.client.call(getAgent, { params: { id } })).toMatchObject({
      capabilities: ['read', 'compare'],
      model: { alias: 'writer', may_ask: false },
    })
  })

  it('gets a persona, another one, and the first one back; two of them are compared word by word', async () => {
    const { id } = await show.client.call(createAgent, {
      body: { name: 'Registrar', runtime: 'remote', capabilities: ['file'] },
    })
    const persona = () => show.client.call(getPersona, { params: { id } })
    const page = await show.visit({ path: `/agents/${id}` })
    await page.getByText('No persona').waitFor()
    await page.getByRole('button', { name: 'Add persona' }).click()
    await field(page, 'SOUL.md').fill('no front matter')
    await window(page).getByRole('button', { name: 'Publish v1' }).click()
    await window(page).getByRole('alert').waitFor()
    await field(page, 'SOUL.md').fill(soul('Mara', 'Mara has kept the registry for years.'))
    await window(page).getByRole('button', { name: 'Publish v1' }).click()
    await page.getByText('Mara has kept the registry for years.').waitFor()

    await page.getByRole('button', { name: 'Edit persona' }).click()
    await hasNothingToMend(page)
    const next = window(page).getByRole('button', { name: 'Publish v2' })
    expect(await next.getAttribute('aria-disabled')).toBe('true')
    await field(page, 'SOUL.md').fill(soul('Mara', 'Mara has kept the archive for years.'))
    await next.click()
    await page.getByText('Mara has kept the archive for years.').waitFor()
    await expect.poll(async () => (await persona()).version).toBe(2)

    await page.getByRole('button', { name: 'Compare v1' }).click()
    const difference = page.getByRole('group', { name: 'Compare v1 with v2' })
    await difference.waitFor()
    expect(await difference.locator('del').textContent()).toBe('registry')
    expect(await difference.locator('ins').textContent()).toBe('archive')
    expect(new URL(page.url()).searchParams.get('persona')).toBe('1')
    await hasNothingToMend(page)
    await page.getByRole('button', { name: 'Roll back to v1' }).click()
    await page.getByRole('paragraph').filter({ hasText: 'Mara has kept the registry for years.' }).waitFor()
    expect(await persona()).toMatchObject({ version: 3, name: 'Mara' })
  })
})
