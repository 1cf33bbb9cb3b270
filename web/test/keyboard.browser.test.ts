/** Everything by the keyboard alone: the way about, the windows over the page, the order of focus, and where focus returns. */
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { findings } from './axe.ts'
import { type Full, fillOrganization } from './full.ts'
import { browserApp } from './page.ts'
import { goTo, settle } from './routes.ts'

const show = await browserApp()
const ending = new AbortController()
let full: Full
beforeAll(async () => {
  full = await fillOrganization(show.client, ending.signal)
})
afterAll(() => ending.abort())

/** What has the focus, in a few words. */
const focused = (page: Page) =>
  page.evaluate(() => {
    const element = document.activeElement
    return element === null || element === document.body
      ? 'nothing'
      : `${element.tagName} ${element.getAttribute('aria-label') ?? element.textContent?.slice(0, 40) ?? ''}`
  })

describe('the way about', () => {
  it('leads by g and a letter to every place', async () => {
    const page = await show.visit()
    const letters = {
      g: 'Goals',
      a: 'Approvals',
      s: 'State',
      r: 'Artifacts',
      e: 'Agents',
      j: 'Journal',
      t: 'Settings',
      f: 'Fleet',
    }
    for (const [letter, name] of Object.entries(letters)) {
      await page.keyboard.press('g')
      await page.keyboard.press(letter)
      await page.getByRole('heading', { name, level: 1 }).waitFor()
      await expect.poll(() => page.title()).toBe(`${name} · Muster`)
      const current = page.getByRole('navigation', { name: 'Main' }).locator('[aria-current=page]')
      await expect.poll(() => current.textContent()).toContain(name)
    }
  })

  it('skips to the page at the first stop of Tab', async () => {
    const page = await show.visit({ path: '/agents' })
    await settle(page)
    await page.evaluate(() => (document.activeElement as HTMLElement | null)?.blur())
    await page.keyboard.press('Tab')
    expect(await focused(page)).toBe('BUTTON Skip to content')
    await page.keyboard.press('Enter')
    expect(await page.evaluate(() => document.activeElement?.id)).toBe('main')
  })

  it('finds a goal by its number in the palette', async () => {
    const page = await show.visit({ path: `/?project=${full.project_id}` })
    await page.keyboard.press('Control+k')
    const words = page.getByPlaceholder('Search or run a command')
    await words.waitFor()
    await words.pressSequentially('GOAL-9')
    await page
      .getByRole('option')
      .filter({ hasText: /GOAL-9(?!\d)/ })
      .first()
      .waitFor()
    await page.keyboard.press('Enter')
    await page.waitForURL(/\/goals\/[0-9a-f-]{36}/)
  })

  it('rests while somebody types, and can be switched off', async () => {
    const page = await show.visit({ path: '/agents' })
    await page.getByRole('searchbox').first().focus()
    await page.keyboard.type('ga')
    expect(new URL(page.url()).pathname).toBe('/agents')
    await page.evaluate(() => (document.activeElement as HTMLElement | null)?.blur())
    await page.keyboard.press('?')
    const sheet = page.getByRole('dialog', { name: 'Keyboard shortcuts' })
    await sheet.getByLabel('Enable single-key shortcuts').press('Space')
    await page.keyboard.press('Escape')
    await sheet.waitFor({ state: 'detached' })
    await page.keyboard.press('g')
    await page.keyboard.press('a')
    await page.keyboard.press('?')
    expect(await sheet.count()).toBe(0)
    expect(new URL(page.url()).pathname).toBe('/agents')
  })
})

