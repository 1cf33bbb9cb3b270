import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { brotliDecompressSync, gunzipSync } from 'node:zlib'
import { operation } from '@muster/contract/operation'
import { afterAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { silent_log } from '../../log.ts'
import { createMetrics } from '../../metrics.ts'
import { docsFiles, docsRoutes } from '../docs.ts'
import { type Route, route } from '../route.ts'
import { createHttp } from '../server.ts'
import { readPage } from './page.ts'

interface BuildPage {
  copyPage(from: string, folders: readonly string[]): Promise<number>
  pageIsFresh(from: string, folders: readonly string[]): boolean
}
const tool = new URL('../../../../../tools/build-page.mjs', import.meta.url)
const { copyPage, pageIsFresh } = (await import(tool.href)) as BuildPage

const folder = mkdtempSync(join(tmpdir(), 'muster-page-'))
const [built, one, other] = ['web', 'one/page', 'two/page'].map((name) => join(folder, name)) as [
  string,
  string,
  string,
]
const script = `console.log(${JSON.stringify('muster '.repeat(500))})\n`
const contents: Readonly<Record<string, string>> = {
  'index.html': '<!doctype html><title>Muster</title><script type="module" src="/assets/index-a1_B2.js"></script>',
  'assets/index-a1_B2.js': script,
  'assets/index-a1_B2.js.map': '{}',
  'assets/index-C3.css': 'a{}',
  'assets/inter-D4.woff2': 'w'.repeat(2_000),
  'mark.svg': '<svg/>',
  'assets/strange name%2e.js': 'never served',
}
for (const [name, content] of Object.entries(contents)) {
  mkdirSync(join(built, name, '..'), { recursive: true })
  writeFileSync(join(built, name), content)
}
writeFileSync(join(folder, 'secret.txt'), 'the password is hunter2')
symlinkSync(join(folder, 'secret.txt'), join(built, 'assets', 'link.txt'))
await copyPage(built, [one, other])

const shape = { method: 'GET', permission: 'none', audit: false, summary: 'For tests.' } as const
const getThing = operation({
  ...shape,
  id: 'things.get',
  path: '/api/v1/things/{id}',
  params: z.strictObject({ id: z.string() }),
  response: z.object({ id: z.string() }),
})
const response = z.object({ id: z.string() })
const health = operation({ ...shape, id: 'health', path: '/health/', response })
const socket = operation({ ...shape, id: 'socket', path: '/ws', response })
const routes: readonly Route[] = [
  route(getThing, ({ params }) => ({ id: params.id })),
  route(health, () => ({ id: 'fine' })),
  route(socket, () => ({ id: 'ws' })),
  ...docsRoutes(),
]

const apps: { close(): Promise<void> }[] = []
afterAll(async () => {
  for (const app of apps) await app.close()
  rmSync(folder, { recursive: true })
})

function start(directory: string | undefined) {
  const { app } = createHttp({
    routes,
    files: docsFiles(),
    page: readPage(directory),
    authenticate: async () => undefined,
    log: silent_log,
    metrics: createMetrics({ process: false }),
    behind_proxy: false,
  })
  apps.push(app)
  return app
}

const app = start(one)
const html = { accept: 'text/html,application/xhtml+xml,*/*;q=0.8' }

describe('the page', () => {
  it('is at its root, and wherever a browser asks for what is nothing else', async () => {
    const urls = [
      '/',
      '/?theme=dark',
      '/goals/0199?tab=plan',
      '/approvals',
      '/goals/',
      '/a.b/c%20d',
      '//',
      '/apinot/v1',
    ]
    for (const url of urls) {
      const answer = await app.inject({ url, headers: html })
      expect([url, answer.statusCode, answer.body]).toEqual([url, 200, contents['index.html']])
      expect(answer.headers).toMatchObject({
        'content-type': 'text/html; charset=utf-8',
        'cache-control': 'no-cache',
        'referrer-policy': 'no-referrer',
        'x-content-type-options': 'nosniff',
        'cross-origin-opener-policy': 'same-origin',
        vary: 'Accept, Accept-Encoding',
      })
      const head = await app.inject({ method: 'HEAD', url, headers: html })
      expect([head.statusCode, head.body, head.headers.etag]).toEqual([200, '', answer.headers.etag])
      const again = await app.inject({ url, headers: { ...html, 'if-none-match': `W/${answer.headers.etag}` } })
      expect([again.statusCode, again.body, again.headers.etag]).toEqual([304, '', answer.headers.etag])
    }
    expect((await app.inject('/')).body).toBe(contents['index.html'])
  })

  it('lets nothing in from elsewhere, and no script inside it', async () => {
    const { headers } = await app.inject({ url: '/fleet', headers: html })
    const policy = new Map(
      String(headers['content-security-policy'])
        .split('; ')
        .map((part) => [part.split(' ', 1)[0], part.slice(part.indexOf(' ') + 1)]),
    )
    expect(Object.fromEntries(policy)).toEqual({
      'default-src': `'none'`,
      'script-src': `'self'`,
      'style-src': `'self'`,
      'style-src-attr': `'unsafe-inline'`,
      'img-src': `'self' blob: data:`,
      'font-src': `'self'`,
      'connect-src': `'self'`,
      'worker-src': `'self' blob:`,
      'manifest-src': `'self'`,
      'frame-src': `'none'`,
      'object-src': `'none'`,
      'frame-ancestors': `'none'`,
      'base-uri': `'none'`,
      'form-action': `'none'`,
    })
    expect(headers['permissions-policy']).toContain('camera=()')
  })

  it('stands in the way of no refusal of the API', async () => {
    const urls = [
      '/api',
      '/api/v1/nothing',
      '//api/v1/nothing',
      '/%61pi/v1',
      '/docs/nothing',
      '/health/nothing',
      '/ws/x',
    ]
    for (const url of [
      ...urls,
      '/assets/',
      '/assets/index.js',
      '/assets/nothing/deep',
      '/openapi.json/x',
      '/mark.svg/x',
    ]) {
      const answer = await app.inject({ url, headers: html })
      expect([url, answer.statusCode, answer.json().error.code]).toEqual([url, 404, 'not_found'])
    }
    expect((await app.inject({ url: '/goals', headers: { accept: 'application/json' } })).statusCode).toBe(404)
    expect((await app.inject('/goals')).json().error.code).toBe('not_found')
    expect((await app.inject({ method: 'POST', url: '/goals', headers: html })).statusCode).toBe(404)
    const wrong = await app.inject({ method: 'POST', url: '/api/v1/things/1', headers: html })
    expect([wrong.statusCode, wrong.headers.allow]).toEqual([405, 'GET'])
    expect((await app.inject({ url: '/api/v1/things/1', headers: html })).json().data).toEqual({ id: '1' })
  })

  it('says how to build it where it is not', async () => {
    const unbuilt = start(undefined)
    for (const url of ['/', '/goals/1']) {
      const answer = await unbuilt.inject({ url, headers: html })
      expect([answer.statusCode, answer.headers['content-type']]).toEqual([200, 'text/html; charset=utf-8'])
      expect(answer.body).toContain('npm run build')
      expect(answer.headers['content-security-policy']).toContain(`default-src 'none'`)
    }
    expect((await unbuilt.inject({ url: '/assets/index.js', headers: html })).statusCode).toBe(404)
    expect(() => readPage(join(folder, 'one'))).toThrow('no index.html')
  })
})

describe('its files', () => {
  const url = '/assets/index-a1_B2.js'

  it('are kept for ever, compressed as the client takes them', async () => {
    const plain = await app.inject(url)
    expect(plain.headers).toMatchObject({
      'content-type': 'text/javascript; charset=utf-8',
      'cache-control': 'public, max-age=31536000, immutable',
      vary: 'Accept-Encoding',
    })
    expect([plain.body, plain.headers['content-encoding']]).toEqual([script, undefined])
    const ways: readonly [string, string | undefined][] = [
      ['gzip, deflate, br, zstd', 'br'],
      ['gzip', 'gzip'],
      ['br;q=0, gzip;q=0.5', 'gzip'],
      ['BR ; q=1.0', 'br'],
      ['*', 'br'],
      ['br;q=0, *', 'gzip'],
      ['*;q=0', undefined],
      ['identity', undefined],
      ['br;q=nonsense', undefined],
      ['', undefined],
    ]
    const etags = new Set([plain.headers.etag])
    for (const [accepted, coding] of ways) {
      const answer = await app.inject({ url, headers: { 'accept-encoding': accepted } })
      expect([accepted, answer.headers['content-encoding']]).toEqual([accepted, coding])
      const bytes = answer.rawPayload
      const content = coding === 'br' ? brotliDecompressSync(bytes) : coding ? gunzipSync(bytes) : bytes
      expect(content.toString()).toBe(script)
      expect(answer.headers['content-length']).toBe(String(bytes.length))
      etags.add(answer.headers.etag)
      const headers = { 'accept-encoding': accepted, 'if-none-match': String(answer.headers.etag) }
      expect((await app.inject({ url, headers })).statusCode).toBe(304)
    }
    expect(etags.size).toBe(3)
  })

  it('are as they are where compressing gains nothing, and asked for again where their names stay', async () => {
    const font = await app.inject({ url: '/assets/inter-D4.woff2', headers: { 'accept-encoding': 'br' } })
    expect([font.headers['content-encoding'], font.headers['content-type']]).toEqual([undefined, 'font/woff2'])
    const mark = await app.inject({ url: '/mark.svg', headers: { 'accept-encoding': 'br' } })
    expect([mark.body, mark.headers['cache-control']]).toEqual(['<svg/>', 'no-cache'])
    expect(mark.headers['content-type']).toBe('image/svg+xml')
  })

  it('are those that were there at the start, and nothing beside them', async () => {
    const paths = [
      '../../secret.txt',
      '..%2f..%2fsecret.txt',
      '%2e%2e/%2e%2e/secret.txt',
      '..%5c..%5csecret.txt',
      'link.txt',
    ]
    const names = [`index-a1_B2.js.br`, 'index-a1_B2.js.map', 'strange%20name%252e.js', 'index-a1_B2.js%00', '*', ':x']
    writeFileSync(join(one, 'assets/late.js'), 'late')
    for (const path of [...paths, ...names, 'late.js']) {
      const answer = await app.inject({ url: `/assets/${path}` })
      expect([path, [400, 404].includes(answer.statusCode)]).toEqual([path, true])
      expect(answer.body).not.toContain('hunter2')
    }
  })
})

it('is copied beside each bundle in place of the one before, and only where it is another', async () => {
  expect(pageIsFresh(built, [one, other])).toBe(true)
  writeFileSync(join(built, 'index.html'), '<!doctype html><title>Other</title>')
  rmSync(join(built, 'assets/index-C3.css'))
  expect(pageIsFresh(built, [one, other])).toBe(false)
  expect(await copyPage(built, [one, other])).toBe(5)
  expect(pageIsFresh(built, [one, other])).toBe(true)
  const later = start(other)
  expect((await later.inject('/')).body).toContain('Other')
  expect((await later.inject('/assets/index-C3.css')).statusCode).toBe(404)
  // What runs goes on with what it has.
  expect((await app.inject('/assets/index-C3.css')).body).toBe('a{}')
  const nowhere = join(folder, 'nowhere')
  expect([await copyPage(nowhere, [one]), pageIsFresh(nowhere, [one])]).toEqual([0, true])
  expect(pageIsFresh(built, [nowhere])).toBe(false)
})
