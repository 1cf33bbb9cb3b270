/** Who comes in, how the page looks before anything is painted, and what its answers promise the browser. */
import { createKey } from '@muster/contract/identity/operations'
import { permissions } from '@muster/contract/permissions'
import type { Page } from 'playwright-core'
import { describe, expect, it } from 'vitest'
import { findings } from './axe.ts'
import { isDocumented } from './guard.ts'
import { browserApp, signIn } from './page.ts'
import { settle } from './routes.ts'

/** Compressed, with the shell and the list of goals: 232,000 when this was written. */
const first_load_bytes_max = 240_000

const show = await browserApp()

describe('signing in', () => {
  it('takes the key once, and keeps it where no script can read it', async () => {
    const page = await show.visit({ path: '/settings?tab=keys' })
    await page.getByRole('heading', { name: 'Settings', level: 1 }).waitFor()
    const [cookie, ...others] = await page.context().cookies()
    expect(others).toEqual([])
    expect(cookie).toMatchObject({ httpOnly: true, sameSite: 'Strict' })
    const readable = await page.evaluate(
      () => `${document.cookie}${JSON.stringify(localStorage)}${document.body.innerHTML}`,
    )
    expect(readable).not.toContain(show.key)
    await page.reload()
    await page.getByRole('heading', { name: 'Settings', level: 1 }).waitFor()
  })

  it('says what is wrong with a wrong key, to everybody', async () => {
    const page = await show.visit({ key: null })
    await page.getByLabel('API key', { exact: true }).fill('mk_wrong')
    await page.keyboard.press('Enter')
    const said = page.getByRole('alert')
    await said.waitFor()
    expect(await said.textContent()).toMatch(/key/i)
    expect(await page.getByLabel('API key', { exact: true }).getAttribute('aria-invalid')).toBe('true')
    expect(await page.context().cookies()).toEqual([])
    await signIn(page, show.key)
  })

  it('ends where somebody signs out, also for the button that goes back', async () => {
    const page = await show.visit({ path: '/journal' })
    await page.getByRole('link', { name: 'Goals' }).click()
    await page.getByRole('button', { name: /^Account:/ }).click()
    await page.getByRole('menuitem', { name: 'Sign out' }).click()
    await page.getByLabel('API key', { exact: true }).waitFor()
    expect(await page.context().cookies()).toEqual([])
    await page.goBack()
    await page.getByLabel('API key', { exact: true }).waitFor()
  })

  it('ends at once where the key is revoked', async () => {
    const { key, id } = await show.client.call(createKey, { body: { name: 'For a day' } })
    const page = await show.visit({ key })
    await fetch(`${show.address}/api/v1/api-keys/${id}`, {
      method: 'DELETE',
      headers: { authorization: `Bearer ${show.key}` },
    })
    await page.getByText('Key revoked.').waitFor()
  })
})

describe('the first load', () => {
  it('has the shell and the page that is shown, and no other page', async () => {
    const page = await show.visit({ path: '/goals' })
    const session = await page.context().newCDPSession(page)
    const files = new Map<string, string>()
    const sizes: number[] = []
    session.on('Network.responseReceived', ({ requestId, response }) => {
      const file = /\/assets\/(.+\.(?:js|css))$/.exec(response.url)?.[1]
      if (file !== undefined) files.set(requestId, file)
    })
    session.on('Network.loadingFinished', ({ requestId, encodedDataLength }) => {
      if (files.has(requestId)) sizes.push(encodedDataLength)
    })
    await session.send('Network.enable')
    await session.send('Network.setCacheDisabled', { cacheDisabled: true })
    await page.reload()
    await settle(page)
    const pages = [...files.values()].filter((file) => /-page-/.test(file)).map((file) => file.replace(/-page-.*/, ''))
    expect(pages).toEqual(['goals'])
    expect(sizes.length).toBeGreaterThan(2)
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThan(first_load_bytes_max)
  })
})

describe('the navigation', () => {
  /** Adds ten entries, and says by how many pixels what holds them is too small and whether the last one can be seen. */
  const withTenMore = (page: Page, name: string) =>
    page.getByRole('navigation', { name }).evaluate((navigation) => {
      const groups = [...navigation.querySelectorAll('[role=group]')]
      for (let at = 0; at < 10; at++) {
        const last = groups[at % groups.length]?.querySelector('a:last-of-type')
        last?.after(last.cloneNode(true))
      }
      const links = [...navigation.querySelectorAll('a')]
      const isSeen = links.every((link) => {
        const { left, bottom, width } = link.getBoundingClientRect()
        const element = document.elementFromPoint(left + width / 2, bottom - 2)
        return element !== null && link.contains(element)
      })
      const cut = links.filter((link) => [...link.children].some((part) => part.scrollWidth > part.clientWidth + 1))
      return { links: links.length, isSeen, cut: cut.map((link) => link.textContent) }
    })

  it('has room for twice as many pages on a laptop', async () => {
    const page = await show.visit({ viewport: { width: 1280, height: 720 } })
    await settle(page)
    expect(await withTenMore(page, 'Main')).toEqual({ links: 20, isSeen: true, cut: [] })
  })

  it('has room for twice as many pages on a phone, and closes with the page that it opens', async () => {
    const page = await show.visit({ viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true })
    await page.getByRole('button', { name: 'More' }).click()
    const menu = page.getByRole('dialog', { name: 'Menu' })
    await menu.getByRole('link', { name: 'Settings' }).waitFor()
    expect(await findings(page)).toEqual({ wcag: [], practice: [] })
    await menu.getByRole('link', { name: 'Settings' }).click()
    await page.getByRole('heading', { name: 'Settings', level: 1 }).waitFor()
    await menu.waitFor({ state: 'detached' })
    await page.getByRole('button', { name: 'More' }).click()
    await menu.getByRole('link', { name: 'Settings' }).waitFor()
    expect(await withTenMore(page, 'All pages')).toEqual({ links: 20, isSeen: true, cut: [] })
  })
})

