import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, describe, expect, it, vi } from 'vitest'

interface Setup {
  findChromium(path: string): string | undefined
  obtainChromium(options: { install: boolean; say: (text: string) => void }): Promise<object>
}
// The file is JavaScript, since it runs where TypeScript may not be installed yet.
const { findChromium, obtainChromium } = (await import(new URL('./chromium.mjs', import.meta.url).href)) as Setup

const folder = mkdtempSync(join(tmpdir(), 'muster-chromium-'))
const said: string[] = []
const say = (text: string) => said.push(text)
afterEach(() => {
  vi.unstubAllEnvs()
  said.length = 0
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

function program(place: string, name: string, text = '#!/bin/sh\nexit 0\n'): string {
  mkdirSync(join(folder, place), { recursive: true })
  const file = join(folder, place, name)
  writeFileSync(file, text)
  chmodSync(file, 0o755)
  return file
}

describe('the browser of the tests', () => {
  it('is the one that the environment names, if it starts', async () => {
    const given = program('given', 'mine')
    vi.stubEnv('MUSTER_TEST_CHROMIUM', given)
    expect(await obtainChromium({ install: false, say })).toEqual({ path: given, from: 'MUSTER_TEST_CHROMIUM' })
    const broken = program('given', 'broken', '#!/bin/sh\nexit 1\n')
    vi.stubEnv('MUSTER_TEST_CHROMIUM', broken)
    expect(await obtainChromium({ install: false, say })).toEqual({ remedy: expect.stringContaining(broken) })
  })

  it('is else found by its names, Debian’s first', () => {
    const chrome = program('first', 'google-chrome')
    const chromium = program('second', 'chromium')
    writeFileSync(join(folder, 'first', 'chromium'), 'no program')
    const path = ['first', 'second'].map((place) => join(folder, place)).join(':')
    expect(findChromium(path)).toBe(chromium)
    expect(findChromium(join(folder, 'first'))).toBe(chrome)
    expect(findChromium('')).toBeUndefined()
  })

  it('is missing with a remedy where nothing may be installed', async () => {
    vi.stubEnv('MUSTER_TEST_CHROMIUM', '')
    vi.stubEnv('PATH', '')
    expect(await obtainChromium({ install: false, say })).toEqual({
      remedy: expect.stringMatching(/apt-get install chromium.*MUSTER_TEST_CHROMIUM/),
    })
    expect(said).toEqual([])
  })
})
