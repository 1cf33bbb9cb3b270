import { connect } from 'node:net'
import { limits } from '@muster/contract/limits'
import { operation } from '@muster/contract/operation'
import type { Permission } from '@muster/contract/permissions'
import { json, text } from '@muster/contract/values'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { z } from 'zod'
import type { AuthenticatedCaller } from '../caller.ts'
import { MusterError } from '../errors.ts'
import { silent_log } from '../log.ts'
import { createMetrics } from '../metrics.ts'
import { answer, type Route, raw, route } from './route.ts'
import { createHttp, type HttpOptions } from './server.ts'

const shape = { audit: false, summary: 'For tests.' }
const note = z.strictObject({
  title: text({ min: 1, max: 20 }),
  deep: z.strictObject({ items: z.array(z.strictObject({ size: z.int() })) }).optional(),
  value: json().optional(),
})
const makeNote = operation({
  ...shape,
  id: 'notes.create',
  method: 'POST',
  path: '/api/v1/notes',
  permission: 'goals:write',
  limits: { body_bytes: 4096 },
  body: note,
  response: z.object({ title: z.string(), by: z.string() }),
  status: 201,
})
const getNote = operation({
  ...shape,
  id: 'notes.get',
  method: 'GET',
  path: '/api/v1/notes/{id}',
  permission: 'goals:read',
  params: z.strictObject({ id: text({ min: 1, max: 200 }) }),
  query: z.strictObject({ size: z.coerce.number<string>().int().max(5).optional() }),
  response: z.object({ id: z.string(), size: z.number() }),
})
const touchNote = operation({
  ...shape,
  id: 'notes.touch',
  method: 'POST',
  path: '/api/v1/notes/{id}/touch',
  permission: 'goals:write',
  limits: { requests_per_minute: 3 },
  params: z.strictObject({ id: z.string() }),
  response: z.object({ touched: z.boolean() }),
})
const listNotes = operation({
  ...shape,
  id: 'notes.list',
  method: 'GET',
  path: '/api/v1/notes',
  permission: ['journal:read', 'goals:write'],
  response: z.object({ listed: z.boolean() }),
})
const open = operation({
  ...shape,
  id: 'open',
  method: 'GET',
  path: '/open',
  permission: 'none',
  response: z.object({ ok: z.boolean() }),
  content: 'bare',
})
const fail = operation({
  ...shape,
  id: 'fail',
  method: 'GET',
  path: '/fail',
  permission: 'none',
  response: z.undefined(),
})
const bytes = operation({
  ...shape,
  id: 'bytes',
  method: 'GET',
  path: '/bytes',
  permission: 'none',
  response: z.undefined(),
  content: 'bytes',
})
const upload = operation({
  ...shape,
  id: 'upload',
  method: 'POST',
  path: '/upload',
  permission: 'artifacts:write',
  limits: { body_bytes: 100_000 },
  body: z.strictObject({ kind: text({ max: 10 }).optional() }),
  body_content: 'multipart',
  response: z.object({ kind: z.string(), files: z.array(z.string()) }),
})

const routes: readonly Route[] = [
  route(makeNote, ({ body, caller }) => ({ title: body.title, by: caller.principal.id })),
  route(getNote, ({ params, query }) => answer({ id: params.id, size: query.size ?? 0 }, { headers: { etag: '"7"' } })),
  route(touchNote, () => ({ touched: true })),
  route(listNotes, () => ({ listed: true })),
  route(open, () => answer({ ok: false }, { status: 503 })),
  route(fail, ({ headers }) => {
    if (headers['x-expected']) throw new MusterError('unavailable', 'Later.', { retry_after_ms: 1500 })
    throw new Error('the password is hunter2')
  }),
  route(bytes, () => raw(Buffer.from('abc'), { headers: { 'content-disposition': 'attachment' } })),
  route(upload, async ({ body, files }) => {
    const found: string[] = []
    for await (const file of files) {
      let size = 0
      for await (const chunk of file.content) size += chunk.length
      found.push(`${file.file_name} ${file.media_type} ${size}`)
    }
    return { kind: body.kind ?? '', files: found }
  }),
]

const principal = (key_id: string, permissions: readonly Permission[]): AuthenticatedCaller => ({
  organization_id: 'org',
  principal: { kind: 'key', id: key_id },
  agent_id: null,
  permissions: new Set(permissions),
})
const principals = new Map([
  ['good', principal('owner', ['goals:read', 'goals:write', 'artifacts:write'])],
  ['reader', principal('reader', ['goals:read'])],
])
const good = { authorization: 'Bearer good' }
const opened: { close(): Promise<void> }[] = []

