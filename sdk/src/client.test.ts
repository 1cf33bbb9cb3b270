import { getArtifactContent } from '@muster/contract/artifacts/operations'
import { createGoal, getGoal, listGoals } from '@muster/contract/planner/goals/goal.operations'
import { getHealthReady } from '@muster/contract/platform/operations'
import { getDocument } from '@muster/contract/state/operations'
import { completeRun } from '@muster/contract/worker/operations'
import { describe, expect, it } from 'vitest'
import { type Client, createClient } from './client.ts'
import { MusterError } from './errors.ts'
import {
  cut,
  fail,
  ok,
  type ScriptedServer,
  sendJson,
  startScriptedServer,
  streaming,
} from './testing/scripted-server.ts'

const id = '01890a5d-ac96-774b-bcce-b302099a8057'

async function setUp(): Promise<{ server: ScriptedServer; client: Client }> {
  const server = await startScriptedServer()
  return { server, client: createClient({ base_url: server.base_url, key: 'secret', backoff_ms: 1 }) }
}

describe('call', () => {
  it('sends the key, the parameters and the query, and unwraps the envelope', async () => {
    const { server, client } = await setUp()
    await using _server = server
    server.on(`GET /api/v1/projects/${id}/documents/goals%2Fa%20b`, ok({ document: 'goals/a b' }))
    const found = await client.call(getDocument, { params: { id, key: 'goals/a b' }, query: { version: 3 } })
    expect(found.document).toBe('goals/a b')
    expect(server.seen[0]?.headers.authorization).toBe('Bearer secret')
    expect(server.seen[0]?.query.get('version')).toBe('3')
  })

  it('throws the typed error of the server', async () => {
    const { server, client } = await setUp()
    await using _server = server
    server.on('POST /api/v1/worker/complete', fail('lease_lost', 'the lease of this run is lost', { value: 7 }))
    const call = client.call(completeRun, { body: { run_id: id, token: 7, output: {} } })
    const error = await call.catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(MusterError)
    expect(error).toMatchObject({ code: 'lease_lost', status: 409, detail: { value: 7 }, request_id: 'request-1' })
  })

  it('comes again after a cut connection and a 500, where that is harmless', async () => {
    const { server, client } = await setUp()
    await using _server = server
    server.on(`GET /api/v1/goals/${id}`, cut, fail('internal', 'a mistake of ours'), ok({ id, status: 'done' }))
    expect((await client.call(getGoal, { params: { id } })).status).toBe('done')
    expect(server.seen).toHaveLength(3)
  })

  it('repeats a POST only under an idempotency key', async () => {
    const { server, client } = await setUp()
    await using _server = server
    const body = { project_id: id, title: 'x' }
    server.on('POST /api/v1/goals', cut)
    await expect(client.call(createGoal, { body })).rejects.toMatchObject({ code: 'unreachable', status: 0 })
    server.on('POST /api/v1/goals', cut, ok({ id }, 202))
    expect((await client.call(createGoal, { body, idempotency_key: 'once' })).id).toBe(id)
    expect(server.seen.slice(1).map((request) => request.headers['idempotency-key'])).toEqual(['once', 'once'])
  })

  it('repeats any refusal, waiting as long as the server asks', async () => {
    const { server, client } = await setUp()
    await using _server = server
    const started = performance.now()
    server.on('POST /api/v1/goals', fail('unavailable', 'starting', { retry_after_ms: 60 }), ok({ id }, 202))
    await client.call(createGoal, { body: { project_id: id, title: 'x' } })
    expect(performance.now() - started).toBeGreaterThanOrEqual(55)
  })

  it('gives up after its tries with the last error', async () => {
    const { server, client } = await setUp()
    await using _server = server
    server.always(`GET /api/v1/goals/${id}`, fail('unavailable', 'starting', { retry_after_ms: 1 }))
    await expect(client.call(getGoal, { params: { id } })).rejects.toMatchObject({ code: 'unavailable' })
    expect(server.seen).toHaveLength(3)
  })

  it('says so when what answers is not Muster', async () => {
    const { server, client } = await setUp()
    await using _server = server
    server.on(`GET /api/v1/goals/${id}`, (_request, response) => void response.end('<html>hello</html>'))
    await expect(client.call(getGoal, { params: { id } })).rejects.toMatchObject({ code: 'protocol', status: 200 })
  })

  it('does not follow a redirect with the key in hand', async () => {
    const { server, client } = await setUp()
    await using _server = server
    server.always(
      `GET /api/v1/goals/${id}`,
      (_request, response) => void response.writeHead(302, { location: 'http://127.0.0.1:1/' }).end(),
    )
    await expect(client.call(getGoal, { params: { id } })).rejects.toMatchObject({ code: 'unreachable' })
  })

  it('takes an expected 503 of health as an answer', async () => {
    const { server, client } = await setUp()
    await using _server = server
    server.on('GET /health/ready', (_request, response) => sendJson(response, 503, { status: 'not_ready' }))
    expect(await client.call(getHealthReady)).toEqual({ status: 'not_ready' })
  })

  it('stops when its signal does', async () => {
    const { server, client } = await setUp()
    await using _server = server
    const controller = new AbortController()
    server.on(`GET /api/v1/goals/${id}`, () => controller.abort(new Error('enough')))
    await expect(client.call(getGoal, { params: { id }, signal: controller.signal })).rejects.toThrow('enough')
  })

  it('ends the wait for an answer that never comes', async () => {
    const { server } = await setUp()
    await using _server = server
    const client = createClient({ base_url: server.base_url, timeout_ms: 20, attempts: 1 })
    // Under load the time may be up before the request arrives.
    server.always(`GET /api/v1/goals/${id}`, () => {})
    await expect(client.call(getGoal, { params: { id } })).rejects.toThrow(/no answer within 20 ms/)
  })
})

