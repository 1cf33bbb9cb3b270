import { operationsByModule } from '@muster/contract/gathered/operations'
import { afterEach, expect, it } from 'vitest'
import type { HealthCheck } from '../health-check.ts'
import { silent_log } from '../log.ts'
import { createMetrics } from '../metrics.ts'
import { docsFiles, docsRoutes } from './docs.ts'
import { type HealthOptions, healthRoutes } from './health.ts'
import { createHttp } from './server.ts'

const opened: { close(): Promise<void> }[] = []

function start(more: Partial<HealthOptions> = {}) {
  const metrics = createMetrics({ process: true })
  const health = {
    checks: [],
    metrics,
    notReady: () => undefined,
    databaseTime: async () => '2030-01-01T00:00:00.000Z',
  }
  const routes = [...healthRoutes({ ...health, ...more }), ...docsRoutes()]
  const authenticate = async (credential: string) =>
    credential === 'good'
      ? {
          organization_id: 'org',
          principal: { kind: 'key' as const, id: 'key' },
          agent_id: null,
          permissions: new Set(['instance:operate'] as const),
        }
      : undefined
  const { app } = createHttp({
    routes,
    files: docsFiles(),
    authenticate,
    log: silent_log,
    metrics,
    behind_proxy: false,
  })
  opened.push(app)
  return { app, routes }
}

afterEach(async () => {
  for (const app of opened.splice(0)) await app.close()
})

const fine: HealthCheck = { name: 'fine', critical: true, check: async () => ({ status: 'ok', facts: { rows: 3 } }) }
const broken: HealthCheck = { name: 'broken', critical: false, check: () => Promise.reject(new Error('no such thing')) }
const hanging: HealthCheck = { name: 'database', critical: true, check: () => new Promise(() => {}) }

it('answers every operation of the contract that is the platform’s own', () => {
  const answered = start().routes.map(({ operation }) => operation.id)
  expect(new Set(answered)).toEqual(new Set(operationsByModule.platform.map(({ id }) => id)))
})

it('is ready, alive and healthy while all goes well', async () => {
  const { app } = start({ checks: [fine] })
  expect((await app.inject('/health/')).json()).toMatchObject({ status: 'ok', service: 'muster' })
  expect((await app.inject('/health/live')).json()).toEqual({ status: 'live' })
  expect((await app.inject('/health/ready')).json()).toEqual({ status: 'ready' })
  const detailed = await app.inject('/health/detailed')
  expect([detailed.statusCode, detailed.json()]).toEqual([
    200,
    expect.objectContaining({
      status: 'ok',
      at: '2030-01-01T00:00:00.000Z',
      components: [{ name: 'fine', status: 'ok', facts: { rows: 3 }, took_ms: expect.any(Number) }],
    }),
  ])
  expect((await app.inject({ method: 'HEAD', url: '/health' })).statusCode).toBe(200)
})

it('says what is degraded and stays ready', async () => {
  const { app } = start({ checks: [fine, broken] })
  const detailed = await app.inject('/health/detailed')
  expect([detailed.statusCode, detailed.json().status]).toEqual([200, 'degraded'])
  expect(detailed.json().components[1]).toMatchObject({ name: 'broken', status: 'failing', message: 'no such thing' })
  expect((await app.inject('/health/ready')).statusCode).toBe(200)
})

it('tells the truth while the database hangs, and waits for it no longer than checks may take', async () => {
  const { app } = start({ checks: [fine, hanging], databaseTime: () => new Promise(() => {}) })
  const [ready, detailed, live] = await Promise.all(
    ['/health/ready', '/health/detailed', '/health/live'].map((url) => app.inject(url)),
  )
  expect([ready?.statusCode, ready?.json().status, ready?.json().reason]).toEqual([
    503,
    'not_ready',
    expect.stringContaining('database'),
  ])
  expect([detailed?.statusCode, detailed?.json().status, detailed?.json().components[0].status]).toEqual([
    503,
    'failing',
    'ok',
  ])
  expect(live?.statusCode).toBe(200)
})

it('is not ready while it starts', async () => {
  const { app } = start({ notReady: () => 'starting' })
  const ready = await app.inject('/health/ready')
  expect([ready.statusCode, ready.json()]).toEqual([503, { status: 'not_ready', reason: 'starting' }])
})

it('gives metrics to who operates the instance', async () => {
  const { app } = start()
  expect((await app.inject('/metrics')).statusCode).toBe(401)
  const metrics = await app.inject({ url: '/metrics', headers: { 'x-api-key': 'good' } })
  expect(metrics.headers['content-type']).toContain('text/plain; version=0.0.4')
  expect(metrics.body).toContain('muster_process_cpu_seconds_total')
})

it('shows the API from its own files, without a script inside the page', async () => {
  const { app } = start()
  expect((await app.inject('/openapi.json')).json()).toMatchObject({ openapi: '3.1.0' })
  for (const url of ['/docs', '/docs/', '/redoc']) {
    const page = await app.inject(url)
    expect(page.headers['content-type']).toBe('text/html; charset=utf-8')
    expect(page.headers['content-security-policy']).toContain(`script-src 'self';`)
    const linked = [...page.body.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, path]) => path ?? '')
    expect(linked.length).toBeGreaterThan(1)
    expect(page.body).not.toMatch(/<script(?![^>]*src=)/)
    for (const path of linked) {
      expect(path).toMatch(/^\/(docs|redoc)\//)
      const file = await app.inject(path)
      expect([path, file.statusCode, file.body.length > 50]).toEqual([path, 200, true])
      const again = await app.inject({ url: path, headers: { 'if-none-match': String(file.headers.etag) } })
      expect([again.statusCode, again.body]).toEqual([304, ''])
    }
  }
})