function start(more: Partial<HttpOptions> = {}) {
  const { app } = createHttp({
    routes,
    authenticate: async (credential) => principals.get(credential),
    log: silent_log,
    metrics: createMetrics({ process: false }),
    behind_proxy: false,
    ...more,
  })
  opened.push(app)
  return app
}

afterEach(async () => {
  for (const app of opened.splice(0)) await app.close()
})

const post = (app: ReturnType<typeof start>, payload: unknown, headers: Record<string, string> = {}) =>
  app.inject({
    method: 'POST',
    url: '/api/v1/notes',
    headers: { ...good, 'content-type': 'application/json', ...headers },
    payload: typeof payload === 'string' ? payload : JSON.stringify(payload),
  })

describe('the envelope', () => {
  it('wraps what a handler gives', async () => {
    const answer = await post(start(), { title: 'hi' }, { 'x-request-id': 'mine-1' })
    expect(answer.statusCode).toBe(201)
    expect(answer.json()).toEqual({
      success: true,
      data: { title: 'hi', by: 'owner' },
      error: null,
      metadata: { timestamp: expect.stringMatching(/^\d{4}-.*Z$/), request_id: 'mine-1' },
    })
    expect(answer.headers).toMatchObject({
      'x-request-id': 'mine-1',
      'x-content-type-options': 'nosniff',
      'cache-control': 'no-store',
    })
    expect(answer.headers['access-control-allow-origin']).toBeUndefined()
  })

  it('makes a request id where none came, or one that cannot stand in a line', async () => {
    for (const given of [undefined, 'two words', 'x'.repeat(129)]) {
      const answer = await start().inject({
        url: '/open',
        headers: given === undefined ? {} : { 'x-request-id': given },
      })
      expect(answer.headers['x-request-id']).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7/)
    }
  })

  it('gives bare answers and files as they are', async () => {
    const app = start()
    const bare = await app.inject('/open')
    expect([bare.statusCode, bare.json()]).toEqual([503, { ok: false }])
    const file = await app.inject('/bytes')
    expect([file.body, file.headers['content-type'], file.headers['content-disposition']]).toEqual([
      'abc',
      'application/octet-stream',
      'attachment',
    ])
  })

  it('tells expected failures and hides the others', async () => {
    const lines: object[] = []
    const log = { ...silent_log, error: (fields: object) => void lines.push(fields) }
    const app = start({ log })
    const expected = await app.inject({ url: '/fail', headers: { 'x-expected': '1' } })
    expect(expected.statusCode).toBe(503)
    expect(expected.headers['retry-after']).toBe('2')
    expect(expected.json().error).toMatchObject({
      code: 'unavailable',
      message: 'Later.',
      detail: { retry_after_ms: 1500 },
    })
    const hidden = await app.inject({ url: '/fail', headers: { 'x-request-id': 'find-me' } })
    expect(hidden.statusCode).toBe(500)
    expect(hidden.json().error).toMatchObject({ code: 'internal', request_id: 'find-me' })
    expect(hidden.body).not.toContain('hunter2')
    expect(lines).toEqual([
      expect.objectContaining({ request_id: 'find-me', operation: 'fail', err: expect.any(Error) }),
    ])
  })
})

describe('paths', () => {
  it('ignores a trailing slash', async () => {
    const answer = await start().inject({ url: '/api/v1/notes/a/?size=2', headers: good })
    expect(answer.json().data).toEqual({ id: 'a', size: 2 })
    expect(answer.headers.etag).toBe('"7"')
  })

  it('answers what it does not know with 404, and another method with 405, in the envelope and before the key', async () => {
    const app = start()
    const unknown = await app.inject('/api/v1/nothing')
    expect([unknown.statusCode, unknown.json().error.code]).toEqual([404, 'not_found'])
    const method = await app.inject({ method: 'DELETE', url: '/api/v1/notes/a/' })
    expect([method.statusCode, method.json().error.code, method.headers.allow]).toEqual([
      405,
      'method_not_allowed',
      'GET',
    ])
    const broken = await app.inject('/api/v1/notes/%zz')
    expect([broken.statusCode, broken.json().error.code]).toEqual([400, 'unparseable'])
    const long = await app.inject({ url: `/api/v1/notes/${'x'.repeat(5000)}`, headers: good })
    expect(long.statusCode).toBeGreaterThanOrEqual(400)
    expect(long.statusCode).toBeLessThan(500)
  })

  it('takes names with slashes and other characters when they are escaped', async () => {
    const answer = await start().inject({ url: `/api/v1/notes/${encodeURIComponent('goals/é/ü')}`, headers: good })
    expect(answer.json().data.id).toBe('goals/é/ü')
  })
})

