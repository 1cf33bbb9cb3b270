import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { getArtifactContent } from '@muster/contract/artifacts/operations'
import { listGoals } from '@muster/contract/planner/goals/goal.operations'
import { expect, it } from 'vitest'
import { createClient } from './client.ts'
import { type Step, startScriptedServer, streaming } from './testing/scripted-server.ts'

setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc') as () => void

async function collectOften(): Promise<void> {
  for (let turn = 0; turn < 5; turn++) {
    await new Promise((resolve) => setTimeout(resolve, 2))
    collectGarbage()
  }
}

/** A head and a piece of a body that never goes on. */
const stalled =
  (status: number): Step =>
  (_request, response) => {
    response.writeHead(status, { 'content-type': 'application/json' }).write('{"a":')
  }

it('ends a download', async () => {
  await using server = await startScriptedServer()
  server.always('GET /api/v1/artifacts/a/content', stalled(200))
  const client = createClient({ base_url: server.base_url, key: 'k' })
  for (let times = 0; times < 3; times++) {
    const outer = new AbortController()
    const { content } = await client.download(getArtifactContent, { params: { id: 'a' }, signal: outer.signal })
    const reading = new Response(content).text()
    await collectOften()
    outer.abort(new Error('enough'))
    await expect(reading).rejects.toThrow()
  }
})

it('ends a call whose refusal breaks off in its middle, and a feed that falls silent in one', async () => {
  await using server = await startScriptedServer()
  server.always('GET /api/v1/goals', stalled(500))
  server.on('GET /api/v1/events/stream', stalled(502))
  server.always('GET /api/v1/events/stream', streaming([': hello\nid: 1\n\n'], 'stay'))
  const client = createClient({ base_url: server.base_url, key: 'k', attempts: 1 })
  const outer = new AbortController()
  const calling = client.call(listGoals, { query: {}, signal: outer.signal })
  const following = (async () => {
    for await (const _event of client.events({ signal: outer.signal, silence_ms: 50, backoff_ms: 1 }))
      throw new Error('there is none')
  })()
  const feeds = () => server.seen.filter(({ path }) => path.endsWith('/stream')).length
  while (feeds() < 2 || server.seen.length < 3) await new Promise((resolve) => setTimeout(resolve, 5))
  outer.abort()
  await expect(calling).rejects.toThrow()
  await following
})

it('ends when its signal aborts, however often garbage was collected in between', async () => {
  await using server = await startScriptedServer()
  server.always('GET /api/v1/events/stream', streaming([': hello\nid: 1\n\n'], 'stay'))
  const client = createClient({ base_url: server.base_url, key: 'k' })
  for (let times = 0; times < 5; times++) {
    const outer = new AbortController()
    const following = (async () => {
      for await (const _event of client.events({ signal: outer.signal })) throw new Error('there is none')
    })()
    while (server.seen.length <= times) await new Promise((resolve) => setTimeout(resolve, 1))
    await collectOften()
    outer.abort()
    // Where the abort is lost, it never ends.
    await following
  }
  expect(server.seen.length).toBe(5)
})
