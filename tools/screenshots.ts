// `npm run screenshots [-- FOLDER [PATTERN]]`: a picture of every screen, or of those whose name fits the pattern, light and dark, empty and full, 1440 and 320 pixels wide.
import { spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { createClient } from '@muster/sdk/client'
import type { Browser } from 'playwright-core'
import { launchChromium } from '../web/test/chromium.ts'
import { fillOrganization } from '../web/test/full.ts'
import { emptyScreens, fullScreens, goTo, type Screen } from '../web/test/routes.ts'

interface Setup {
  obtainChromium(options: {
    install: boolean
    say: (text: string) => void
  }): Promise<{ path?: string; remedy?: string }>
}
interface Muster {
  readonly address: string
  readonly key: string
}

const say = (text: string) => process.stderr.write(`${text}\n`)
const folder = resolve(process.argv[2] ?? 'screenshots')
const wanted = new RegExp(process.argv[3] ?? '')
const widths = { '1440': { width: 1440, height: 900 }, '320': { width: 320, height: 640 } }
const themes = ['light', 'dark'] as const

// The file is JavaScript, since it runs where TypeScript may not be installed yet.
const { obtainChromium } = (await import(new URL('./setup/chromium.mjs', import.meta.url).href)) as Setup
const { path, remedy } = await obtainChromium({ install: true, say })
if (path === undefined) {
  say(remedy ?? '')
  process.exit(1)
}
mkdirSync(folder, { recursive: true })
const browser = await launchChromium(path)
const ending = new AbortController()
const data = mkdtempSync(join(tmpdir(), 'muster-screenshots-'))
const server = spawn(process.execPath, ['tools/start.mjs'], {
  env: { ...process.env, MUSTER_DATA_DIR: data, MUSTER_PORT: '0', MUSTER_SAMPLE: '0', MUSTER_FAST: '1' },
  stdio: ['ignore', 'ignore', 'pipe'],
})
try {
  const muster = { address: await addressOf(), key: readFileSync(join(data, 'first-key'), 'utf8').trim() }
  await pictures(browser, { muster, state: 'empty', screens: emptyScreens })
  const client = createClient({ base_url: muster.address, key: muster.key })
  const full = await fillOrganization(client, ending.signal)
  await pictures(browser, { muster, state: 'full', screens: fullScreens(full) })
  say(`The pictures are in ${folder}.`)
} finally {
  ending.abort()
  await browser.close()
  server.kill()
  await new Promise((done) => server.once('exit', done))
  rmSync(data, { recursive: true, force: true })
}

function addressOf(): Promise<string> {
  return new Promise((found, fail) => {
    let said = ''
    server.stderr.on('data', (chunk) => {
      said += String(chunk)
      const address = /Muster is running at (\S+)/.exec(said)?.[1]
      if (address !== undefined) found(address)
    })
    server.once('exit', () => fail(new Error(`Muster did not start: ${said}`)))
  })
}

async function pictures(
  with_browser: Browser,
  of: { readonly muster: Muster; readonly state: string; readonly screens: readonly Screen[] },
): Promise<void> {
  const { muster, state, screens } = of
  for (const [name, viewport] of Object.entries(widths)) {
    const isPhone = name === '320'
    const context = await with_browser.newContext({
      viewport,
      isMobile: isPhone,
      hasTouch: isPhone,
      reducedMotion: 'reduce',
    })
    const page = await context.newPage()
    await page.goto(muster.address)
    const field = page.getByLabel('API key', { exact: true })
    await field.waitFor()
    if (state === 'empty' && wanted.test('sign-in'))
      await page.screenshot({ path: join(folder, `sign-in-light-empty-${name}.png`) })
    await field.fill(muster.key)
    await page.getByRole('button', { name: 'Sign in' }).click()
    await page.locator('[data-live="live"]').waitFor({ state: 'attached' })
    for (const [screen, place] of screens.filter(([name]) => wanted.test(name))) {
      await goTo(page, place)
      for (const theme of themes) {
        await page.evaluate(`document.documentElement.dataset.theme = '${theme}'`)
        await page.screenshot({ path: join(folder, `${screen}-${theme}-${state}-${name}.png`) })
      }
    }
    await context.close()
  }
}