describe('a key that may only read', () => {
  it('sees what it may not do, with the permission that it lacks', async () => {
    const { key } = await show.client.call(createKey, {
      body: { name: 'Onlooker', permissions: permissions.filter((name) => name.endsWith(':read')) },
    })
    const page = await show.visit({ key, path: '/goals' })
    const state = page.getByRole('button', { name: 'New goal' }).first()
    await state.waitFor()
    expect(await state.getAttribute('aria-disabled')).toBe('true')
    const reason = page.getByText('Requires the goals:write permission')
    await state.hover()
    await reason.waitFor()
    await page.mouse.move(0, 0)
    await reason.waitFor({ state: 'detached' })
    // By touch nothing hovers, so the press itself says why nothing happens.
    await state.click({ force: true })
    await reason.waitFor()
    expect(await state.getAttribute('aria-description')).toContain('goals:write')
    expect(new URL(page.url()).pathname).toBe('/goals')
  })
})

describe('both themes', () => {
  for (const [system, stored, expected] of [
    ['light', null, 'light'],
    ['dark', null, 'dark'],
    ['light', 'dark', 'dark'],
    ['dark', 'light', 'light'],
  ] as const) {
    it(`come without a flash: the system is ${system}, ${stored ?? 'nothing'} was chosen`, async () => {
      const page = await show.visit({ key: null, colorScheme: system })
      if (stored !== null) await page.evaluate((theme) => localStorage.setItem('muster.theme', theme), stored)
      await page.addInitScript(() => {
        const seen: string[] = []
        Object.assign(window, { seen_themes: seen })
        // Before the first element of the body can be painted, and again at every change until the page stands.
        const look = (): void => {
          if (document.body) seen.push(document.documentElement.dataset.theme ?? 'none')
        }
        new MutationObserver(look).observe(document, { childList: true, subtree: true, attributes: true })
      })
      await page.reload()
      await page.getByLabel('API key', { exact: true }).waitFor()
      const { seen, background } = await page.evaluate(() => ({
        seen: (window as unknown as { seen_themes: string[] }).seen_themes,
        background: getComputedStyle(document.body).backgroundColor,
      }))
      expect(seen.length).toBeGreaterThan(0)
      expect(new Set(seen)).toEqual(new Set([expected]))
      const lightness = Number(/[\d.]+/.exec(background)?.[0])
      expect(background).toMatch(/^(lab|oklch)\(/)
      expect(lightness > (background.startsWith('lab') ? 50 : 0.5) ? 'light' : 'dark').toBe(expected)
    })
  }

  it('are chosen from the menu, and follow the system where it is to decide', async () => {
    const page = await show.visit({ colorScheme: 'light' })
    const theme = () => page.evaluate(() => document.documentElement.dataset.theme)
    const choose = async (name: string) => {
      await page.getByRole('button', { name: /^Theme:/ }).click()
      await page.getByRole('menuitem', { name }).click()
    }
    await choose('Dark')
    expect(await theme()).toBe('dark')
    await page.reload()
    expect(await theme()).toBe('dark')
    await choose('System')
    expect(await theme()).toBe('light')
    await page.emulateMedia({ colorScheme: 'dark' })
    await expect.poll(theme).toBe('dark')
  })
})

describe('the promises of the answers', () => {
  it('allow no script inside the page, and none from elsewhere', async () => {
    for (const path of ['/', '/goals/1', '/approvals']) {
      const policy =
        (await fetch(`${show.address}${path}`, { headers: { accept: 'text/html' } })).headers.get(
          'content-security-policy',
        ) ?? ''
      const scripts = policy
        .split(';')
        .map((part) => part.trim())
        .find((part) => part.startsWith('script-src'))
      expect([path, scripts]).toEqual([path, `script-src 'self'`])
      expect(policy).toContain(`default-src 'none'`)
    }
  })

  it('are kept by the browser: an inline script does nothing, and the guard hears of it', async () => {
    const page = await show.visit()
    await page.evaluate(() => {
      const script = document.createElement('script')
      script.textContent = 'window.__pwned = 1'
      document.body.append(script)
    })
    expect(await page.evaluate(() => (window as { __pwned?: unknown }).__pwned)).toBeUndefined()
    await expect.poll(() => show.guard.faults.join()).toMatch(/broke its policy/)
    expect(show.guard.forgive(/broke its policy/)).toBeGreaterThan(0)
  })
})

describe('the guard', () => {
  it('knows the operations of the contract, by method and path', () => {
    expect(isDocumented('GET', '/api/v1/goals')).toBe(true)
    expect(isDocumented('GET', '/api/v1/goals/01a1f913-2978-7000-b56e-075bc9a2ee1d/graph')).toBe(true)
    expect(isDocumented('GET', '/ws')).toBe(true)
    expect(isDocumented('DELETE', '/api/v1/goals')).toBe(false)
    expect(isDocumented('GET', '/api/v1/page/data')).toBe(false)
  })

  it('hears of a private endpoint and of another origin', async () => {
    const page = await show.visit()
    await page.evaluate(() => fetch('/api/v1/page/data').catch(() => undefined))
    await page.evaluate(() => {
      const picture = new Image()
      picture.src = 'http://192.0.2.1/pixel.png'
    })
    await expect.poll(() => show.guard.faults.length).toBeGreaterThan(1)
    expect(show.guard.forgive(/no operation of the contract: GET \/api\/v1\/page\/data/)).toBe(1)
    show.guard.forgive(/another origin|broke its policy/)
  })
})
