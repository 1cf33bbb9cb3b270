/** Deciding what waits, by every way there is to decide: keys, a finger, two people at once. */
import { getTask } from '@muster/contract/planner/tasks/task.operations'
import { putDocument } from '@muster/contract/state/operations'
import type { Page } from 'playwright-core'
import { describe, expect, it } from 'vitest'
import { browserApp } from './page.ts'
import { answersOf, approval, colleague, goalEnds, project, questions } from './seed.ts'

const show = await browserApp()

const question = (page: Page) => page.getByRole('article', { name: 'Approval' })
const heading = (page: Page) => question(page).getByRole('heading', { level: 2 })
/** A message in the corner, by any of its words. */
const message = (page: Page, ...texts: readonly (string | RegExp)[]) =>
  texts
    .reduce(
      (found, hasText) => found.filter({ hasText }),
      page
        .getByRole('region', { name: /Notifications/ })
        .getByRole('dialog')
        .or(page.getByRole('alertdialog')),
    )
    .first()

/** The page of the questions of a project, with its first one open. */
async function open(project_id: string, more: Parameters<typeof show.visit>[0] = {}): Promise<Page> {
  const page = await show.visit({ path: `/approvals?project=${project_id}`, ...more })
  await page.getByRole('heading', { name: 'Approvals', level: 1 }).or(question(page)).first().waitFor()
  return page
}

describe('an answer', () => {
  it('approves by A, can be taken back by U, and is applied ten seconds later', async () => {
    const project_id = await project(show.client)
    const { asked, goal_id } = await questions(show.client, { project_id, titles: ['Notice of the market'] })
    const [first] = asked
    const id = first?.id ?? ''
    const page = await open(project_id)
    await question(page).getByText('The text of Notice of the market.').waitFor()
    await page.keyboard.press('a')
    await message(page, 'Approved', 'Notice of the market').waitFor()
    expect((await answersOf(show.client, id)).map(({ action }) => action)).toEqual(['approve'])
    await page.keyboard.press('u')
    await message(page, 'Undone').waitFor()
    expect(await answersOf(show.client, id)).toEqual([])
    expect((await approval(show.client, id)).status).toBe('open')

    await page.goto(`${show.address}/approvals?project=${project_id}&item=${id}`)
    await heading(page).waitFor()
    await page.keyboard.press('a')
    await message(page, 'Approved').waitFor()
    await goalEnds(show.client, goal_id, 'done')
    expect((await approval(show.client, id)).status).toBe('applied')
  })

  it('amends the text itself, and shows what the edit changes', async () => {
    const project_id = await project(show.client)
    const { asked } = await questions(show.client, { project_id, titles: ['Opening hours'] })
    const page = await open(project_id)
    await heading(page).waitFor()
    await page.keyboard.press('e')
    const window = page.getByRole('dialog', { name: 'Edit result' })
    const text = window.getByLabel('Edited result')
    await text.waitFor()
    expect(await text.inputValue()).toBe('The text of Opening hours.')
    expect(await window.getByRole('button', { name: 'Save and commit' }).getAttribute('aria-disabled')).toBe('true')
    await text.fill('The words of Opening hours.')
    expect(await window.locator('del').textContent()).toBe('text')
    expect(await window.locator('ins').textContent()).toBe('words')
    await page.keyboard.press('Control+Enter')
    await message(page, 'Edited', 'Opening hours').waitFor()
    const [answer] = await answersOf(show.client, asked[0]?.id ?? '')
    expect(answer).toMatchObject({ action: 'amend', content: { text: 'The words of Opening hours.' } })
  })

  it('rejects with a reason and not without one', async () => {
    const project_id = await project(show.client)
    const { asked } = await questions(show.client, { project_id, titles: ['A promise'] })
    const id = asked[0]?.id ?? ''
    const page = await open(project_id)
    await heading(page).waitFor()
    await page.keyboard.press('r')
    const window = page.getByRole('dialog', { name: 'Reject' })
    const act = window.getByRole('button', { name: 'Reject' })
    await window.getByLabel('Reason').waitFor()
    expect(await act.getAttribute('aria-disabled')).toBe('true')
    await act.click({ force: true })
    await page.keyboard.press('Control+Enter')
    expect(await answersOf(show.client, id)).toEqual([])
    await window.getByLabel('Reason').fill('We promised nothing of the kind.')
    await page.keyboard.press('Control+Enter')
    await message(page, 'Rejected', 'A promise').waitFor()
    expect(await answersOf(show.client, id)).toMatchObject([
      { action: 'reject', comment: 'We promised nothing of the kind.' },
    ])
  })

  it('sends back with what should be different', async () => {
    const project_id = await project(show.client)
    const { asked } = await questions(show.client, { project_id, titles: ['A dry text'] })
    const page = await open(project_id)
    await heading(page).waitFor()
    await page.keyboard.press('s')
    await page.getByLabel('Feedback').fill('Warmer, please.')
    await page.keyboard.press('Control+Enter')
    await message(page, 'Changes requested', 'A dry text').waitFor()
    const [answer] = await answersOf(show.client, asked[0]?.id ?? '')
    expect(answer).toMatchObject({ action: 'amend', comment: 'Warmer, please.' })
    expect(answer?.content).toBeUndefined()
  })

  it('can wait: H puts a question aside, and the badge counts it no more', async () => {
    const project_id = await project(show.client)
    const { asked } = await questions(show.client, { project_id, titles: ['One', 'Two'] })
    const page = await open(project_id)
    const badge = page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: /Approvals/ })
    await expect.poll(() => badge.textContent()).toMatch(/2 open/)
    await heading(page).waitFor()
    await page.keyboard.press('h')
    await page.getByRole('button', { name: /For 4 hours/ }).click()
    await message(page, 'Snoozed until').waitFor()
    await expect.poll(() => badge.textContent()).toMatch(/1 open/)
    const snoozed = await Promise.all(asked.map(async ({ id }) => (await approval(show.client, id)).snoozed_until))
    expect(snoozed.filter(Boolean)).toHaveLength(1)
    await page.keyboard.press('u')
    await expect.poll(() => badge.textContent()).toMatch(/2 open/)
  })

  it('to something that moved says what moved, and is not taken', async () => {
    const project_id = await project(show.client)
    const put = (value: string) =>
      show.client.call(putDocument, { params: { id: project_id, key: 'style' }, body: { value } })
    await put('plain')
    const { asked } = await questions(show.client, { project_id, titles: ['By the style'], rest: { reads: ['style'] } })
    const page = await open(project_id)
    await question(page).getByText('style v1').waitFor()
    await put('warm')
    await page.keyboard.press('a')
    await message(page, 'Not saved: “style” changed from v1 to v2').waitFor()
    expect(await answersOf(show.client, asked[0]?.id ?? '')).toEqual([])
  })

  it('replaces a document by words: what goes and what comes is marked', async () => {
    const project_id = await project(show.client)
    await show.client.call(putDocument, {
      params: { id: project_id, key: 'letter' },
      body: { value: 'The lights stay green for four seconds.' },
    })
    const { asked } = await questions(show.client, {
      project_id,
      titles: ['Longer'],
      rest: {
        input: { text: 'The lights stay green for six seconds.' },
        reads: ['letter'],
        writes: [{ op: 'set', document: 'letter', value: { $from: 'output.text' } }],
      },
    })
    const page = await open(project_id)
    await expect.poll(() => question(page).locator('del').textContent()).toBe('four')
    expect(await question(page).locator('ins').textContent()).toBe('six')
    await page.keyboard.press('a')
    await message(page, 'Approved', 'Longer').waitFor()
    expect((await answersOf(show.client, asked[0]?.id ?? '')).map(({ action }) => action)).toEqual(['approve'])
  })
})

