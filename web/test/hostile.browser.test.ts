/** What agents and files hold is shown as what it is: nothing in it comes to life, wherever it is shown. */
import { listEvents } from '@muster/contract/dashboard/operations'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Full, fillOrganization } from './full.ts'
import { hostileFiles, hostileName, hostileText } from './hostile.ts'
import { browserApp } from './page.ts'
import { goTo, settle } from './routes.ts'

const show = await browserApp()
const slow = 180_000
const ending = new AbortController()
let full: Full
beforeAll(async () => {
  full = await fillOrganization(show.client, ending.signal)
})
afterAll(() => ending.abort())

const pwned = (page: Page) => page.evaluate(() => (window as { __pwned?: unknown }).__pwned)

/** Everything that could be pressed in what was rendered, pressed; and every address that a link would lead to. */
async function provoke(page: Page): Promise<readonly string[]> {
  await page.evaluate(() => {
    for (const element of document.querySelectorAll<HTMLElement>(
      'main img, main [title], main span, main code, main p',
    ))
      for (const type of ['mouseover', 'focus', 'error', 'load']) element.dispatchEvent(new Event(type))
  })
  return page.evaluate(() =>
    [...document.querySelectorAll<HTMLElement>('[href], [src], [action], [srcdoc], [data]')]
      .map((element) => element.getAttribute('href') ?? element.getAttribute('src') ?? element.outerHTML.slice(0, 80))
      .filter((address) => !/^(\/|https?:|blob:|#)/.test(address)),
  )
}

const twoFrames = (): Promise<unknown> =>
  new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))

describe('the samples', () => {
  it('do harm where nothing guards against them', async () => {
    const page = await show.visit({ key: null })
    const open = await page.context().browser()?.newPage()
    if (open === undefined) throw new Error('no browser')
    const alive = new Set<unknown>()
    const pieces = hostileText.split('\n\n').map((piece) => `data:text/html,${encodeURIComponent(piece)}`)
    const files = hostileFiles.flatMap(({ media_type, content }) =>
      /html|svg/.test(media_type) ? [`data:${media_type},${encodeURIComponent(content)}`] : [],
    )
    for (const address of [...pieces, ...files]) {
      await open.goto(address).catch(() => undefined)
      // What takes the focus by itself does so with a drawing of the page, which the end of loading does not wait for.
      await open.evaluate(twoFrames).catch(() => undefined)
      alive.add(await open.evaluate(() => (window as { __pwned?: unknown }).__pwned).catch(() => undefined))
    }
    for (const name of ['heading', 'script', 'svg', 'focus']) expect(alive).toContain(name)
    expect([...alive].some((name) => /^svg (load|script)/.test(String(name)))).toBe(true)
    await open.close()
  })
})

