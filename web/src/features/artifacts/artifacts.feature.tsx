import { createRoute, lazyRouteComponent } from '@tanstack/react-router'
import { Files } from 'lucide-react'
import { z } from 'zod'
import type { FeatureManifest } from '../../providers/feature-manifest.ts'
import { page } from '../../providers/root-route.ts'
import { text } from '../../providers/search-params.ts'

const routes = [
  createRoute({
    ...page,
    path: '/artifacts',
    validateSearch: z.object({ q: text, goal: text, type: text, artifact: text }),
    component: lazyRouteComponent(() => import('./artifacts-page.tsx'), 'ArtifactsPage'),
  }),
] as const

export const artifactsFeature: FeatureManifest<typeof routes> = {
  routes,
  navigation: { to: '/artifacts', label: 'Artifacts', group: 'Knowledge', key: 'r', icon: Files },
  search_results: {
    artifact: ({ id }, navigate) => navigate({ to: '/artifacts', search: { artifact: id } }),
  },
  invalidations: [{ on: ['artifact'], queries: ['artifacts.list', 'artifacts.get', 'artifacts.lineage'] }],
}