describe('windows over the page', () => {
  const windows: readonly (readonly [
    name: string,
    path: () => string,
    open: string | RegExp,
    dialog: string | RegExp,
  ])[] = [
    ['edit result', () => `/approvals?item=${full.approval_ids[0]}`, /^Edit/, 'Edit result'],
    ['reject', () => `/approvals?item=${full.approval_ids[0]}`, /^Reject/, 'Reject'],
    ['request changes', () => `/approvals?item=${full.approval_ids[0]}`, /^Request changes/, 'Request changes'],
    ['snooze', () => `/approvals?item=${full.approval_ids[0]}`, /^Snooze/, 'Snooze'],
    ['shortcuts', () => '/', 'Keyboard shortcuts', 'Keyboard shortcuts'],
    ['new key', () => '/settings?tab=keys', 'New API key', /key/i],
    ['revoke', () => '/settings?tab=keys', /^Revoke/, /^Revoke/],
    ['stop', () => '/', /Emergency stop/, 'Emergency stop'],
  ]

  for (const [name, path, open, dialog] of windows) {
    it(`${name}: keeps Tab inside, closes by Escape, gives the focus back, and has nothing that axe would mend`, async () => {
      const page = await show.visit()
      await goTo(page, path())
      const opener = page
        .getByRole('button', { name: open })
        .and(page.locator('[aria-disabled]'))
        .or(page.getByRole('button', { name: open }))
        .first()
      await opener.focus()
      const before = await focused(page)
      await page.keyboard.press('Enter')
      const window = page.getByRole('dialog', { name: dialog }).first()
      await window.waitFor()
      const holdsFocus = () =>
        window.evaluate(
          (element) =>
            element.contains(document.activeElement) ||
            document.activeElement?.hasAttribute('data-base-ui-focus-guard'),
        )
      // The window takes the focus a moment after it is shown. Focus that has left it stays outside.
      await expect.poll(holdsFocus).toBe(true)
      for (let stop = 0; stop < 12; stop++) {
        await page.keyboard.press('Tab')
        await expect.poll(holdsFocus).toBe(true)
      }
      // The last stop may show its tip, which stands in no landmark.
      await window.focus()
      await expect.poll(() => page.locator('[data-tip]').count()).toBe(0)
      expect(await findings(page)).toEqual({ wcag: [], practice: [] })
      await page.keyboard.press('Escape')
      await window.waitFor({ state: 'detached' })
      await expect.poll(() => focused(page)).toBe(before)
    })
  }

  it('menus and messages have nothing that axe would mend either', async () => {
    const page = await show.visit({ path: `/approvals?item=${full.approval_ids[0]}` })
    await page.getByRole('button', { name: /^Approve/ }).waitFor()
    for (const button of [/^Account:/, /^Theme:/]) {
      await page.getByRole('button', { name: button }).press('Enter')
      await page.getByRole('menu').waitFor()
      expect((await findings(page)).wcag).toEqual([])
      await page.keyboard.press('Escape')
      await page.getByRole('menu').waitFor({ state: 'detached' })
    }
    await page.keyboard.press('a')
    await page
      .getByRole('region', { name: /Notifications/ })
      .getByRole('dialog')
      .first()
      .waitFor()
    expect((await findings(page)).wcag).toEqual([])
    await page.keyboard.press('u')
    await page
      .getByRole('region', { name: /Notifications/ })
      .getByText('Undone')
      .first()
      .waitFor()
  })
})

