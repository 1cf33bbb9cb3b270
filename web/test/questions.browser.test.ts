/** Questions that a run puts to people while it works: answered by a key, by a press, in other words, and taken back. */
import { createAgent } from '@muster/contract/agents/operations'
import { createModel } from '@muster/contract/gateway/model.operations'
import { createProvider } from '@muster/contract/gateway/provider.operations'
import { listTasks } from '@muster/contract/planner/tasks/task.operations'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type ModelScript, model_prices, scriptedModel } from '../../server/test/agent-runtimes/scripted-model.ts'
import type { ScriptedServer } from '../../server/test/gateway/script.ts'
import { findings } from './axe.ts'
import { leadsTo } from './model-fixtures.ts'
import { browserApp } from './page.ts'
import { answersOf, approval, asking, goal, goalEnds, project } from './seed.ts'

const show = await browserApp({ MUSTER_SAMPLE: '0', MUSTER_MODEL_ADDRESSES: 'loopback' })
const asks: ModelScript = ({ results }) =>
  results.length === 0
    ? {
        calls: [['ask_person', { question: 'Shall the bridge be of steel or of stone?', options: ['Steel', 'Stone'] }]],
      }
    : { calls: [['submit_result', { output: { text: `So be it: ${results[0]}` } }]] }
let modelServer: ScriptedServer
beforeAll(async () => {
  modelServer = await scriptedModel(asks)
  await show.client.call(createProvider, { body: { name: 'scripted', kind: 'openai', base_url: modelServer.origin } })
  const target = leadsTo('scripted', 'thinker', { prices: model_prices, output_tokens_max: 100 })
  await show.client.call(createModel, { body: { name: 'scripted', targets: [target] } })
  await show.client.call(createAgent, {
    body: {
      name: 'Bridge builder',
      runtime: 'model',
      capabilities: ['decide'],
      model: { alias: 'scripted', tools: [], may_ask: true, steps_max: 5, output_tokens_max: 100 },
    },
  })
})
afterAll(() => modelServer[Symbol.asyncDispose]())

/** A goal whose one task asks, with its question open on a page. */
async function asked(more: Parameters<typeof show.visit>[0] = {}) {
  const project_id = await project(show.client)
  const tasks = [{ key: 'bridge', title: 'Choose the material', capability: 'decide' }]
  const goal_id = await goal(show.client, { project_id, tasks })
  const [question] = await asking(show.client, { goal_id, count: 1 })
  const id = question?.id ?? ''
  const page = await show.visit({ path: `/approvals?project=${project_id}&item=${id}`, ...more })
  await page.getByRole('heading', { name: 'Shall the bridge be of steel or of stone?', level: 2 }).waitFor()
  return { page, goal_id, id }
}

const message = (page: Page, text: string) =>
  page
    .getByRole('region', { name: /Notifications/ })
    .getByRole('dialog')
    .filter({ hasText: text })
    .first()

async function outputOf(goal_id: string): Promise<unknown> {
  await goalEnds(show.client, goal_id, 'done')
  return (await show.client.call(listTasks, { query: { goal_id } })).items[0]?.output
}

describe('the question of a run', () => {
  it('is answered by the number of an offered answer, which can be taken back', async () => {
    const { page, goal_id, id } = await asked()
    const offered = page.getByRole('list', { name: 'Suggested answers' }).getByRole('button')
    expect((await offered.allTextContents()).map((text) => text.replace(/^\d/, ''))).toEqual(['Steel', 'Stone'])
    for (const theme of ['light', 'dark']) {
      await page.evaluate(async (name) => {
        document.documentElement.dataset.theme = name
        await Promise.allSettled(document.getAnimations().map(({ finished }) => finished))
      }, theme)
      expect(await findings(page)).toEqual({ wcag: [], practice: [] })
    }
    await page.keyboard.press('1')
    await message(page, 'Answered').waitFor()
    expect(await answersOf(show.client, id)).toMatchObject([{ action: 'answer', comment: 'Steel' }])
    await page.keyboard.press('u')
    await message(page, 'Undone').waitFor()
    expect((await approval(show.client, id)).status).toBe('open')

    await page.goto(`${show.address}/approvals?item=${id}`)
    await offered.nth(1).click()
    await message(page, 'Answered').waitFor()
    expect(await outputOf(goal_id)).toEqual({ text: 'So be it: Stone' })
  })

  it('is answered in other words, from the keyboard alone', async () => {
    const { page, goal_id } = await asked()
    await page.keyboard.press('n')
    const field = page.getByLabel('Other answer')
    await expect.poll(() => field.evaluate((element) => element === document.activeElement)).toBe(true)
    // What is typed is an answer, not a key of the page.
    await page.keyboard.type('1 arch of brick')
    await page.keyboard.press('Control+Enter')
    await message(page, 'Answered').waitFor()
    expect(await outputOf(goal_id)).toEqual({ text: 'So be it: 1 arch of brick' })
  })

  it('is answered by a thumb on a phone', async () => {
    const { page, id } = await asked({ viewport: { width: 390, height: 800 }, hasTouch: true, isMobile: true })
    const steel = page.getByRole('list', { name: 'Suggested answers' }).getByRole('button', { name: 'Steel' })
    expect((await steel.boundingBox())?.height).toBeGreaterThanOrEqual(44)
    await steel.tap()
    await message(page, 'Answered').waitFor()
    expect(await answersOf(show.client, id)).toMatchObject([{ action: 'answer', comment: 'Steel' }])
  })
})
