import type { ComponentHealth } from '@muster/contract/platform/health'
import {
  getHealth,
  getHealthDetailed,
  getHealthLive,
  getHealthReady,
  getMetrics,
} from '@muster/contract/platform/operations'
import { productVersion } from '@muster/contract/version'
import type { HealthCheck, HealthFinding } from '../health-check.ts'
import type { Metrics } from '../metrics.ts'
import { answer, type Route, raw, route } from './route.ts'

export interface HealthOptions {
  readonly checks: readonly HealthCheck[]
  readonly metrics: Metrics
  /** Why no requests can be taken yet or any more; undefined: they can. */
  notReady(): string | undefined
  /** The database's time; it may fail or hang. */
  databaseTime(): Promise<string>
}

/** Shorter than the timeout of a prober, which should get an answer although a check hangs. */
const check_ms_max = 1500

/**
 * The routes of health and metrics. Every check has a time limit: one that hangs is reported, and so are the others.
 */
export function healthRoutes({ checks, metrics, notReady, databaseTime }: HealthOptions): readonly Route[] {
  const started_at = new Date().toISOString()
  const critical = checks.filter((check) => check.critical)

  async function problem(): Promise<string | undefined> {
    const notReadyReason = notReady()
    if (notReadyReason !== undefined) return notReadyReason
    const findings = await Promise.all(critical.map((check) => examine(check, { thorough: false })))
    const failedFinding = findings.find(({ status }) => status === 'failing')
    return failedFinding && `${failedFinding.name}: ${failedFinding.message ?? 'failing'}`
  }

  return [
    route(getHealth, async () => {
      const reason = await problem()
      const data = {
        status: reason === undefined ? 'ok' : 'failing',
        service: 'muster',
        version: productVersion,
      } as const
      return answer(data, { status: reason === undefined ? 200 : 503 })
    }),
    route(getHealthReady, async () => {
      const reason = await problem()
      return reason === undefined
        ? { status: 'ready' as const }
        : answer({ status: 'not_ready' as const, reason }, { status: 503 })
    }),
    route(getHealthLive, () => ({ status: 'live' as const })),
    route(getHealthDetailed, async () => {
      const [at, components] = await Promise.all([
        within(databaseTime()).catch(() => new Date().toISOString()),
        Promise.all(checks.map((check) => examine(check, { thorough: true }))),
      ])
      const status = overall(components, critical)
      const data = { status, service: 'muster', version: productVersion, started_at, at, components } as const
      return answer(data, { status: status === 'failing' ? 503 : 200 })
    }),
    route(getMetrics, async () => raw(await metrics.text(), { headers: { 'content-type': metrics.content_type } })),
  ]
}

async function examine(
  { name, check }: HealthCheck,
  options: { readonly thorough: boolean },
): Promise<ComponentHealth> {
  const start_ms = performance.now()
  const finding = await within(check(options)).catch((error: unknown): HealthFinding => {
    return { status: 'failing', message: error instanceof Error ? error.message : String(error) }
  })
  return { name, ...finding, took_ms: Math.round(performance.now() - start_ms) }
}

function overall(components: readonly ComponentHealth[], critical: readonly HealthCheck[]): ComponentHealth['status'] {
  const isCritical = (name: string) => critical.some((check) => check.name === name)
  if (components.some(({ name, status }) => status === 'failing' && isCritical(name))) return 'failing'
  return components.every(({ status }) => status === 'ok') ? 'ok' : 'degraded'
}

function within<T>(work: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`no response within ${check_ms_max} ms`)), check_ms_max)
    work.then(resolve, reject).finally(() => clearTimeout(timer))
  })
}
