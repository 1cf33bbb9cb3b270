import type { Route } from './route.ts'

const patterns = new WeakMap<Route, RegExp>()

/** The methods that a path is known with; none: nobody answers there. */
export function allowedMethods(routes: readonly Route[], url: string): string[] {
  const path = (url.split(/[?;#]/, 1)[0] ?? '').replace(/\/$/, '')
  return routes.filter((route) => patternOf(route).test(path)).map(({ operation }) => operation.method)
}

function patternOf(route: Route): RegExp {
  const known = patterns.get(route)
  if (known) return known
  const source = route.operation.path.replace(/[.+?^$()|[\]\\]/g, '\\$&').replace(/\{[a-z_]+\}/g, '[^/]+')
  const pattern = new RegExp(`^${source}$`)
  patterns.set(route, pattern)
  return pattern
}