describe('what an agent wrote', () => {
  it('stays text on every screen that shows it', { timeout: slow }, async () => {
    const page = await show.visit()
    const { hostile_goal_id, hostile_task_id, hostile_approval_id, hostile_run_id, project_id, artifact_ids } = full
    const { items: events } = await show.client.call(listEvents, { query: { goal_id: hostile_goal_id, limit: 50 } })
    const inProject = `project=${project_id}`
    const task = `/goals/${hostile_goal_id}?view=table&task=${hostile_task_id}`
    const screens: readonly (readonly [string, RegExp | null])[] = [
      [`/approvals?item=${hostile_approval_id}`, /onerror=/],
      [`/goals?${inProject}`, /onerror=/],
      [`/goals/${hostile_goal_id}?view=graph`, /onerror=/],
      [task, /onerror=/],
      ...['input', 'output', 'attempts', 'verdict', 'cost', 'log'].map(
        (tab) => [`${task}&tab=${tab}`, /onerror=/] as const,
      ),
      [`/goals/${hostile_goal_id}/plans`, /onerror=/],
      [`/runs/${hostile_run_id}`, /onerror=/],
      [`/state?document=notes%2Fhostile&${inProject}`, /<script>/],
      ...['hostile_markdown', 'html', 'svg', 'hostile_json', 'xml'].map(
        (name) => [`/artifacts?${inProject}&artifact=${artifact_ids[name]}`, null] as const,
      ),
      ['/agents', null],
      ['/settings?tab=keys', /onerror=/],
      ['/', /onerror=/],
      ...events.slice(0, 6).map(({ number }) => [`/journal?follow=no&event=${number}`, null] as const),
    ]
    for (const [path, shown] of screens) {
      await goTo(page, path)
      const text = await page.evaluate(() => document.body.textContent ?? '')
      if (shown !== null) expect([path, text]).toEqual([path, expect.stringMatching(shown)])
      expect([path, await provoke(page)]).toEqual([path, []])
      expect([path, await pwned(page)]).toEqual([path, undefined])
      const inserted = await page
        .locator('main iframe, main object, main embed, main style, main form[action], main script, main svg script')
        .count()
      expect([path, inserted]).toEqual([path, 0])
    }
  })

  it('leads nowhere by its links, and where it leads it knows nothing of this page', async () => {
    const page = await show.visit({ path: `/approvals?item=${full.hostile_approval_id}` })
    await settle(page)
    for (const name of ['a link', 'data', 'vb', 'spaces', 'tab'])
      expect([name, await page.getByRole('link', { name, exact: true }).count()]).toEqual([name, 0])
    await page.getByText('a link', { exact: true }).first().click()
    expect(await pwned(page)).toBeUndefined()
    const rels = await page
      .locator('a[target=_blank]')
      .evaluateAll((links) => links.map((link) => link.getAttribute('rel')))
    expect(rels.filter((rel) => !rel?.includes('noopener') || !rel.includes('noreferrer'))).toEqual([])
  })

  it('is found by its words in the palette, as text', async () => {
    const page = await show.visit()
    await page.keyboard.press('Control+k')
    await page.getByPlaceholder('Search or run a command').waitFor()
    await page.keyboard.type('onerror')
    await page.getByRole('option').filter({ hasText: 'onerror' }).first().waitFor()
    expect(await pwned(page)).toBeUndefined()
  })

  it('in a message stays text too', async () => {
    const page = await show.visit({ path: `/approvals?item=${full.hostile_approval_id}` })
    await page.getByRole('button', { name: /^Approve/ }).waitFor()
    await page.keyboard.press('a')
    const told = page
      .getByRole('region', { name: /Notifications/ })
      .getByRole('dialog')
      .first()
    await told.waitFor()
    expect(await told.textContent()).toContain('onerror=')
    expect(await pwned(page)).toBeUndefined()
    await page.keyboard.press('u')
  })

  it('does not turn the words around it: a name that writes from right to left ends where it ends', async () => {
    const page = await show.visit({ path: '/settings?tab=keys' })
    const name = page.getByText(hostileName).first()
    await name.waitFor()
    const isolated = await name.evaluate((element) => {
      const { unicodeBidi, display } = getComputedStyle(element)
      return unicodeBidi.startsWith('isolate') || display.includes('block') || display.includes('flex')
    })
    expect(isolated).toBe(true)
  })
})

describe('a file', () => {
  it('is handed out to be kept, and never opened as a page of this address', async () => {
    const page = await show.visit()
    for (const name of ['html', 'svg', 'xml']) {
      const path = `/api/v1/artifacts/${full.artifact_ids[name]}/content`
      const { headers } = await fetch(`${show.address}${path}`, { headers: { authorization: `Bearer ${show.key}` } })
      expect(headers.get('content-disposition')).toMatch(/^attachment/)
      expect(headers.get('x-content-type-options')).toBe('nosniff')
      const [download] = await Promise.all([
        page.waitForEvent('download'),
        page
          .goto(`${show.address}${path}`)
          .catch((error: Error) => expect(error.message).toMatch(/Download is starting|ERR_ABORTED/)),
      ])
      await download.cancel()
    }
    expect(await pwned(page)).toBeUndefined()
  })
})
