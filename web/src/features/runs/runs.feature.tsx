import { createRoute, lazyRouteComponent } from '@tanstack/react-router'
import { z } from 'zod'
import type { FeatureManifest } from '../../providers/feature-manifest.ts'
import { page } from '../../providers/root-route.ts'
import { text } from '../../providers/search-params.ts'

const routes = [
  createRoute({
    ...page,
    path: '/runs/$run_id',
    validateSearch: z.object({ tab: text }),
    component: lazyRouteComponent(() => import('./run-page.tsx'), 'RunPage'),
  }),
] as const

export const runsFeature: FeatureManifest<typeof routes> = {
  routes,
  search_results: {
    run: ({ id }, navigate) => navigate({ to: '/runs/$run_id', params: { run_id: id } }),
  },
  invalidations: [
    { on: ['task'], queries: ['runs.list'] },
    { on: ['task', 'approval'], queries: ['runs.get'] },
  ],
}
