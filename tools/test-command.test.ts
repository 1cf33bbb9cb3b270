import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'

const command = fileURLToPath(new URL('./test.mjs', import.meta.url))

async function npmTest(...args: readonly string[]) {
  const child = spawn(process.execPath, [command, ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
  const said: string[] = []
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text) => said.push(text))
  const [code] = await once(child, 'close')
  const text = said.join('')
  return { code, text, last: text.trimEnd().split('\n').at(-1) }
}

describe('npm test', () => {
  it('says in its last line what passed', async () => {
    const { code, last } = await npmTest('--db=pglite', 'contract/openapi/openapi.test.ts')
    expect([code, last]).toEqual([0, expect.stringMatching(/^[1-9]\d* passed, 0 failed$/)])
  })

  it('fails where nothing could be run', async () => {
    const { code, last } = await npmTest('--db=pglite', 'there-is-no-such-test')
    expect([code, last]).toEqual([1, '0 passed, 1 failed'])
  })

  it('refuses a database that it does not know', async () => {
    expect(await npmTest('--db=oracle')).toMatchObject({ code: 2, text: expect.stringContaining('pglite, postgres') })
  })
})
