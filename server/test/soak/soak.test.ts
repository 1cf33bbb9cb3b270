/** The short form of `npm run soak`: the embedded database under a small heap, and reads that would fill it many times. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { buildOnce, root } from '../e2e/muster.ts'
import { startServer } from '../kill/stage/server.ts'

const heap_mb = 64
/** The rows of all answers together are more than the heap has room for. */
const document_bytes = 400_000
const reads = 200
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
    const call = (method: string, path: string, body?: unknown) =>
      fetch(`${address}/api/v1${path}`, {
        headers,
        signal: AbortSignal.timeout(20_000),
        ...(body !== undefined && { method, body: JSON.stringify(body) }),
      })
    const made = await call('POST', '/projects', { name: 'Large' })
    const { data } = (await made.json()) as { data: { id: string } }
    const document = `/projects/${data.id}/documents/large`
    const value = 'x'.repeat(document_bytes)
    expect((await call('PUT', document, { value })).ok).toBe(true)
    let left = reads
    const reader = async (): Promise<void> => {
      while (left > 0) {
        left -= 1
        const response = await call('GET', document)
        expect(response.status).toBe(200)
        await response.arrayBuffer()
      }
    }
    await Promise.all(Array.from({ length: at_once }, reader))
    expect((await fetch(`${address}/health/ready`)).status).toBe(200)
  }, 300_000)
})
