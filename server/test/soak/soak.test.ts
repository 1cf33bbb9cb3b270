/** The short form of `npm run soak`: the embedded database under a small heap, and reads that would fill it many times. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { buildOnce, root } from '../e2e/muster.ts'
import { startServer } from '../kill/stage/server.ts'

const heap_mb = 64
const projects = 50
const description = 'What it is about. '.repeat(200)
/** The rows of all answers, 0.2 MB each, are more than the heap has room for. */
const reads = 450
const at_once = 4

describe.skipIf(process.env.DB === 'postgres')('under a small heap', async () => {
  await buildOnce()
  const directory = mkdtempSync(join(tmpdir(), 'muster-soak-test-'))
  const server = startServer({
    program: join(root, 'cli/bin/muster.js'),
    directory,
    environment: { NODE_OPTIONS: `--max-old-space-size=${heap_mb}` },
    arming: undefined,
  })
  afterAll(async () => {
    server.signal('SIGKILL')
    await server.ended
    rmSync(directory, { recursive: true, force: true })
  })

  it(`keeps nothing of ${reads} answers of the embedded database`, async () => {
    const address = await server.address
    const key = readFileSync(join(directory, 'first-key'), 'utf8').trim()
    const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' }
    const call = (path: string, body?: unknown) =>
      fetch(`${address}/api/v1${path}`, {
        headers,
        signal: AbortSignal.timeout(20_000),
        ...(body !== undefined && { method: 'POST', body: JSON.stringify(body) }),
      })
    for (let number = 0; number < projects; number += 1)
      expect((await call('/projects', { name: `Project ${number}`, description })).status).toBe(201)
    let left = reads
    const reader = async (): Promise<void> => {
      while (left > 0) {
        left -= 1
        const response = await call('/projects?limit=50')
        expect(response.status).toBe(200)
        await response.arrayBuffer()
      }
    }
    await Promise.all(Array.from({ length: at_once }, reader))
    expect((await fetch(`${address}/health/ready`)).status).toBe(200)
  }, 300_000)
})
