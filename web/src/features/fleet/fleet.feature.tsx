import { createRoute, lazyRouteComponent } from '@tanstack/react-router'
import { Users } from 'lucide-react'
import { z } from 'zod'
import type { FeatureManifest } from '../../providers/feature-manifest.ts'
import { page } from '../../providers/root-route.ts'
import { order, text } from '../../providers/search-params.ts'

const routes = [
  createRoute({
    ...page,
    path: '/',
    validateSearch: z.object({ q: text, status: text, sort: text, order }),
    component: lazyRouteComponent(() => import('./fleet-page.tsx'), 'FleetPage'),
  }),
] as const

export const fleetFeature: FeatureManifest<typeof routes> = {
  routes,
  navigation: { to: '/', label: 'Fleet', group: 'Agents', key: 'f', icon: Users, on_phone_bar: true },
  invalidations: [
    {
      on: ['agent', 'task', 'approval', 'goal', 'project', 'stop', 'policy', 'budget', 'state'],
      queries: ['dashboard.fleet-status'],
    },
  ],
}
