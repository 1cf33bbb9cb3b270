import { session } from '@muster/contract/identity/sessions'
import { limits } from '@muster/contract/limits'
import { afterEach, describe, expect, it } from 'vitest'
import { testDatabase } from '../../../test/database.ts'
import { createRequestTransactions } from '../../platform/db/request-transactions.ts'
import { createHttp, type HttpOptions } from '../../platform/http/server.ts'
import { silent_log } from '../../platform/log.ts'
import { createMetrics } from '../../platform/metrics.ts'
import { connectedExtensions } from '../../platform/module/extension-point.ts'
import { identityRoutes } from './identity.routes.ts'
import { createIdentity } from './identity.service.ts'

const database = await testDatabase()
const identity = createIdentity({
  db: database.db,
  transactions: createRequestTransactions(database.db),
  journal: database.journal,
  extensions: connectedExtensions(),
})
const made = await identity.createOrganization('Some people')
const { key } = made
const own = 'http://muster.test:7700'
const opened: { close(): Promise<void> }[] = []
afterEach(async () => {
  for (const app of opened.splice(0)) await app.close()
})

function start(more: Partial<HttpOptions> = {}) {
  const { app } = createHttp({
    routes: identityRoutes(identity),
    authenticate: identity.authenticate,
    log: silent_log,
    metrics: createMetrics({ process: false }),
    behind_proxy: false,
    ...more,
  })
  opened.push(app)
  type Method = 'GET' | 'HEAD' | 'POST' | 'DELETE'
  return async (
    method: Method,
    headers: Record<string, string | undefined> = {},
    payload?: object,
    path = 'session',
  ) => {
    const present = Object.entries({ host: 'muster.test:7700', ...headers }).filter(([, value]) => value !== undefined)
    const answer = await app.inject({
      method,
      url: `/api/v1/${path}`,
      headers: Object.fromEntries(present),
      ...(payload && { payload }),
    })
    return { status: answer.statusCode, headers: answer.headers, body: answer.body === '' ? {} : answer.json() }
  }
}

const cookie = `muster_key=${key}`
const attributes = 'Path=/; Max-Age=2592000; HttpOnly; SameSite=Strict'
const cleared = 'muster_key=; Path=/; Max-Age=0; HttpOnly; SameSite=Strict'

describe('a session', () => {
  it('is opened with a key, which only the cookie holds from then on', async () => {
    const send = start()
    const answer = await send('POST', { origin: own }, { key })
    expect([answer.status, answer.headers['set-cookie']]).toEqual([200, `muster_key=${key}; ${attributes}`])
    expect(session.parse(answer.body.data)).toMatchObject({ key_id: made.key_id, name: 'first key' })
    expect(JSON.stringify(answer.body)).not.toContain(key)
    const again = await send('GET', { cookie: `theme=dark; ${cookie}; muster_key=other` })
    expect(again.body.data).toEqual(answer.body.data)
    expect(again.headers['set-cookie']).toBeUndefined()
    expect((await send('HEAD', { cookie })).status).toBe(200)
  })

  it('is told to any key, and to no request without one', async () => {
    const { key: narrow } = await identity.keys.create(
      { ...(await callerOf(key)), request_id: 'r' },
      { name: 'Narrow', permissions: ['goals:read'] },
    )
    const send = start()
    const answer = await send('GET', { authorization: `Bearer ${narrow}` })
    expect(answer.body.data).toMatchObject({ name: 'Narrow', permissions: ['goals:read'] })
    expect((await send('GET')).body.error.code).toBe('unauthenticated')
  })

  it('is closed by clearing the cookie, twice too', async () => {
    const send = start()
    for (const headers of [{ cookie, origin: own }, { origin: own }, {}]) {
      const answer = await send('DELETE', headers)
      expect([answer.status, answer.body.data]).toEqual([200, { closed: true }])
      expect(answer.headers['set-cookie']).toBe(cleared)
    }
    expect((await send('GET', { cookie })).status).toBe(200)
  })

  it('is secure where TLS is, as the last proxy says', async () => {
    const behind = start({ behind_proxy: true })
    const forwarded = (proto: string) => ({ 'x-forwarded-proto': proto, 'x-forwarded-host': 'here.example' })
    const secure = await behind('POST', { ...forwarded('http, https'), origin: 'https://here.example' }, { key })
    expect(secure.headers['set-cookie']).toBe(`muster_key=${key}; ${attributes}; Secure`)
    expect((await behind('DELETE', forwarded('https'))).headers['set-cookie']).toBe(`${cleared}; Secure`)
    const clear = await behind('POST', { ...forwarded('https, http'), origin: 'http://here.example' }, { key })
    expect(clear.headers['set-cookie']).toBe(`muster_key=${key}; ${attributes}`)
    const alone = await start()('POST', forwarded('https'), { key })
    expect(alone.headers['set-cookie']).toBe(`muster_key=${key}; ${attributes}`)
  })

  it('counts a wrong key in either place, and against no other', async () => {
    const send = start()
    const wrong = { key: `mk_${'A'.repeat(43)}` }
    for (let attempts = 1; attempts <= limits.failed_authentications_per_minute_max; attempts += 1) {
      const answer =
        attempts % 2 === 0 ? await send('POST', {}, wrong) : await send('GET', { authorization: `Bearer ${wrong.key}` })
      expect([answer.status, answer.headers['set-cookie']]).toEqual([401, undefined])
    }
    expect((await send('POST', {}, wrong)).status).toBe(429)
    expect((await send('POST', {}, { key })).status).toBe(200)
  })

  it('is refused and forgotten with a revoked key, and with garbage', async () => {
    const caller = { ...(await callerOf(key)), request_id: 'r' }
    const spare = await identity.keys.create(caller, { name: 'Spare' })
    const send = start()
    expect((await send('GET', { cookie: `muster_key=${spare.key}` })).status).toBe(200)
    await identity.keys.revoke(caller, spare.id)
    for (const value of [spare.key, 'garbage', '"', '%00%ff', '=;=', 'é'.repeat(3), 'x'.repeat(4_000)]) {
      const answer = await send('GET', { cookie: `muster_key=${value}` })
      expect([answer.status, answer.headers['set-cookie']]).toEqual([401, cleared])
    }
    for (const nothing of ['', 'muster_key', 'muster_key=', 'xmuster_key=1', ';;;='])
      expect((await send('GET', { cookie: nothing })).body.error.message).toBe('The request has no API key.')
  })

  it('gives way to a key in a header', async () => {
    const send = start()
    expect((await send('GET', { cookie, authorization: 'Bearer wrong' })).status).toBe(401)
    expect((await send('GET', { cookie: 'muster_key=wrong', 'x-api-key': key })).status).toBe(200)
  })
})

