import { createRoute, lazyRouteComponent } from '@tanstack/react-router'
import { Inbox } from 'lucide-react'
import { lazy } from 'react'
import { z } from 'zod'
import type { FeatureManifest } from '../../providers/feature-manifest.ts'
import { page } from '../../providers/root-route.ts'
import { oneOf, order, text } from '../../providers/search-params.ts'

const OpenCount = lazy(async () => ({ default: (await import('./open-count.tsx')).OpenCount }))

const routes = [
  createRoute({
    ...page,
    path: '/approvals',
    validateSearch: z.object({
      item: text,
      filter: oneOf(['all', 'sensitive', 'low_confidence', 'financial']),
      sort: oneOf(['risk', 'due', 'age']),
      order,
      status: oneOf(['open', 'decided', 'applied', 'expired', 'withdrawn']),
      snoozed: oneOf(['exclude', 'include', 'only']),
    }),
    component: lazyRouteComponent(() => import('./approvals-page.tsx'), 'ApprovalsPage'),
  }),
] as const

export const approvalsFeature: FeatureManifest<typeof routes> = {
  routes,
  navigation: {
    to: '/approvals',
    label: 'Approvals',
    group: 'Work',
    key: 'a',
    icon: Inbox,
    on_phone_bar: true,
    badge: OpenCount,
  },
  search_results: {
    approval: ({ id }, navigate) => navigate({ to: '/approvals', search: { item: id } }),
  },
  invalidations: [{ on: ['approval'], queries: ['approvals.list', 'approvals.get'] }],
}
