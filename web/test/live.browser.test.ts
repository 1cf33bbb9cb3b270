/** What moves while somebody looks: a goal from its first file to its end, a lost connection, an emergency stop. */
import { createAgent } from '@muster/contract/agents/operations'
import { getFleetStatus } from '@muster/contract/dashboard/operations'
import { createModel } from '@muster/contract/gateway/model.operations'
import { createProvider } from '@muster/contract/gateway/provider.operations'
import { getGoal, listGoals, listGoalTasks } from '@muster/contract/planner/goals/goal.operations'
import { listTaskRuns } from '@muster/contract/worker/operations'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Line, openLine } from './line.ts'
import { leadsTo } from './model-fixtures.ts'
import { browserApp, signIn } from './page.ts'
import { createRemoteAgent } from './remote-agent.ts'
import { asking, goal, goalEnds, project, questions } from './seed.ts'

const show = await browserApp()

describe('a goal', () => {
  it('is stated with files on the page, previewed, started, and followed to its end', async () => {
    const project_id = await project(show.client, { name: 'Briefings' })
    const page = await show.visit({ path: `/goals/new?project=${project_id}` })
    await page.getByLabel('Title').fill('Brief me on these')
    await page.locator('input[type=file]:not([webkitdirectory])').setInputFiles([
      {
        name: 'minutes.md',
        mimeType: 'text/markdown',
        buffer: Buffer.from('# Minutes\n\nThe council met on Monday. The bridge is closed in May.'),
      },
      {
        name: 'weather.txt',
        mimeType: 'text/plain',
        buffer: Buffer.from('It rained for nine days. The river rose by a metre.'),
      },
    ])
    await page.getByText('2 files uploaded').waitFor()
    await page.getByRole('button', { name: 'Preview plan' }).click()
    await page
      .getByText(/tasks?/)
      .first()
      .waitFor()
    await page.getByRole('button', { name: 'Start', exact: true }).click()
    await page.waitForURL(/\/goals\/[0-9a-f-]{36}/)
    const [found] = (await show.client.call(listGoals, { query: { project_id } })).items
    expect(found?.title).toBe('Brief me on these')
    expect((await show.client.call(getGoal, { params: { id: found?.id ?? '' } })).artifact_ids).toHaveLength(2)
    await page.getByRole('heading', { name: 'Brief me on these', level: 1 }).waitFor()
    await goalEnds(show.client, found?.id ?? '', 'done')
    await page.getByRole('main').getByText('Done', { exact: true }).first().waitFor()
  })

  it('shows its graph move without a reload: ready, running, waiting for a person, done', async () => {
    const project_id = await project(show.client)
    const remoteAgent = await createRemoteAgent(show.client, { name: 'Mover', capabilities: ['move'] })
    const id = await goal(show.client, {
      project_id,
      title: 'A moving goal',
      tasks: [
        { key: 'first', title: 'First step', capability: 'move' },
        { key: 'second', title: 'Second step', capability: 'move', depends_on: ['first'], approval: 'after' },
      ],
    })
    const page = await show.visit({ path: `/goals/${id}?project=${project_id}` })
    await page.evaluate(() => Object.assign(window, { same_page: true }))
    const node = (title: string, state: RegExp) =>
      page.getByRole('button', { name: new RegExp(`${state.source}.*${title}|${title}.*${state.source}`, 'i') })
    await node('First step', /ready/).waitFor()
    await node('Second step', /pending/).waitFor()
    const [first] = await remoteAgent.claim(1)
    if (first === undefined) throw new Error('nothing to claim')
    await node('First step', /running/).waitFor()
    await remoteAgent.complete(first, { text: 'One.' })
    await node('First step', /done/).waitFor()
    await node('Second step', /ready/).waitFor()
    const [second] = await remoteAgent.claim(1)
    if (second === undefined) throw new Error('nothing to claim')
    await remoteAgent.complete(second, { text: 'Two.' })
    await node('Second step', /awaiting approval/).waitFor()
    await asking(show.client, { goal_id: id, count: 1 })
    expect(await page.evaluate(() => 'same_page' in window)).toBe(true)
  })

  it('is the same as a table, for the keyboard', async () => {
    const project_id = await project(show.client)
    const { goal_id } = await questions(show.client, { project_id, titles: ['Alpha', 'Beta'] })
    const page = await show.visit({ path: `/goals/${goal_id}?view=table` })
    const rows = page.getByRole('grid').getByRole('row')
    await rows.filter({ hasText: 'Beta' }).waitFor()
    await rows.filter({ hasText: 'Alpha' }).focus()
    await page.keyboard.press('Enter')
    const panel = page.getByRole('dialog')
    await panel.getByText('Alpha').first().waitFor()
    await page.keyboard.press('Escape')
    await panel.waitFor({ state: 'detached' })
  })
})