describe('the order of Tab', () => {
  it('reaches every control of a screen, shows where it is, and traps nobody', { timeout: 120_000 }, async () => {
    const page = await show.visit()
    for (const path of [
      '/',
      '/goals',
      `/approvals?item=${full.approval_ids[0]}`,
      '/costs?tab=budgets',
      '/models?tab=calls',
      '/agents',
      `/goals/${full.big_goal_id}?view=table`,
    ]) {
      await goTo(page, path)
      await page.evaluate(() => {
        ;(document.activeElement as HTMLElement | null)?.blur()
        getSelection()?.removeAllRanges()
        document.body.tabIndex = -1
        document.body.focus()
        document.body.removeAttribute('tabindex')
        for (const one of document.querySelectorAll<HTMLElement>('[data-seen]')) delete one.dataset.seen
      })
      const hidden: string[] = []
      let isBack = false
      for (let stop = 0; stop < 250 && !isBack; stop++) {
        await page.keyboard.press('Tab')
        const { place, isShown, isFirst } = await page.evaluate((at) => {
          const element = document.activeElement as HTMLElement | null
          if (element === null || element === document.body) return { place: '', isShown: true, isFirst: at > 0 }
          const around = element.closest('label') ?? element
          const outlined = [element, around].some((one) => getComputedStyle(one).outlineStyle !== 'none')
          const box = around.getBoundingClientRect()
          // A field for a date has several stops of its own.
          const isAgain = element.dataset.seen !== undefined
          const isFirst = isAgain && element.dataset.seen !== String(at - 1)
          element.dataset.seen = String(at)
          return { place: element.outerHTML.slice(0, 120), isShown: isAgain || (outlined && box.width > 0), isFirst }
        }, stop)
        if (!isShown) hidden.push(place)
        isBack = isFirst
      }
      expect([path, hidden]).toEqual([path, []])
      expect([path, isBack]).toEqual([path, true])
      const missed = await page.evaluate(() =>
        [...document.querySelectorAll<HTMLElement>('a[href], button, input, select, textarea')]
          .filter(
            (one) =>
              one.tabIndex >= 0 &&
              one.offsetParent !== null &&
              one.dataset.seen === undefined &&
              !(one instanceof HTMLInputElement && one.type === 'radio'),
          )
          .map((one) => one.outerHTML.slice(0, 120)),
      )
      expect([path, missed]).toEqual([path, []])
    }
  })

  it('never stops where something covers it', { timeout: 120_000 }, async () => {
    for (const viewport of [
      { width: 1440, height: 900 },
      { width: 320, height: 640 },
    ]) {
      const page = await show.visit({ viewport })
      await goTo(page, `/approvals?item=${full.approval_ids[0]}`)
      await page.evaluate(() => (document.activeElement as HTMLElement | null)?.blur())
      const covered: string[] = []
      for (let stop = 0; stop < 120; stop++) {
        await page.keyboard.press('Tab')
        const place = await page.evaluate(() => {
          const element = document.activeElement
          if (element === null || element === document.body) return ''
          const around = element.closest('label') ?? element
          const { left, top, width, height } = around.getBoundingClientRect()
          const isSeen = [0.1, 0.5, 0.9].some((x) =>
            [0.1, 0.5, 0.9].some((y) => {
              const found = document.elementFromPoint(left + width * x, top + height * y)
              return found !== null && (around.contains(found) || found.contains(around))
            }),
          )
          return isSeen ? '' : around.outerHTML.slice(0, 160)
        })
        if (place !== '') covered.push(place)
      }
      expect([viewport.width, covered]).toEqual([viewport.width, []])
    }
  })

  it('goes through a table by arrows, and opens a row by Enter', async () => {
    const page = await show.visit({ path: '/goals' })
    const rows = page.getByRole('grid', { name: 'Goals' }).locator('[role=row][tabindex]')
    await rows.first().waitFor()
    await rows.first().focus()
    await page.keyboard.press('ArrowDown')
    await page.keyboard.press('ArrowDown')
    const third = rows.nth(2)
    await expect.poll(() => third.evaluate((row) => row === document.activeElement)).toBe(true)
    const title = (await third.getByRole('gridcell').first().textContent()) ?? ''
    await page.keyboard.press('Enter')
    await page.waitForURL(/\/goals\/[0-9a-f-]{36}/)
    const heading = page.getByRole('heading', { level: 1 })
    await expect.poll(async () => title.includes((await heading.textContent()) ?? 'nothing')).toBe(true)
  })
})

describe('a word of explanation', () => {
  it('shows on hover and on focus, stays while the pointer is over it, and goes by Escape', async () => {
    const page = await show.visit()
    const button = page.getByRole('button', { name: 'Keyboard shortcuts' })
    const tip = page.getByText('Keyboard shortcuts (?)')
    await page.getByRole('button', { name: /^Account:/ }).focus()
    await page.keyboard.press('Tab')
    await tip.waitFor()
    await page.keyboard.press('Tab')
    await tip.waitFor({ state: 'detached' })
    await button.hover()
    await tip.waitFor()
    await tip.hover()
    await page.evaluate(() => new Promise(requestAnimationFrame))
    expect(await tip.count()).toBe(1)
    await page.keyboard.press('Escape')
    await tip.waitFor({ state: 'detached' })
  })
})

describe('the field for the key', () => {
  it('takes what a password manager fills in and what is pasted, and asks for nothing to be remembered', async () => {
    const page = await show.visit({ key: null })
    const field = page.getByLabel('API key', { exact: true })
    expect(await field.getAttribute('autocomplete')).toBe('current-password')
    await field.evaluate((element, text) => {
      const data = new DataTransfer()
      data.setData('text/plain', text)
      element.dispatchEvent(new ClipboardEvent('paste', { clipboardData: data, bubbles: true, cancelable: true })) ||
        element.setAttribute('data-refused', 'yes')
    }, show.key)
    expect(await field.getAttribute('data-refused')).toBeNull()
  })
})
