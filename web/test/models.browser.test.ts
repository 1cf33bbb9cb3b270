/** Models and providers: added, tested, changed, put back, and what was called, against a provider that misbehaves on request. */
import { createModel, getModel, listAttempts } from '@muster/contract/gateway/model.operations'
import { createProvider, listProviders } from '@muster/contract/gateway/provider.operations'
import { createKey, listKeys } from '@muster/contract/identity/operations'
import { permissions } from '@muster/contract/permissions'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type MisbehavingProvider, startMisbehavingProvider } from '../../examples/misbehaving-provider/provider.ts'
import { hasNothingToMend } from './axe.ts'
import { leadsTo } from './model-fixtures.ts'
import { browserApp } from './page.ts'

const show = await browserApp({ MUSTER_SAMPLE: '0', MUSTER_MODEL_ADDRESSES: 'loopback' })
let asked: MisbehavingProvider
beforeAll(async () => {
  asked = await startMisbehavingProvider()
})
afterAll(() => asked[Symbol.asyncDispose]())

const card = (page: Page, name: string) => page.getByRole('listitem').filter({ hasText: name })
const provider = (name: string) =>
  show.client.call(createProvider, { body: { name, kind: 'openai', base_url: asked.base_url, api_key: 'sk-kept' } })
const field = (page: Page, name: string) => page.getByRole('dialog').getByLabel(name, { exact: true })

/** Calls a model as a client that streams would, to the end of what it says. */
async function stream(model: string): Promise<void> {
  const answer = await fetch(`${show.address}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${show.key}`, 'content-type': 'application/json' },
    body: JSON.stringify({ model, stream: true, messages: [{ role: 'user', content: 'Good morning' }] }),
  })
  await answer.text()
}

describe('a provider', () => {
  it('is added with a key that no screen shows again, and says what it has when it is tested', async () => {
    const page = await show.visit({ path: '/models' })
    await page.getByText('Add a provider first').waitFor()
    await page.getByRole('tab', { name: 'Providers' }).click()
    await page.getByRole('button', { name: 'Add provider' }).click()
    await field(page, 'Name').fill('rehearsal')
    await field(page, 'Base URL').fill(asked.base_url)
    await field(page, 'API key').fill('sk-never-shown')
    await hasNothingToMend(page)
    await page.getByRole('dialog').getByRole('button', { name: 'Add provider' }).click()
    await card(page, 'rehearsal').getByText('Key saved').waitFor()
    expect(await page.content()).not.toContain('sk-never-shown')

    await page.getByRole('button', { name: 'Test rehearsal' }).click()
    await card(page, 'rehearsal').getByText('Connected', { exact: true }).waitFor()
    await card(page, 'rehearsal').getByText('Show models').click()
    await card(page, 'rehearsal').getByText('usage-cumulative-cut').waitFor()
    await hasNothingToMend(page)
  })

  it('says why it does not work, and that another address wipes the key', async () => {
    const { name } = await provider('quiet')
    const page = await show.visit({ path: '/models?tab=providers' })
    await page.getByRole('button', { name: `Edit ${name}` }).click()
    await field(page, 'Base URL').fill('http://127.0.0.1:1/v1')
    await page.getByText('Changing the URL deletes the saved key').waitFor()
    await page.getByRole('dialog').getByRole('button', { name: 'Save' }).click()
    await card(page, name).getByText('No key').waitFor()
    await page.getByRole('button', { name: `Test ${name}` }).click()
    await card(page, name).getByText('Failed').waitFor()
  })

  it('is removed once its name is typed, and stays while a model leads to it', async () => {
    const { name } = await provider('leaving')
    const { name: model } = await show.client.call(createModel, {
      body: { name: 'holds-it', targets: [leadsTo(name, 'good')] },
    })
    const page = await show.visit({ path: '/models?tab=providers' })
    const remove = async () => {
      await page.getByRole('button', { name: `Remove… ${name}` }).click()
      await page.getByRole('dialog').getByRole('textbox').fill(name)
      await page.getByRole('dialog').getByRole('button', { name: 'Remove provider' }).click()
    }
    await remove()
    await page.getByText(`${name} was not removed`).waitFor()
    await page.goto(`${show.address}/models/${model}`)
    await page.getByRole('button', { name: 'Remove…' }).click()
    await page.getByRole('dialog').getByRole('textbox').fill(model)
    await page.getByRole('dialog').getByRole('button', { name: 'Remove model' }).click()
    await page.getByRole('heading', { name: 'Models', level: 1 }).waitFor()
    await page.getByRole('tab', { name: 'Providers' }).click()
    await remove()
    await card(page, name).waitFor({ state: 'detached' })
    expect((await show.client.call(listProviders, { query: {} })).items.map((one) => one.name)).not.toContain(name)
  })
})

