import { afterEach, describe, expect, it, vi } from 'vitest'

interface Setup {
  obtainBubblewrap(options: { install: boolean; say: (text: string) => void }): Promise<object>
}
// The file is JavaScript, since it runs where TypeScript may not be installed yet.
const { obtainBubblewrap } = (await import(new URL('./bubblewrap.mjs', import.meta.url).href)) as Setup

afterEach(() => vi.unstubAllEnvs())

describe('bubblewrap for the tests', () => {
  it.runIf(process.platform === 'linux')('is missing with a remedy where nothing may be installed', async () => {
    const said: string[] = []
    vi.stubEnv('PATH', '')
    expect(await obtainBubblewrap({ install: false, say: (text) => said.push(text) })).toEqual({
      remedy: expect.stringContaining('apt-get install bubblewrap'),
      expected: true,
    })
    expect(said).toEqual([])
  })
})