describe('who may call', () => {
  it('takes a bearer token or a key header, and refuses others', async () => {
    const app = start()
    const url = '/api/v1/notes/a'
    const status = async (headers: Record<string, string>) => (await app.inject({ url, headers })).statusCode
    expect(await status({ authorization: 'bearer good' })).toBe(200)
    expect(await status({ 'x-api-key': 'good' })).toBe(200)
    expect(await status({})).toBe(401)
    expect(await status({ authorization: 'Basic good' })).toBe(401)
    const refused = await app.inject({ url, headers: { 'x-api-key': 'bad' } })
    expect([refused.statusCode, refused.json().error.code, refused.headers['www-authenticate']]).toEqual([
      401,
      'unauthenticated',
      'Bearer realm="muster"',
    ])
  })

  it('names the permission that is missing', async () => {
    const answer = await post(start(), { title: 'hi' }, { authorization: 'Bearer reader' })
    expect(answer.statusCode).toBe(403)
    expect(answer.json().error).toMatchObject({ code: 'forbidden', detail: { permission: 'goals:write' } })
  })

  it('lets in whoever has one of several permissions, and names all where there is none', async () => {
    const list = (key: string) =>
      start().inject({ method: 'GET', url: '/api/v1/notes', headers: { authorization: `Bearer ${key}` } })
    expect((await list('good')).statusCode).toBe(200)
    const answer = await list('reader')
    expect([answer.statusCode, answer.json().error.detail.permission]).toEqual([403, 'journal:read or goals:write'])
  })

  describe('that fails', () => {
    const max = limits.failed_authentications_per_minute_max

    function guarded() {
      const state = { now: 0, looked_up: 0, at_once: 0, at_once_most: 0, hold: Promise.resolve() }
      const app = start({
        now: () => state.now,
        async authenticate(credential) {
          state.looked_up += 1
          state.at_once += 1
          state.at_once_most = Math.max(state.at_once_most, state.at_once)
          await state.hold
          state.at_once -= 1
          if (credential === 'ended') throw new MusterError('unauthenticated', 'The run of this key has ended.')
          return principals.get(credential)
        },
      })
      const send = (key: string) => app.inject({ url: '/api/v1/notes/a', headers: { 'x-api-key': key } })
      return { state, send, status: async (key: string) => (await send(key)).statusCode }
    }

    it('often is refused for a minute without a look, and no other key from its address', async () => {
      const { state, send, status } = guarded()
      for (let attempts = 0; attempts < max; attempts += 1) expect(await status('dead')).toBe(401)
      state.looked_up = 0
      const held = await send('dead')
      expect([held.statusCode, held.json().error.code, held.headers['retry-after']]).toEqual([
        429,
        'rate_limited',
        '60',
      ])
      expect(state.looked_up).toBe(0)
      expect([await status('good'), await status('reader'), await status('other')]).toEqual([200, 200, 401])
      state.now += 60_001
      expect(await status('dead')).toBe(401)
    })

    it('in many different ways is slowed, and a good key is still looked up', async () => {
      const { state, status } = guarded()
      for (let attempts = 0; attempts < max; attempts += 1) expect(await status(`bad${attempts}`)).toBe(401)
      expect([await status('one more'), await status('good')]).toEqual([429, 200])
      let release = (): void => {}
      state.hold = new Promise((resolve) => {
        release = resolve
      })
      const { guessed_lookups_at_once_max: at_once, guessed_lookups_waiting_max: waiting } = limits
      const sent = Array.from({ length: at_once + waiting + 5 }, (_, at) => status(`guess${at}`))
      // Those for whom there is no place are answered while the others wait.
      await Promise.race(sent)
      state.hold = Promise.resolve()
      release()
      expect(new Set(await Promise.all(sent))).toEqual(new Set([429]))
      expect(state.at_once_most).toBe(at_once)
      expect(await status('reader')).toBe(200)
      state.now += 60_001
      expect(await status('one more')).toBe(401)
    })

    it('since its time is over counts for nothing', async () => {
      const { status } = guarded()
      for (let attempts = 0; attempts < 2 * max; attempts += 1) expect(await status('ended')).toBe(401)
      expect([await status('other'), await status('reader')]).toEqual([401, 200])
    })
  })

  it('limits requests where the operation or a policy says so', async () => {
    const app = start({ rates: async () => ({ per_key: 4 }) })
    const touch = () => app.inject({ method: 'POST', url: '/api/v1/notes/a/touch', headers: good })
    const statuses: number[] = []
    for (let count = 0; count < 4; count += 1) statuses.push((await touch()).statusCode)
    expect(statuses).toEqual([200, 200, 200, 429])
    expect((await app.inject({ url: '/api/v1/notes/a', headers: good })).statusCode).toBe(200)
    expect((await app.inject({ url: '/api/v1/notes/a', headers: good })).statusCode).toBe(429)
  })
})