describe('two reviewers', () => {
  it('see each other: who looks, and what was answered', async () => {
    const project_id = await project(show.client)
    const { asked } = await questions(show.client, { project_id, titles: ['For both'] })
    const mine = await open(project_id)
    const theirs = await open(project_id, { key: await colleague(show.client, 'Second reviewer') })
    await heading(theirs).waitFor()
    await theirs.keyboard.press('c')
    await question(mine)
      .getByText(/Second reviewer, until/)
      .waitFor()
    await theirs.keyboard.press('a')
    await message(theirs, 'Approved', 'For both').waitFor()
    await question(mine)
      .getByText(/Second reviewer: approve/i)
      .waitFor()
    expect(
      await question(mine)
        .getByRole('button', { name: /^Approve/ })
        .count(),
    ).toBe(0)
    await mine.keyboard.press('a')
    expect(await answersOf(show.client, asked[0]?.id ?? '')).toHaveLength(1)
  })

  it('are told apart by the server where one of them could not see the other', async () => {
    const project_id = await project(show.client)
    const { asked } = await questions(show.client, { project_id, titles: ['Only once'] })
    const mine = await show.visit({ key: null })
    await mine.routeWebSocket(/\/ws/, () => undefined)
    await mine.getByLabel('API key', { exact: true }).fill(show.key)
    await mine.getByRole('button', { name: 'Sign in' }).click()
    await mine.getByRole('heading', { name: 'Fleet', level: 1 }).waitFor()
    await mine.goto(`${show.address}/approvals?project=${project_id}`)
    await heading(mine).waitFor()
    const theirs = await open(project_id, { key: await colleague(show.client, 'Faster reviewer') })
    await heading(theirs).waitFor()
    await theirs.keyboard.press('a')
    await message(theirs, 'Approved', 'Only once').waitFor()
    await mine.keyboard.press('a')
    await message(mine, /decided|answered|no longer open/i).waitFor()
    expect(await answersOf(show.client, asked[0]?.id ?? '')).toHaveLength(1)
  })
})

