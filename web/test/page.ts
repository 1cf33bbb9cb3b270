import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Client, createClient } from '@muster/sdk/client'
import type { Browser, BrowserContext, BrowserContextOptions, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, expect } from 'vitest'
import { type Place, place } from '../../server/test/e2e/muster.ts'
import { launchChromium } from './chromium.ts'
import { createGuard, type Guard } from './guard.ts'

export interface Visit extends BrowserContextOptions {
  /** The address behind the origin. */
  readonly path?: string
  /** Absent: the first key. null: nobody signs in. */
  readonly key?: string | null
  /** Instead of the program's own, such as a proxy's. */
  readonly origin?: string
}

/** The built program with a browser before it. Both end with the file's tests. */
export interface BrowserApp {
  readonly here: Place
  readonly guard: Guard
  readonly address: string
  readonly key: string
  /** Speaks to the program with the first key. */
  readonly client: Client
  /** A page in a browser profile of its own, in which somebody has signed in by typing a key. */
  visit(visit?: Visit): Promise<Page>
}

/** To be awaited at the top of a test file. After each test the guard must have found nothing. */
export async function browserApp(env: Readonly<Record<string, string>> = { MUSTER_SAMPLE: '0' }): Promise<BrowserApp> {
  const path = process.env.MUSTER_TEST_CHROMIUM
  if (!path) throw new Error('MUSTER_TEST_CHROMIUM is not set: run these tests by `npm test -- --browser`')
  const here = await place()
  const contexts = new Set<BrowserContext>()
  const origins = new Set<string>()
  const guard = createGuard(() => [...origins])
  let running: { readonly address: string; readonly key: string; readonly browser: Browser } | undefined
  const started = () => {
    if (running === undefined) throw new Error('the program starts before the first test, and not earlier')
    return running
  }

  beforeAll(async () => {
    const [{ address }, browser] = await Promise.all([here.running({ MUSTER_FAST: '1', ...env }), launchChromium(path)])
    running = { address, browser, key: readFileSync(join(here.directory, 'first-key'), 'utf8').trim() }
    origins.add(address)
  })
  afterEach(async () => {
    await Promise.all([...contexts].map((context) => context.close()))
    contexts.clear()
    const found = [...guard.faults]
    guard.forgive(/./)
    expect(found).toEqual([])
  })
  afterAll(() => running?.browser.close())

  return {
    here,
    guard,
    get address() {
      return started().address
    },
    get key() {
      return started().key
    },
    get client() {
      return createClient({ base_url: started().address, key: started().key })
    },
    async visit({ path: where = '/', key = started().key, origin = started().address, ...options } = {}) {
      origins.add(origin)
      const context = await started().browser.newContext({
        viewport: { width: 1440, height: 900 },
        reducedMotion: 'reduce',
        ...options,
      })
      contexts.add(context)
      guard.watch(context)
      const page = await context.newPage()
      page.setDefaultTimeout(15_000)
      await page.goto(`${origin}${where}`)
      if (key !== null) await signIn(page, key)
      return page
    },
  }
}

/** Types the key into the page that asks for it, and waits for the live feed. */
export async function signIn(page: Page, key: string): Promise<void> {
  await page.getByLabel('API key', { exact: true }).fill(key)
  await page.getByRole('button', { name: 'Sign in' }).click()
  await page.locator('[data-live="live"]').waitFor({ state: 'attached' })
}
