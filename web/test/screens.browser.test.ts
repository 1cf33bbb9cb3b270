/** Every screen, with nothing in it and with everything: what axe finds, and how narrow it can be. */
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { colourRules, findings } from './axe.ts'
import { type Full, fillOrganization } from './full.ts'
import { browserApp } from './page.ts'
import { emptyScreens, fullScreens, goTo, type Screen, settle } from './routes.ts'

const show = await browserApp()
const slow = 240_000
const themes = [
  ['light', undefined],
  ['dark', colourRules],
] as const

/** Changes the theme, and waits until every colour has arrived. */
async function inTheme(page: Page, theme: string): Promise<void> {
  await page.evaluate(async (name) => {
    document.documentElement.dataset.theme = name
    for (let frame = 0; frame < 2; frame++) await new Promise(requestAnimationFrame)
    await Promise.allSettled(document.getAnimations().map(({ finished }) => finished))
  }, theme)
}

/** What axe finds on these screens in both themes, by screen: the themes differ in colours and in nothing else. */
async function looked(page: Page, screens: readonly Screen[]) {
  const wcag: Record<string, unknown> = {}
  const practice: Record<string, unknown> = {}
  for (const [name, path] of screens) {
    await goTo(page, path)
    for (const [theme, rules] of themes) {
      await inTheme(page, theme)
      const found = await findings(page, rules)
      if (found.wcag.length > 0) wcag[`${name} ${theme}`] = found.wcag
      if (found.practice.length > 0) practice[`${name} ${theme}`] = found.practice
    }
  }
  return { wcag, practice }
}

/** Screens that are wider than the window. */
async function tooWide(page: Page, screens: readonly Screen[]): Promise<readonly string[]> {
  const found: string[] = []
  for (const [name, path] of screens) {
    await goTo(page, path)
    // Of the window, not of the layout: on a phone the layout grows with what does not fit.
    const width = (await page.evaluate(() => document.documentElement.scrollWidth)) - (page.viewportSize()?.width ?? 0)
    if (width > 0) found.push(`${name} by ${width} px`)
  }
  return found
}

describe('axe', () => {
  it('finds what is wrong where something is: a picture without a name, words too pale', async () => {
    const page = await show.visit({ key: null })
    await page.getByLabel('API key', { exact: true }).waitFor()
    await page.evaluate(() => {
      const main = document.querySelector('main')
      const pale = document.createElement('p')
      pale.style.color = 'rgb(200, 200, 200)'
      pale.style.background = 'white'
      pale.textContent = 'Too pale to read'
      main?.append(document.createElement('img'), pale)
    })
    const { wcag } = await findings(page)
    expect(wcag.map(({ rule }) => rule).sort()).toEqual(['color-contrast', 'image-alt'])
  })
})

describe('the page that asks for a key', () => {
  it('has nothing that axe would mend', async () => {
    for (const colorScheme of ['light', 'dark'] as const) {
      const page = await show.visit({ key: null, colorScheme })
      await page.getByLabel('API key', { exact: true }).waitFor()
      expect(await findings(page)).toEqual({ wcag: [], practice: [] })
    }
  })
})

describe('with nothing in it, every screen', () => {
  it('has nothing that axe would mend, light and dark', { timeout: slow }, async () => {
    const page = await show.visit()
    const { wcag, practice } = await looked(page, emptyScreens)
    expect(wcag).toEqual({})
    expect(practice).toEqual({})
  })

  it('fits into 320 pixels', { timeout: slow }, async () => {
    const page = await show.visit({ viewport: { width: 320, height: 640 }, hasTouch: true, isMobile: true })
    expect(await tooWide(page, emptyScreens)).toEqual([])
  })
})

describe('with everything in it, every screen', () => {
  const ending = new AbortController()
  let full: Full
  beforeAll(async () => {
    full = await fillOrganization(show.client, ending.signal)
  })
  afterAll(() => ending.abort())

  it('has nothing that axe would mend, light and dark', { timeout: slow }, async () => {
    const page = await show.visit()
    const { wcag, practice } = await looked(page, fullScreens(full))
    expect(wcag).toEqual({})
    expect(practice).toEqual({})
  })

  it('has nothing that axe would mend on a phone, and fits into 320 pixels', { timeout: slow }, async () => {
    const page = await show.visit({ viewport: { width: 320, height: 640 }, hasTouch: true, isMobile: true })
    const wide: string[] = []
    const wcag: Record<string, unknown> = {}
    for (const screen of fullScreens(full)) {
      wide.push(...(await tooWide(page, [screen])))
      const found = await findings(page)
      if (found.wcag.length > 0) wcag[screen[0]] = found.wcag
    }
    expect(wide).toEqual([])
    expect(wcag).toEqual({})
  })

  it('fits at 200 % zoom of a window of 1280 by 1024', { timeout: slow }, async () => {
    // What zoom does: half the pixels of the style sheet, each twice as large.
    const page = await show.visit({ viewport: { width: 640, height: 512 }, deviceScaleFactor: 2 })
    expect(await tooWide(page, fullScreens(full))).toEqual([])
  })

  it('stays whole with the spacing of text that WCAG 1.4.12 names', { timeout: slow }, async () => {
    const page = await show.visit()
    const cut: string[] = []
    for (const [name, path] of fullScreens(full)) {
      await goTo(page, path)
      await page.evaluate(() => {
        for (const element of document.querySelectorAll<HTMLElement>('body *'))
          Object.assign(element.style, { lineHeight: '1.5', letterSpacing: '0.12em', wordSpacing: '0.16em' })
      })
      // Text that is shortened on purpose has the whole in its title or in its accessible name; nothing else may be cut.
      const lost = await page.evaluate(() =>
        [...document.querySelectorAll<HTMLElement>('main button, main h1, main h2, main h3, main label')]
          .filter(
            (one) =>
              one.offsetParent !== null &&
              one.clientHeight > 1 &&
              one.scrollHeight > one.clientHeight + 2 &&
              getComputedStyle(one).overflowY === 'hidden',
          )
          .map((one) => one.textContent?.slice(0, 40) ?? ''),
      )
      if (lost.length > 0) cut.push(`${name}: ${lost.join(', ')}`)
      const wide = await page.evaluate(
        () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
      )
      if (wide > 0) cut.push(`${name} is ${wide} px too wide`)
    }
    expect(cut).toEqual([])
  })

  it('is the same after a reload: what is looked at stands in the address', { timeout: slow }, async () => {
    const page = await show.visit()
    for (const path of [
      `/goals?status=failed&sort=title&order=desc`,
      `/journal?family=task&follow=no`,
      `/agents?status=paused`,
    ]) {
      await goTo(page, path)
      const before = await page.getByRole('row').allTextContents()
      await page.reload()
      await settle(page)
      expect(page.url()).toContain(path)
      expect((await page.getByRole('row').allTextContents()).length).toBe(before.length)
    }
  })
})