describe('a model', () => {
  it('is made in dollars and kept in micro-dollars; each save is a version that can be put in force again', async () => {
    const { name: from } = await provider('source')
    const page = await show.visit({ path: '/models?tab=providers' })
    await page.getByRole('button', { name: `Test ${from}` }).click()
    await card(page, from).getByText('Connected', { exact: true }).waitFor()
    await page.getByRole('tab', { name: 'Models' }).click()
    await page.getByRole('button', { name: 'New model' }).click()
    await field(page, 'Name').fill('writer')
    await field(page, 'Provider').selectOption(from)
    // What the test of the provider named is offered for its model.
    expect(await page.locator('datalist option[value="good"]').count()).toBe(1)
    await field(page, 'Model ID').fill('good')
    await page.getByRole('button', { name: 'Create model' }).click()
    await page.getByText('Fix the errors above').waitFor()
    expect(await field(page, 'Input').getAttribute('aria-invalid')).toBe('true')
    await hasNothingToMend(page)
    await field(page, 'Input').fill('0.15')
    await field(page, 'Output').fill('0.600001')
    await page.getByRole('button', { name: 'Create model' }).click()
    await page.getByRole('heading', { name: 'writer', level: 1 }).waitFor()
    const made = await show.client.call(getModel, { params: { name: 'writer' } })
    expect(made.targets[0]?.prices).toEqual({ uncached: 150_000, output: 600_001 })

    await page.getByRole('button', { name: 'Edit', exact: true }).click()
    await field(page, 'Output').fill('9')
    await page.getByText('Failover and timeouts').last().click()
    await field(page, 'Fallback models').selectOption('offline')
    await field(page, 'Total').fill('30.5')
    await page.getByRole('button', { name: 'Save as new version' }).click()
    await page.getByText('v2', { exact: true }).first().waitFor()
    const second = await show.client.call(getModel, { params: { name: 'writer' } })
    expect(second).toMatchObject({ fallbacks: ['offline'], timeouts: { total_ms: 30_500 } })

    await page.getByRole('button', { name: 'Compare' }).click()
    await page.getByRole('heading', { name: 'v1 → active' }).waitFor()
    expect(new URL(page.url()).searchParams.get('version')).toBe('1')
    await hasNothingToMend(page)
    await page.getByRole('button', { name: 'Restore' }).click()
    await page.getByText('v3', { exact: true }).first().waitFor()
    const third = await show.client.call(getModel, { params: { name: 'writer' } })
    expect(third).toMatchObject({ fallbacks: [], targets: made.targets, timeouts: made.timeouts })
  })

  it('cannot be changed by who may only read, and says which permission is missing', async () => {
    await show.client.call(createModel, {
      body: { name: 'looked-at', targets: [leadsTo((await provider('shown')).name, 'good')] },
    })
    const { key } = await show.client.call(createKey, {
      body: { name: 'Onlooker', permissions: permissions.filter((name) => name.endsWith(':read')) },
    })
    const page = await show.visit({ key, path: '/models/looked-at' })
    const change = page.getByRole('button', { name: 'Edit', exact: true })
    await change.waitFor()
    expect(await change.getAttribute('aria-description')).toContain('models:write')
    await change.click({ force: true })
    expect(await page.getByRole('dialog').count()).toBe(0)
  })
})

