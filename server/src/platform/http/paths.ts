import type { IncomingHttpHeaders } from 'node:http'
import type { Operation } from '@muster/contract/operation'
import type { Route } from './route.ts'

const patterns = new WeakMap<Route, RegExp>()

/** The methods of a path; empty where it has no operation. */
export function allowedMethods(routes: readonly Route[], url: string): string[] {
  const path = (url.split(/[?;#]/, 1)[0] ?? '').replace(/\/$/, '')
  return routes.filter((route) => patternOf(route).test(path)).map(({ operation }) => operation.method)
}

/**
 * Whether a request is for the page: a browser accepts HTML. Paths that begin like the server's own are none, so that a
 * wrong path of the API never gets the page.
 */
export function isPagePath(
  {
    method,
    url,
    headers,
  }: { readonly method: string; readonly url: string; readonly headers: Pick<IncomingHttpHeaders, 'accept'> },
  takenPaths: readonly string[],
): boolean {
  if (method !== 'GET' && method !== 'HEAD') return false
  if (!/\btext\/html\b/i.test(headers.accept ?? '')) return false
  const first = firstPart(url)
  return !takenPaths.some((path) => firstPart(path) === first && first !== '')
}

function firstPart(url: string): string {
  const part = (url.split(/[?;#]/, 1)[0] ?? '').split('/').find((one) => one !== '') ?? ''
  try {
    return decodeURIComponent(part)
  } catch {
    return part
  }
}

const lastParameter = /\{([a-z_]+)\}$/

/** The path as the router takes it. */
export function routePathOf({ path, ends_in_path }: Operation): string {
  return (ends_in_path ? path.replace(lastParameter, '*') : path).replace(/\{([a-z_]+)\}/g, ':$1')
}

/** The parameters of a path by their names; a wildcard has none in the router. */
export function pathParameters({ path, ends_in_path }: Operation, params: unknown): unknown {
  const name = ends_in_path ? lastParameter.exec(path)?.[1] : undefined
  if (name === undefined || typeof params !== 'object' || params === null) return params
  return Object.fromEntries(Object.entries(params).map(([key, value]) => [key === '*' ? name : key, value]))
}

function patternOf(route: Route): RegExp {
  const cachedPattern = patterns.get(route)
  if (cachedPattern) return cachedPattern
  const { path, ends_in_path } = route.operation
  const escaped = path.replace(/[.+?^$()|[\]\\]/g, '\\$&')
  const source = (ends_in_path ? escaped.replace(lastParameter, '.+') : escaped).replace(/\{[a-z_]+\}/g, '[^/]+')
  const pattern = new RegExp(`^${source}$`)
  patterns.set(route, pattern)
  return pattern
}
