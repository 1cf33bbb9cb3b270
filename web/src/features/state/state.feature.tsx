import { createRoute, lazyRouteComponent } from '@tanstack/react-router'
import { FileStack } from 'lucide-react'
import { z } from 'zod'
import type { FeatureManifest } from '../../providers/feature-manifest.ts'
import { page } from '../../providers/root-route.ts'
import { count, text } from '../../providers/search-params.ts'

const routes = [
  createRoute({
    ...page,
    path: '/state',
    validateSearch: z.object({ prefix: text, document: text, version: count, against: count, tab: text }),
    component: lazyRouteComponent(() => import('./state-page.tsx'), 'StatePage'),
  }),
] as const

export const stateFeature: FeatureManifest<typeof routes> = {
  routes,
  navigation: { to: '/state', label: 'State', group: 'Knowledge', key: 's', icon: FileStack },
  search_results: {
    document: ({ id, project_id }, navigate) =>
      navigate({ to: '/state', search: { document: id, project: project_id } }),
  },
  invalidations: [{ on: ['state'], queries: ['documents.list', 'documents.get', 'documents.history'] }],
}