describe('many', () => {
  it('fifty are decided without touching the mouse', async () => {
    const project_id = await project(show.client)
    const titles = Array.from({ length: 50 }, (_, at) => `Letter ${at + 1}`)
    const { asked } = await questions(show.client, { project_id, titles })
    const page = await show.visit({ path: `/?project=${project_id}` })
    await page.keyboard.press('g')
    await page.keyboard.press('a')
    await heading(page).waitFor()
    for (let left = 50; left > 0; left--) {
      const place = question(page).getByText(new RegExp(`^\\d+ of ${left}$`))
      await place.waitFor()
      if (left % 10 === 0) {
        await page.keyboard.press('j')
        await question(page).getByText(`2 of ${left}`).waitFor()
        await page.keyboard.press('k')
        await question(page).getByText(`1 of ${left}`).waitFor()
      }
      if (left % 7 === 0) {
        await page.keyboard.press('r')
        await page.getByLabel('Reason').waitFor()
        await page.keyboard.type('No.')
        await page.keyboard.press('Control+Enter')
      } else await page.keyboard.press('a')
      await place.waitFor({ state: 'detached' })
      // Only what is seen can be decided: a key that comes before the next question stands there is not taken.
      if (left > 1)
        await question(page)
          .getByRole('button', { name: /^Approve/, disabled: false })
          .waitFor()
    }
    await page.getByText('No approvals').waitFor()
    const answers = (await Promise.all(asked.map(({ id }) => answersOf(show.client, id)))).flat()
    const counted = (action: string) => answers.filter((answer) => answer.action === action).length
    expect([counted('approve'), counted('reject')]).toEqual([43, 7])
  })

  it('of one kind at low risk are chosen by X and approved together', async () => {
    const project_id = await project(show.client)
    const { asked } = await questions(show.client, { project_id, titles: ['First', 'Second', 'Third'] })
    const page = await open(project_id)
    await heading(page).waitFor()
    await page.keyboard.press('x')
    await page.keyboard.press('j')
    await question(page).getByText('2 of 3').waitFor()
    await page.keyboard.press('x')
    await page.getByText('2 approvals selected').waitFor()
    await page.getByRole('button', { name: 'Approve all' }).press('Enter')
    await expect
      .poll(async () => (await Promise.all(asked.map(({ id }) => answersOf(show.client, id)))).flat().length)
      .toBe(2)
  })

  it('of different kinds are refused together, with the reason', async () => {
    const project_id = await project(show.client)
    const rest = { approval: 'before' } as const
    await questions(show.client, { project_id, titles: ['After'] })
    await questions(show.client, { project_id, titles: ['Before'], rest })
    const page = await open(project_id)
    await heading(page).waitFor()
    await page.keyboard.press('x')
    await page.keyboard.press('j')
    await page.keyboard.press('x')
    const all = page.getByRole('button', { name: 'Approve all' })
    await page.getByText('2 approvals selected').waitFor()
    expect(await all.getAttribute('aria-disabled')).toBe('true')
    expect(await all.getAttribute('aria-description')).toBe('Only low-risk approvals can be approved together')
  })
})

describe('on a phone', () => {
  it('a decision is taken by touch at 320 pixels', async () => {
    const project_id = await project(show.client)
    const { asked } = await questions(show.client, { project_id, titles: ['A decision on the way'] })
    const page = await open(project_id, { viewport: { width: 320, height: 640 }, hasTouch: true, isMobile: true })
    await page.getByRole('link', { name: /A decision on the way/ }).tap()
    await question(page).getByText('The text of A decision on the way.').waitFor()
    const approve = question(page).getByRole('button', { name: /^Approve/ })
    const box = await approve.boundingBox()
    expect(Math.min(box?.width ?? 0, box?.height ?? 0)).toBeGreaterThanOrEqual(24)
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(320)
    await approve.tap()
    await message(page, 'Approved').waitFor()
    expect(await answersOf(show.client, asked[0]?.id ?? '')).toHaveLength(1)
    await page.getByRole('button', { name: /^Undo/ }).tap()
    await expect.poll(async () => (await answersOf(show.client, asked[0]?.id ?? '')).length).toBe(0)
  })
})

describe('what stands behind a question', () => {
  it('is one press away: its task, its run, its goal', async () => {
    const project_id = await project(show.client)
    const { asked, goal_id } = await questions(show.client, { project_id, titles: ['Linked'] })
    const page = await open(project_id)
    await question(page).getByRole('link', { name: 'Linked', exact: true }).click()
    await page.waitForURL(new RegExp(`/goals/${goal_id}\\?.*task=`))
    const task = await show.client.call(getTask, { params: { id: asked[0]?.task_id ?? '' } })
    await page.getByText(task.title).first().waitFor()
  })
})
