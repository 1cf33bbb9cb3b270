import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, it } from 'vitest'
import { run } from './run.ts'
import { testIo } from './testing/fixtures.ts'

const folder = mkdtempSync(join(tmpdir(), 'muster-migrate-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** In a process of its own, since its settings are those of the process. */
async function migrate() {
  const program = fileURLToPath(new URL('./muster.ts', import.meta.url))
  const child = spawn(process.execPath, ['--import', 'tsx', program, 'migrate'], {
    env: { PATH: process.env.PATH, MUSTER_DATA_DIR: folder },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const outputChunks: string[] = []
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text) => outputChunks.push(text))
  const [code] = await once(child, 'close')
  return { code, said: outputChunks.join('') }
}

describe('muster migrate', () => {
  it('makes the database and brings it up to date, and has nothing to do the second time', async () => {
    const first = await migrate()
    expect([first.code, first.said]).toEqual([0, expect.stringContaining('"0001_platform_tables.sql"')])
    expect(existsSync(join(folder, 'database'))).toBe(true)
    const second = await migrate()
    expect([second.code, second.said.includes('0001_platform_tables')]).toEqual([0, false])
    expect(second.said).toContain('The database is up to date.')
  })

  it('down refuses, and names the backup', async () => {
    const io = testIo()
    expect(await run(['migrate', 'down'], io)).toBe(5)
    expect(io.err()).toContain('restore the backup')
  })
})