describe('the origin', () => {
  const foreign = ['http://evil.example', 'http://muster.test', 'https://muster.test:7700', 'null', `${own}/`, '', '::']
  const body = { name: 'Another' }

  it('must be the server’s own for what a cookie lets change', async () => {
    const send = start()
    expect((await send('POST', { cookie, origin: own }, body, 'api-keys')).status).toBe(201)
    for (const origin of [...foreign, undefined]) {
      const { status, body: answer } = await send('POST', { cookie, origin }, body, 'api-keys')
      expect([origin, status, answer.error.code]).toEqual([origin, 403, 'forbidden'])
      expect(answer.error.message).toContain(own)
      expect(answer.error.detail.remedy).toContain('X-Forwarded-Proto')
      if (origin) expect(answer.error.message).toContain(origin)
    }
    const deleted = await send('DELETE', { cookie }, undefined, `api-keys/${made.key_id}`)
    expect(deleted.body.error.code).toBe('forbidden')
  })

  it('must be it for opening and closing, where it is said', async () => {
    const send = start()
    expect((await send('POST', {}, { key })).status).toBe(200)
    for (const origin of foreign) {
      const answer = await send('POST', { origin }, { key })
      expect([answer.status, answer.headers['set-cookie']]).toEqual([403, undefined])
      expect((await send('DELETE', { origin })).status).toBe(403)
    }
  })

  it('concerns neither reading nor keys in headers', async () => {
    const send = start()
    for (const origin of [...foreign, undefined]) {
      expect((await send('GET', { cookie, origin })).status).toBe(200)
      expect((await send('POST', { 'x-api-key': key, cookie, origin }, body, 'api-keys')).status).toBe(201)
    }
  })

  it('is what the last proxy says, and with its default port it is without', async () => {
    const behind = start({ behind_proxy: true })
    const headers = { cookie, 'x-forwarded-proto': 'https', 'x-forwarded-host': 'evil.example, here.example:443' }
    const good = await behind('POST', { ...headers, origin: 'https://here.example' }, body, 'api-keys')
    expect(good.status).toBe(201)
    for (const origin of ['https://evil.example', own, 'http://here.example'])
      expect((await behind('POST', { ...headers, origin }, body, 'api-keys')).status).toBe(403)
    const kept = { cookie, 'x-forwarded-proto': 'https', host: 'kept.example', origin: 'https://kept.example' }
    expect((await behind('POST', kept, body, 'api-keys')).status).toBe(201)
    const unsaid = await start()('POST', { ...headers, origin: 'https://here.example' }, body, 'api-keys')
    expect(unsaid.status).toBe(403)
  })

  it('is nothing where the host is none', async () => {
    for (const host of ['a b', 'x/y', 'user@x', '', '?'])
      expect((await start()('POST', { cookie, host, origin: `http://${host}` }, body, 'api-keys')).status).toBe(403)
  })
})

async function callerOf(credential: string) {
  const principal = await identity.authenticate(credential)
  if (principal === undefined) throw new Error('the key is not known')
  return principal
}