describe('list', () => {
  it('goes through all pages and keeps the filters', async () => {
    const { server, client } = await setUp()
    await using _server = server
    server.on(
      'GET /api/v1/goals',
      ok({ items: [{ id: 'a' }, { id: 'b' }], next_cursor: 'two' }),
      ok({ items: [{ id: 'c' }] }),
    )
    const ids: string[] = []
    for await (const goal of client.list(listGoals, { query: { status: 'running' } })) ids.push(goal.id)
    expect(ids).toEqual(['a', 'b', 'c'])
    expect(server.seen.map((request) => request.url)).toEqual([
      '/api/v1/goals?status=running',
      '/api/v1/goals?status=running&cursor=two',
    ])
  })
})

describe('files', () => {
  it('are uploaded as multipart with their fields first', async () => {
    const { server, client } = await setUp()
    await using _server = server
    server.on('POST /api/v1/artifacts', ok({ items: [{ id }] }, 201))
    const made = await client.upload({ project_id: id, name: 'a/b.txt' }, [{ name: 'b.txt', content: 'héllo' }])
    expect(made[0]?.id).toBe(id)
    const text = server.seen[0]?.body.toString('utf8') ?? ''
    expect(server.seen[0]?.headers['content-type']).toMatch(/^multipart\/form-data; boundary=/)
    expect(text.indexOf('name="project_id"')).toBeLessThan(text.indexOf('name="file"; filename="b.txt"'))
    expect(text).toContain('héllo')
  })

  it('come back as a stream, a range of them too', async () => {
    const { server, client } = await setUp()
    await using _server = server
    server.on(`GET /api/v1/artifacts/${id}/content`, (request, response) => {
      expect(request.headers.range).toBe('bytes=0-2')
      response.writeHead(206, { 'content-type': 'text/plain', 'content-length': 3 }).end('abc')
    })
    const file = await client.download(getArtifactContent, { params: { id }, headers: { range: 'bytes=0-2' } })
    expect(file).toMatchObject({ media_type: 'text/plain', size_bytes: 3, status: 206 })
    expect(await new Response(file.content).text()).toBe('abc')
  })
})

describe('events', () => {
  const event = (number: number) => ({
    number,
    id,
    type: 'goal.done',
    at: '2026-01-01T00:00:00.000Z',
    organization_id: id,
    actor: { kind: 'system', id: 'system' },
    data: {},
  })
  const block = (number: number) => `id: ${number}\ndata: ${JSON.stringify(event(number))}\n\n`

  it('go on after a cut where they were, and none is seen twice', async () => {
    const { server, client } = await setUp()
    await using _server = server
    const whole = block(2)
    server.on(
      'GET /api/v1/events/stream',
      streaming([': hello\n\n', block(1), whole.slice(0, 30)], 'cut'),
      fail('unavailable', 'busy'),
      streaming([block(1), whole.slice(0, 10), whole.slice(10), block(3)], 'stay'),
    )
    const controller = new AbortController()
    const numbers: number[] = []
    for await (const found of client.events({ after: 0, signal: controller.signal, backoff_ms: 1 })) {
      numbers.push(found.number)
      if (found.number === 3) controller.abort()
    }
    expect(numbers).toEqual([1, 2, 3])
    expect(server.seen.map((request) => request.headers['last-event-id'])).toEqual([undefined, '1', '1'])
    expect(server.seen[0]?.query.get('after')).toBe('0')
  })

  it('go on where the server says when the cursor leads nowhere, and tell of it', async () => {
    const { server, client } = await setUp()
    await using _server = server
    const reset = { type: 'reset', reason: 'ahead', after: '9', cursor: 2 }
    server.always(
      'GET /api/v1/events/stream',
      streaming([`: events\nid: 2\nevent: reset\ndata: ${JSON.stringify(reset)}\n\n`, block(3)], 'stay'),
    )
    const resets: unknown[] = []
    for await (const { number } of client.events({ after: '9', onReset: (notice) => resets.push(notice) })) {
      expect(number).toBe(3)
      break
    }
    expect(resets).toEqual([reset])
  })

  it('start a new connection when one falls silent', async () => {
    const { server, client } = await setUp()
    await using _server = server
    // It gives one event a connection and says nothing more. A busy machine may be silent before the first one too.
    server.always('GET /api/v1/events/stream', (request, response) => {
      const last = Number(request.headers['last-event-id'] ?? 0)
      return streaming([block(last + 1)], 'stay')(request, response)
    })
    const numbers: number[] = []
    for await (const found of client.events({ backoff_ms: 1, silence_ms: 100 })) {
      numbers.push(found.number)
      if (found.number === 2) break
    }
    expect(numbers).toEqual([1, 2])
  })

  it('do not come again after a refusal that will not change', async () => {
    const { server, client } = await setUp()
    await using _server = server
    server.on('GET /api/v1/events/stream', fail('forbidden', 'journal:read is missing'))
    const read = async () => {
      for await (const _event of client.events()) throw new Error('there is none')
    }
    await expect(read()).rejects.toMatchObject({ code: 'forbidden' })
  })
})