describe('bodies', () => {
  it('checks key, permission and size before the body', async () => {
    const app = start()
    const big = JSON.stringify({ title: 'x'.repeat(5000) })
    expect((await post(app, big, { authorization: 'Bearer reader' })).statusCode).toBe(403)
    const answer = await post(app, big)
    expect([answer.statusCode, answer.json().error.code, answer.json().error.detail.limit]).toEqual([
      413,
      'too_large',
      4096,
    ])
  })

  it('counts a body that does not say how long it is', async () => {
    const app = start()
    const url = await app.listen({ port: 0, host: '127.0.0.1' })
    const stream = new ReadableStream<Uint8Array>({
      start(controller) {
        for (let part = 0; part < 10; part += 1) controller.enqueue(new TextEncoder().encode('x'.repeat(1000)))
        controller.close()
      },
    })
    const answer = await fetch(`${url}/api/v1/notes`, {
      method: 'POST',
      headers: { ...good, 'content-type': 'application/json' },
      body: stream,
      duplex: 'half',
    } as RequestInit)
    expect(answer.status).toBe(413)
  })

  it('takes JSON only, in UTF-8', async () => {
    const app = start()
    const status = async (type: string) => (await post(app, { title: 'hi' }, { 'content-type': type })).statusCode
    expect(await status('application/json; charset=utf-8')).toBe(201)
    expect(await status('application/merge-patch+json')).toBe(201)
    expect(await status('text/plain')).toBe(415)
    expect(await status('application/json; charset=latin1')).toBe(415)
    expect(await status('nonsense')).toBe(415)
    const bytes = await app.inject({
      method: 'POST',
      url: '/api/v1/notes',
      headers: { ...good, 'content-type': 'application/json' },
      payload: Buffer.from([0x22, 0xff, 0x22]),
    })
    expect([bytes.statusCode, bytes.json().error.code]).toEqual([400, 'unparseable'])
  })

  it('tells what cannot be read from what does not fit', async () => {
    const app = start()
    const error = async (payload: unknown) => {
      const answer = await post(app, payload)
      return [answer.statusCode, answer.json().error.code, answer.json().error.detail]
    }
    expect(await error('{"title":')).toEqual([400, 'unparseable', expect.anything()])
    expect(await error('')).toEqual([422, 'invalid', { field: 'title' }])
    expect(await error({ title: 7 })).toEqual([422, 'invalid', { field: 'title', value: 7 }])
    expect(await error({ title: 'a\0b' })).toEqual([422, 'invalid', { field: 'title', value: 'a\0b' }])
    expect(await error({ title: 'hi', deep: { items: [{ size: 1 }, { size: 'x' }] } })).toEqual([
      422,
      'invalid',
      { field: 'deep.items.1.size', value: 'x' },
    ])
    expect(await error({ title: 'hi', extra: 1 })).toEqual([422, 'invalid', { field: 'extra', value: 1 }])
    expect(await error('[]')).toEqual([422, 'invalid', { field: '' }])
    expect(await error('{"title":"hi","value":{"__proto__":{"a":1}}}')).toEqual([
      422,
      'invalid',
      { field: '__proto__' },
    ])
    expect(await error('{"title":"hi","value":{"\\u005f_proto__":1}}')).toEqual([
      422,
      'invalid',
      { field: '__proto__' },
    ])
    expect((await post(app, '{"title":"__proto__"}')).statusCode).toBe(201)
  })

  it('never repeats what is large', async () => {
    const app = start()
    const value = await post(app, { title: 'y'.repeat(3000) })
    const name = await post(app, { title: 'hi', ['z'.repeat(3000)]: 1 })
    expect([value.statusCode, name.statusCode]).toEqual([422, 422])
    expect(value.body.length).toBeLessThan(1000)
    expect(name.body.length).toBeLessThan(1500)
  })

  it('refuses depth without falling over', async () => {
    const app = start()
    const deep = (levels: number) => `{"title":"hi","value":${'['.repeat(levels)}${']'.repeat(levels)}}`
    expect((await post(app, deep(limits.json_depth_max))).statusCode).toBe(201)
    expect((await post(app, deep(limits.json_depth_max + 2))).statusCode).toBe(422)
    expect((await post(app, deep(2000))).statusCode).toBe(422)
    expect((await post(app, `{"title":"[[[[","value":"${'['.repeat(500)}\\"["}`)).statusCode).toBe(201)
  })

  it('lets an empty body or an empty object pass where none is wanted', async () => {
    const app = start()
    const touch = (payload?: string) =>
      app.inject({
        method: 'POST',
        url: '/api/v1/notes/a/touch',
        headers: { ...good, 'content-type': 'application/json' },
        ...(payload === undefined ? {} : { payload }),
      })
    expect((await touch()).statusCode).toBe(200)
    expect((await touch('{}')).statusCode).toBe(200)
    expect((await touch('{"a":1}')).statusCode).toBe(422)
  })

  it('are taken as they are, and refused where they are packed', async () => {
    const send = async (encoding: string, payload = '{"title":"x"}') => {
      const headers = { ...good, 'content-type': 'application/json', 'content-encoding': encoding }
      const answer = await start().inject({ method: 'POST', url: '/api/v1/notes', headers, payload })
      return [answer.statusCode, answer.json().error?.code]
    }
    const [plain, plainly] = [await send(''), await send('identity')]
    expect([plain?.[0], plainly?.[0]]).not.toContain(415)
    for (const encoding of ['gzip', 'GZIP', 'br', 'deflate', 'zstd', 'identity, gzip', 'x-unknown', 'gzip, identity'])
      expect(await send(encoding)).toEqual([415, 'media_type'])
    expect(
      (await start().inject({ url: '/api/v1/notes/a', headers: { ...good, 'content-encoding': 'gzip' } })).statusCode,
    ).toBe(200)
  })

  it('parses the query, and refuses what is not known in it', async () => {
    const app = start()
    const field = async (query: string) =>
      (await app.inject({ url: `/api/v1/notes/a?${query}`, headers: good })).json().error?.detail.field
    expect(await field('size=3')).toBeUndefined()
    expect(await field('size=9')).toBe('size')
    expect(await field('size=1&size=2')).toBe('size')
    expect(await field('other=1')).toBe('other')
  })
})