describe('a lost connection', () => {
  let line: Line
  beforeAll(async () => {
    line = await openLine(show.address)
  })
  afterAll(() => line.close())

  it('is said, and what happened meanwhile is caught up without a reload', async () => {
    const project_id = await project(show.client)
    const page = await show.visit({ origin: line.origin, path: `/approvals?project=${project_id}` })
    await page.getByText('No approvals').waitFor()
    await page.evaluate(() => Object.assign(window, { same_page: true }))
    line.cut()
    await page.locator('[data-live="reconnecting"]').waitFor({ state: 'attached' })
    await page.getByText(/Offline \d+/).waitFor()
    await questions(show.client, { project_id, titles: ['While you were away'] })
    await page.getByText('No approvals').waitFor()
    line.mend()
    await page.locator('[data-live="live"]').waitFor({ state: 'attached' })
    await page.getByText('While you were away').first().waitFor()
    expect(await page.evaluate(() => 'same_page' in window)).toBe(true)
  })

  it('is noticed where the browser itself goes offline, and mended when it comes back', async () => {
    const project_id = await project(show.client)
    const page = await show.visit({ path: `/goals?project=${project_id}` })
    await page.getByText('No goals yet').waitFor()
    await page.context().setOffline(true)
    await page.locator('[data-live="reconnecting"]').waitFor({ state: 'attached' })
    await goal(show.client, { project_id, title: 'Created elsewhere', tasks: [{ key: 'a', capability: 'noop' }] })
    await page.context().setOffline(false)
    await page.locator('[data-live="live"]').waitFor({ state: 'attached' })
    await page.getByText('Created elsewhere').waitFor()
  })

  it('keeps an answer that was given during it from being lost in silence', async () => {
    const project_id = await project(show.client)
    await questions(show.client, { project_id, titles: ['In the dark'] })
    const page = await show.visit({ key: null, origin: line.origin, path: `/approvals?project=${project_id}` })
    await signIn(page, show.key)
    await page.getByText('The text of In the dark.').waitFor()
    line.cut()
    await page.locator('[data-live="reconnecting"]').waitFor({ state: 'attached' })
    await page.keyboard.press('a')
    await page
      .getByText(/unreachable|not reachable|no answer|cannot reach/i)
      .first()
      .waitFor({ timeout: 40_000 })
    line.mend()
    await page.locator('[data-live="live"]').waitFor({ state: 'attached' })
    await page.getByText('The text of In the dark.').waitFor()
  })
})

