/** How a goal is planned: by a model that takes its time, and by a playbook that is written on the page. */
import { createBudget } from '@muster/contract/budgets/operations'
import { createModel } from '@muster/contract/gateway/model.operations'
import { createProvider } from '@muster/contract/gateway/provider.operations'
import { createGoal, getGoal } from '@muster/contract/planner/goals/goal.operations'
import { listTasks } from '@muster/contract/planner/tasks/task.operations'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type ModelReply, model_prices, scriptedModel } from '../../server/test/agent-runtimes/scripted-model.ts'
import type { ScriptedServer } from '../../server/test/gateway/script.ts'
import { hasNothingToMend } from './axe.ts'
import { leadsTo } from './model-fixtures.ts'
import { browserApp } from './page.ts'
import { goalEnds, project } from './seed.ts'

const show = await browserApp({ MUSTER_SAMPLE: '0', MUSTER_MODEL_ADDRESSES: 'loopback' })
const plan: ModelReply = {
  calls: [
    ['submit_plan', { tasks: [{ key: 'count', capability: 'noop', title: 'Count each bridge', input: { n: 3 } }] }],
  ],
}
/** Thoughts that have begun and wait to be let go on. */
let begun: (() => void)[] = []
let modelServer: ScriptedServer
beforeAll(async () => {
  modelServer = await scriptedModel(() => new Promise((done) => begun.push(() => done(plan))))
  await show.client.call(createProvider, { body: { name: 'scripted', kind: 'openai', base_url: modelServer.origin } })
  const target = leadsTo('scripted', 'thinker', { prices: model_prices, output_tokens_max: 100 })
  await show.client.call(createModel, { body: { name: 'strategist', targets: [target], retries: 0 } })
})
beforeEach(() => {
  begun = []
})
afterAll(() => modelServer[Symbol.asyncDispose]())

async function letThink(count: number): Promise<void> {
  await expect.poll(() => begun.length).toBe(count)
  begun.at(-1)?.()
}

async function tasksOf(goal_id: string): Promise<readonly (string | undefined)[]> {
  return (await show.client.call(listTasks, { query: { goal_id } })).items.map(({ key }) => key).toSorted()
}

const goalIn = (page: Page) => new URL(page.url()).pathname.split('/').at(-1) ?? ''

describe('a plan by a model', () => {
  it('is waited for, can be waited for no longer, and is looked at before it starts', async () => {
    const project_id = await project(show.client)
    const page = await show.visit({ path: `/goals/new?project=${project_id}` })
    await page.getByLabel('Title').fill('Count the bridges')
    await page.getByText('Model', { exact: true }).click()
    await page.getByLabel('Planning model').selectOption('strategist')
    expect(new URL(page.url()).searchParams.get('by')).toBe('model')
    await page.getByRole('button', { name: 'Preview plan' }).click()
    await page.getByText('Planning…').waitFor()
    await expect.poll(() => begun.length).toBe(1)
    await hasNothingToMend(page)
    await page.getByRole('button', { name: 'Cancel' }).click()
    await page.getByText('No preview yet').waitFor()
    // What it would have said does not come after all.
    begun[0]?.()
    await page.getByRole('button', { name: 'Preview plan' }).click()
    await letThink(2)
    await page.getByText('Longest path').waitFor()
    await page.locator('input[value="Count each bridge"]').waitFor()
    await hasNothingToMend(page)
    await page.getByRole('button', { name: 'Start', exact: true }).click()
    await page.getByText('Planning with a model').waitFor()
    await hasNothingToMend(page)
    await letThink(3)
    await goalEnds(show.client, goalIn(page), 'done')
    await page.getByText('Planning with a model').waitFor({ state: 'detached' })
    expect(await tasksOf(goalIn(page))).toEqual(['count'])
  })

  it('says why there is none, and takes one from a person', async () => {
    const project_id = await project(show.client)
    await show.client.call(createBudget, {
      body: { scope: { kind: 'project', id: project_id }, window: 'total', cost_micro_usd: 0 },
    })
    const { id } = await show.client.call(createGoal, {
      body: { project_id, title: 'Too dear', strategy: 'model', model: 'strategist' },
    })
    await goalEnds(show.client, id, 'failed')
    expect((await show.client.call(getGoal, { params: { id } })).reason).toContain('planning failed: budget_exceeded')
    const page = await show.visit({ path: `/goals/${id}` })
    await page.getByText('Planning failed: budget_exceeded').waitFor()
    await hasNothingToMend(page)
    await page.getByRole('button', { name: 'Replan' }).click()
    await page.getByRole('dialog').waitFor()
    expect(begun).toEqual([])
  })
})

describe('a playbook on the page', () => {
  it('begins with an example, has its variables as a form, says what is wrong where, and starts', async () => {
    const project_id = await project(show.client)
    const page = await show.visit({ path: `/goals/new?by=playbook&project=${project_id}` })
    await page.getByLabel('Title').fill('Report on the harbour')
    await page.getByRole('button', { name: 'Use an example' }).click()
    const yaml = page.getByLabel('Playbook (YAML)')
    const good = await yaml.inputValue()
    await page.getByLabel('topic').waitFor()
    expect(await page.getByLabel('sentences').getAttribute('placeholder')).toBe('3')
    await hasNothingToMend(page)

    await page.getByRole('button', { name: 'Preview plan' }).click()
    await page.getByText('The variable topic (string) is required').waitFor()
    await page.getByLabel('topic').fill('the old harbour')
    await yaml.fill(good.replace('tasks:', 'tasks: ['))
    await page.getByText(/^Line \d+:/).waitFor()
    await yaml.fill(good.replace('capability: keywords', 'capability: 7'))
    await page.getByRole('button', { name: 'Preview plan' }).click()
    await page.getByText('playbook.tasks[1].capability').waitFor()
    await hasNothingToMend(page)

    await yaml.fill(good)
    await page.getByRole('button', { name: 'Preview plan' }).click()
    await page.locator('input[value="Collect what is known about the old harbour"]').waitFor()
    // What was written is still there after a reload, in this tab.
    await page.reload()
    await expect.poll(() => yaml.inputValue()).toBe(good)
    expect(await page.getByLabel('topic').inputValue()).toBe('the old harbour')
    await page.getByRole('button', { name: 'Start', exact: true }).click()
    await page.getByRole('heading', { name: 'Report on the harbour', level: 1 }).waitFor()
    await page.getByText('1 approval needed').waitFor()
    expect(await tasksOf(goalIn(page))).toEqual(['collect', 'keywords', 'summary'])
  })
})