describe('forms', () => {
  const form = (parts: readonly (readonly [string, string, string?])[]) => {
    const boundary = 'cut-here'
    const lines = parts.map(([name, content, file]) => {
      const named = file === undefined ? '' : `; filename="${file}"\r\nContent-Type: text/markdown`
      return `--${boundary}\r\nContent-Disposition: form-data; name="${name}"${named}\r\n\r\n${content}\r\n`
    })
    return {
      headers: { ...good, 'content-type': `multipart/form-data; boundary=${boundary}` },
      payload: `${lines.join('')}--${boundary}--\r\n`,
    }
  }
  const send = (parts: readonly (readonly [string, string, string?])[]) =>
    start().inject({ method: 'POST', url: '/upload', ...form(parts) })

  it('gives fields as the body and files one after the other, with their folders', async () => {
    const answer = await send([
      ['kind', 'notes'],
      ['file', 'one', 'a/b.md'],
      ['file', 'three', 'c.md'],
    ])
    expect(answer.json().data).toEqual({ kind: 'notes', files: ['a/b.md text/markdown 3', 'c.md text/markdown 5'] })
  })

  it('refuses fields that do not fit, come late or twice, and parts of another name', async () => {
    const field = async (parts: readonly (readonly [string, string, string?])[]) => {
      const answer = await send(parts)
      return [answer.statusCode, answer.json().error?.detail.field]
    }
    expect(
      await field([
        ['other', 'x'],
        ['file', 'x', 'a'],
      ]),
    ).toEqual([422, 'other'])
    expect(
      await field([
        ['kind', 'much too long'],
        ['file', 'x', 'a'],
      ]),
    ).toEqual([422, 'kind'])
    expect(
      await field([
        ['file', 'x', 'a'],
        ['kind', 'late'],
      ]),
    ).toEqual([422, 'kind'])
    expect(
      await field([
        ['kind', 'a'],
        ['kind', 'b'],
      ]),
    ).toEqual([422, 'kind'])
    expect(await field([['attachment', 'x', 'a']])).toEqual([422, 'attachment'])
    expect((await field([['__proto__', 'x']]))[0]).toBeLessThan(500)
  })

  it('takes a form only', async () => {
    const answer = await start().inject({
      method: 'POST',
      url: '/upload',
      headers: { ...good, 'content-type': 'application/json' },
      payload: '{}',
    })
    expect(answer.statusCode).toBe(415)
  })
})