describe('the calls', () => {
  it('tell how each ended and what it cost, and are filtered by the address', async () => {
    const { name: from } = await provider('rehearsed')
    const prices = { uncached: 1_000_000, output: 2_000_000 }
    for (const fault of ['good', 'html', 'usage-absent'])
      await show.client.call(createModel, {
        body: { name: `call-${fault}`, retries: 0, targets: [leadsTo(from, fault, { prices })] },
      })
    for (const model of ['call-good', 'call-usage-absent', 'call-html']) await stream(model)
    const rows = (await show.client.call(listAttempts, { query: { provider: from } })).items
    expect(rows.map(({ outcome }) => outcome).toSorted()).toEqual(['broken', 'ok', 'ok'])

    const page = await show.visit({ path: `/models?tab=calls&provider=${from}` })
    const lines = page.getByRole('grid', { name: 'Calls' }).getByRole('row')
    await expect.poll(() => lines.count()).toBe(4)
    await page.getByLabel('Outcome').selectOption({ label: 'All failures' })
    await expect.poll(() => lines.count()).toBe(2)
    expect(new URL(page.url()).searchParams.get('outcome')).toContain('broken')
    await page.reload()
    await expect.poll(() => lines.count()).toBe(2)
    await lines.nth(1).getByText('Broken').waitFor()

    await page.getByLabel('Outcome').selectOption({ label: 'Any outcome' })
    await page.getByLabel('Model', { exact: true }).selectOption('call-usage-absent')
    await expect.poll(() => lines.count()).toBe(2)
    await lines.nth(1).focus()
    await page.keyboard.press('Enter')
    const panel = page.getByRole('dialog', { name: 'Model call' })
    await panel.getByText('The provider did not report usage. The reserved amount was charged.').waitFor()
    await hasNothingToMend(page)
    await page.keyboard.press('Escape')
    await panel.waitFor({ state: 'detached' })
  })
})

describe('a key for a program', () => {
  it('calls models and nothing else, as often as was said', async () => {
    const page = await show.visit({ path: '/settings?tab=keys' })
    await page.getByRole('button', { name: 'New API key' }).click()
    await field(page, 'Name').fill('my program')
    await field(page, 'Type').selectOption({ label: 'Model calls only' })
    await field(page, 'Model calls per minute').fill('60')
    await field(page, 'Tokens per minute').fill('100000')
    await page.getByRole('button', { name: 'Create key' }).click()
    const key = (await page.locator('[role=dialog] code').textContent()) ?? ''
    await page.keyboard.press('Escape')
    const row = page.getByRole('listitem').filter({ hasText: 'my program' })
    await row.getByText('60 calls/min, 100,000 tokens/min, 1 permission').waitFor()
    await hasNothingToMend(page)
    const ask = (path: string) => fetch(`${show.address}${path}`, { headers: { authorization: `Bearer ${key}` } })
    expect([(await ask('/v1/models')).status, (await ask('/api/v1/goals')).status]).toEqual([200, 403])
  })
})

describe('a key of a person', () => {
  it('names the person in its line and over the API, and needs none', async () => {
    const page = await show.visit({ path: '/settings?tab=keys' })
    const add = async (name: string, person: string) => {
      await page.getByRole('button', { name: 'New API key' }).click()
      await field(page, 'Name').fill(name)
      await field(page, 'Person').fill(person)
      await page.getByRole('dialog').getByText('Keys with the same person count as one in approvals').waitFor()
      await page.getByRole('button', { name: 'Create key' }).click()
      await page.getByRole('dialog', { name: 'API key created' }).waitFor()
      await page.keyboard.press('Escape')
      await page.getByRole('dialog').waitFor({ state: 'detached' })
      return card(page, name).textContent()
    }
    expect(await add('laptop of Ines', ' Ines ')).toContain('Person: Ines, ')
    expect(await add('shared laptop', ' ')).not.toContain('Person:')
    await hasNothingToMend(page)
    const { items } = await show.client.call(listKeys, {})
    const labelOf = (name: string) => items.find((key) => key.name === name)?.person_label
    expect([labelOf('laptop of Ines'), labelOf('shared laptop')]).toEqual(['Ines', undefined])
  })
})
