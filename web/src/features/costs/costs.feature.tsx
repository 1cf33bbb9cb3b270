import { createRoute, lazyRouteComponent } from '@tanstack/react-router'
import { Coins } from 'lucide-react'
import { z } from 'zod'
import type { FeatureManifest } from '../../providers/feature-manifest.ts'
import { page } from '../../providers/root-route.ts'
import { oneOf, text } from '../../providers/search-params.ts'

const routes = [
  createRoute({
    ...page,
    path: '/costs',
    validateSearch: z.object({
      tab: oneOf(['spent', 'budgets', 'accounts']),
      days: oneOf(['7', '30', '90', '365']),
      agent: text,
    }),
    component: lazyRouteComponent(() => import('./costs-page.tsx'), 'CostsPage'),
  }),
] as const

export const costsFeature: FeatureManifest<typeof routes> = {
  routes,
  navigation: { to: '/costs', label: 'Costs', group: 'Models and costs', key: 'c', icon: Coins },
  invalidations: [{ on: ['task', 'goal', 'budget'], queries: ['budgets.list', 'dashboard.cost-metrics'] }],
}
