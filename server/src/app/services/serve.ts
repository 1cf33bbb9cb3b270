import type { Config } from '../../platform/config.ts'
import type { ConnectionSource } from '../../platform/db/connection.ts'
import { sql } from '../../platform/db/sql.ts'
import { createStorageCheck } from '../../platform/db/storage-check.ts'
import type { HealthCheck } from '../../platform/health-check.ts'
import { docsFiles, docsRoutes } from '../../platform/http/docs.ts'
import { pageDirectory, readPage } from '../../platform/http/files/page.ts'
import { healthRoutes } from '../../platform/http/health.ts'
import { createHttp } from '../../platform/http/server.ts'
import { journalHealth } from '../../platform/journal/lag.ts'
import type { Log } from '../../platform/log.ts'
import { createMetrics } from '../../platform/metrics.ts'
import type { Program } from '../compose.ts'
import type { OpenedDatabase } from '../database.ts'
import { createStack } from '../stack.ts'
import { openLive } from './live.ts'

export interface ServeOptions {
  readonly config: Config
  readonly database: OpenedDatabase
  readonly log: Log
}

/** Serves the API over HTTP, with live feeds, health and documents. Disposing finishes the requests under way. */
export async function serve(
  program: Program,
  options: ServeOptions,
): Promise<AsyncDisposable & { readonly address: string }> {
  const { config } = options
  const { http, live, stop } = createApi(program, options)
  const stack = createStack()
  stack.use({ [Symbol.asyncDispose]: () => http.app.close() })
  stack.use(live.attach(http))
  try {
    await http.app.listen({ host: config.host, port: config.port })
  } catch (error) {
    // Open sessions of the database would keep the process alive.
    await stack[Symbol.asyncDispose]()
    throw error
  }
  const address = http.app.server.address()
  const port = typeof address === 'object' && address !== null ? address.port : config.port
  const host = config.host.includes(':') ? `[${config.host}]` : config.host
  return {
    address: `http://${host}:${port}`,
    async [Symbol.asyncDispose]() {
      stop()
      await stack[Symbol.asyncDispose]()
    },
  }
}

/** Builds the HTTP server without listening. After `stop` it reports that it is not ready. */
export function createApi(program: Program, { config, database, log }: ServeOptions) {
  const { engine, identity, projects, manifests } = program
  const metrics = createMetrics()
  for (const { registerMetrics } of manifests) registerMetrics?.(metrics)
  let stopping = false
  const now = async (): Promise<string> => {
    const row = await engine.transact((tx) => tx.row<{ now: string }>(sql`select muster_now() as now`))
    return row?.now ?? ''
  }
  const storageHealth: HealthCheck = {
    name: 'storage',
    critical: true,
    check: createStorageCheck(engine, database.storage),
  }
  const checks = [
    databaseHealth(database.source, now),
    storageHealth,
    journalHealth(program.lag),
    ...manifests.flatMap(({ health = [] }) => health),
  ]
  const live = openLive(program, { config, log })
  const routes = [
    ...manifests.flatMap(({ routes }) => routes),
    ...live.routes,
    ...healthRoutes({ checks, metrics, notReady: () => (stopping ? 'stopping' : undefined), databaseTime: now }),
    ...docsRoutes(),
  ]
  const { authenticate } = identity
  const { behind_proxy } = config
  const http = createHttp({
    routes,
    files: docsFiles(),
    page: readPage(pageDirectory()),
    authenticate,
    rates: projects.requestRates,
    log,
    metrics,
    bounded: program.bounded,
    behind_proxy,
  })
  return {
    http,
    live,
    routes,
    stop() {
      stopping = true
    },
  }
}

/** Where uses wait for one another, one that is answered meanwhile shows as well as its own that the database works. */
function databaseHealth(source: ConnectionSource, askDatabase: () => Promise<unknown>): HealthCheck {
  return {
    name: 'database',
    critical: true,
    async check() {
      const began = performance.now()
      const own = askDatabase().then(() => ({ answer_ms: Math.round(performance.now() - began) }))
      const others = source.nextAnswer === undefined ? [] : [source.nextAnswer().then(() => ({}))]
      const answered = await Promise.race([own, ...others])
      return { status: 'ok', facts: { engine: source.engine, ...answered } }
    },
  }
}
