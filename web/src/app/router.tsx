import { createRouter } from '@tanstack/react-router'
import { rootRoute } from '../providers/root-route.ts'
import { features } from './features.ts'
import { NotFound, RouteFailed, Shell } from './shell/shell.tsx'

rootRoute.update({ component: Shell, notFoundComponent: NotFound })

export const router = createRouter({
  routeTree: rootRoute.addChildren(features.flatMap(({ routes }) => [...routes])),
  defaultPreload: 'intent',
  defaultPreloadStaleTime: 0,
  defaultErrorComponent: RouteFailed,
  scrollRestoration: true,
  // Search parameters are read as text, and the route's schema turns them into values; so a link stays readable.
  parseSearch: (text) => Object.fromEntries(new URLSearchParams(text)),
  stringifySearch: (search) => {
    const entries = Object.entries(search).filter(([, value]) => value !== undefined && value !== '')
    const text = new URLSearchParams(entries.map(([name, value]) => [name, String(value)])).toString()
    return text === '' ? '' : `?${text}`
  },
})

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router
  }
}