describe('the log', () => {
  it('has one line for each request, with what it was about and no key', async () => {
    const lines: object[] = []
    const app = start({ log: { ...silent_log, info: (fields) => void lines.push(fields) } })
    await app.inject({ url: '/api/v1/notes/a?size=1', headers: { ...good, 'x-request-id': 'r1' } })
    await app.inject({ url: '/api/v1/secret-looking?token=abc' })
    expect(lines).toEqual([
      {
        request_id: 'r1',
        operation: 'notes.get',
        method: 'GET',
        status: 200,
        ms: expect.any(Number),
        organization_id: 'org',
        caller_id: 'owner',
      },
      {
        request_id: expect.any(String),
        operation: undefined,
        method: 'GET',
        status: 404,
        ms: expect.any(Number),
        path: '/api/v1/secret-looking',
      },
    ])
  })

  it('measures', async () => {
    const metrics = createMetrics({ process: false })
    await start({ metrics }).inject('/open')
    expect(await metrics.text()).toContain('muster_http_request_seconds_count{operation="open",status="5xx"} 1')
  })
})

describe('over a real connection', () => {
  const ticking = operation({
    ...shape,
    id: 'ticks',
    method: 'GET',
    path: '/ticks',
    permission: 'none',
    response: z.unknown(),
    content: 'events',
  })

  function ticks() {
    const ended: string[] = []
    const watched = route(ticking, ({ signal }) => {
      async function* stream() {
        yield ': here\n\n'
        await new Promise((resolve) => signal.addEventListener('abort', resolve))
        ended.push(String(signal.reason))
      }
      return raw(stream())
    })
    return { ended, app: start({ routes: [...routes, watched] }) }
  }

  it('streams at once, and notices that the client has gone', async () => {
    const { ended, app } = ticks()
    const url = await app.listen({ port: 0, host: '127.0.0.1' })
    const controller = new AbortController()
    const stream = await fetch(`${url}/ticks`, { signal: controller.signal })
    expect(stream.headers.get('content-type')).toBe('text/event-stream; charset=utf-8')
    const reader = stream.body?.getReader()
    expect(new TextDecoder().decode((await reader?.read())?.value)).toBe(': here\n\n')
    controller.abort()
    await vi.waitFor(() => expect(ended).toEqual(['Error: the client has gone']))
  })

  it('ends streams when the server closes', async () => {
    const { ended, app } = ticks()
    const url = await app.listen({ port: 0, host: '127.0.0.1' })
    const stream = await fetch(`${url}/ticks`)
    await app.close()
    expect(await stream.text()).toBe(': here\n\n')
    expect(ended).toEqual(['Error: the server is stopping'])
  })

  it('answers a body that is far too large without breaking the connection', async () => {
    const app = start()
    const url = await app.listen({ port: 0, host: '127.0.0.1' })
    const body = JSON.stringify({ title: 'x'.repeat(5 * 1024 * 1024) })
    const headers = { ...good, 'content-type': 'application/json' }
    for (let count = 0; count < 3; count += 1) {
      const answer = await fetch(`${url}/api/v1/notes`, { method: 'POST', headers, body })
      expect([answer.status, await answer.json()]).toMatchObject([413, { error: { code: 'too_large' } }])
    }
  })

  it('answers what is no HTTP in the envelope', async () => {
    const app = start()
    const { port } = new URL(await app.listen({ port: 0, host: '127.0.0.1' }))
    const socket = connect(Number(port), '127.0.0.1')
    socket.write('NONSENSE\r\n\r\n')
    let heard = ''
    for await (const chunk of socket) heard += chunk
    expect(heard).toMatch(/^HTTP\/1\.1 400 .*"code":"unparseable"/s)
  })
})