describe('the emergency stop', () => {
  it('takes two steps, stands above every page, and is lifted there', async () => {
    const project_id = await project(show.client)
    const page = await show.visit({ path: `/?project=${project_id}` })
    const other = await show.visit({ path: '/journal' })
    await page.keyboard.press('Control+k')
    await page.getByPlaceholder('Search or run a command').fill('emergency')
    await page.keyboard.press('Enter')
    const window = page.getByRole('dialog', { name: 'Emergency stop' })
    await window.waitFor()
    const act = window.getByRole('button', { name: 'Stop' })
    expect(await act.getAttribute('aria-disabled')).toBe('true')
    await window.getByLabel('Reason').fill('The glossary is wrong')
    await window.getByLabel(/^Type STOP/).fill('STOPP')
    await page.keyboard.press('Enter')
    const stops = async () => (await show.client.call(getFleetStatus, { query: {} })).stops.length
    expect(await stops()).toBe(0)
    await window.getByLabel(/^Type STOP/).fill('STOP')
    await page.keyboard.press('Enter')
    for (const one of [page, other]) await one.getByText('The glossary is wrong').first().waitFor()
    expect(await stops()).toBe(1)
    await page.keyboard.press('g')
    await page.keyboard.press('g')
    await page
      .getByRole('alert')
      .getByText(/Emergency stop:/)
      .waitFor()
    await other.getByRole('button', { name: 'Lift stop' }).click()
    await page.getByRole('button', { name: 'Lift stop' }).waitFor({ state: 'detached' })
    await expect.poll(stops).toBe(0)
  })
})

describe('another subject of the same kind', () => {
  it.each(['goal', 'plans', 'task', 'run', 'agent', 'model'] as const)(
    '%s: shows nothing of the one before',
    async (kind) => {
      const [one, other] = [await subject(kind, 'Oak'), await subject(kind, 'Elm')]
      const page = await show.visit({ path: one.path })
      const main = page.locator('body')
      await main.getByText(one.mark).first().waitFor()
      // Answers about the other one wait, as on a slow line.
      let release = (): void => {}
      const released = new Promise<void>((resolve) => {
        release = resolve
      })
      const asked = page.waitForRequest((request) => request.url().includes(other.id))
      await page.route('**/api/v1/**', async (route) => {
        await released
        await route.continue()
      })
      await page.evaluate(`history.pushState({}, '', ${JSON.stringify(other.path)})`)
      await asked
      await page.evaluate('new Promise((done) => requestAnimationFrame(() => setTimeout(done, 50)))')
      expect(await page.getByRole('main').innerText()).not.toContain(one.mark)
      expect((await page.getByRole('dialog').allInnerTexts()).join()).not.toContain(one.mark)
      release()
      await main.getByText(other.mark).first().waitFor()
    },
  )
})

interface Subject {
  readonly path: string
  readonly id: string
  /** What only its own page shows. */
  readonly mark: string
}

/** A goal, task, run, agent or model whose page is marked with a word. */
async function subject(kind: 'goal' | 'plans' | 'task' | 'run' | 'agent' | 'model', word: string): Promise<Subject> {
  const { client } = show
  const mark = `${word} of the ${kind} page`
  if (kind === 'agent') {
    const body = { name: mark, runtime: 'remote' as const, capabilities: [word.toLowerCase()] }
    const { id } = await client.call(createAgent, { body })
    return { path: `/agents/${id}`, id, mark }
  }
  if (kind === 'model') {
    const name = `${word.toLowerCase()}-of-the-model-page`
    const provider = `provider-of-${word.toLowerCase()}`
    await client.call(createProvider, {
      body: { name: provider, kind: 'openai', base_url: 'https://models.invalid/v1' },
    })
    await client.call(createModel, { body: { name, targets: [leadsTo(provider, 'm')] } })
    return { path: `/models/${name}`, id: name, mark: name }
  }
  const project_id = await project(client)
  const tasks = [{ key: 'only', title: mark, capability: 'noop', input: { text: `The text of ${word}.` } }]
  const id = await goal(client, { project_id, title: mark, tasks })
  await goalEnds(client, id, 'done')
  if (kind === 'goal') return { path: `/goals/${id}`, id, mark }
  if (kind === 'plans') return { path: `/goals/${id}/plans`, id, mark }
  const [task] = (await client.call(listGoalTasks, { params: { id } })).items
  const task_id = task?.id ?? ''
  if (kind === 'task') return { path: `/goals/${id}?task=${task_id}`, id, mark }
  const [run] = (await client.call(listTaskRuns, { params: { id: task_id } })).items
  return { path: `/runs/${run?.id}`, id: run?.id ?? '', mark }
}
