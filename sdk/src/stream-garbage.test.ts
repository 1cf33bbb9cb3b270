import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { expect, it } from 'vitest'
import { createClient } from './client.ts'
import { startScriptedServer, streaming } from './testing/scripted-server.ts'

setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc') as () => void

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
    for (let turn = 0; turn < 5; turn++) {
      await new Promise((resolve) => setTimeout(resolve, 2))
      collectGarbage()
    }
    outer.abort()
    // Where the abort is lost, it never ends.
    await following
  }
  expect(server.seen.length).toBe(5)
})
