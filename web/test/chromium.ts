import { type Browser, chromium } from 'playwright-core'

/** A Chromium without a window, which speaks to nobody of its own accord. */
export function launchChromium(path: string): Promise<Browser> {
  const isRoot = process.getuid?.() === 0
  return chromium.launch({
    executablePath: path,
    headless: true,
    chromiumSandbox: !isRoot,
    args: [
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  })
}
