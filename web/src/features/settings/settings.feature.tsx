import { createRoute, lazyRouteComponent, redirect } from '@tanstack/react-router'
import { Settings } from 'lucide-react'
import { z } from 'zod'
import { key_names_query } from '../../components/agents/actor-names.ts'
import type { FeatureManifest } from '../../providers/feature-manifest.ts'
import { page } from '../../providers/root-route.ts'
import { count, oneOf } from '../../providers/search-params.ts'

const routes = [
  createRoute({
    ...page,
    path: '/settings',
    validateSearch: z.object({
      tab: oneOf(['policy', 'judge', 'budgets', 'keys', 'health', 'projects']),
      version: count,
      days: oneOf(['30', '90', '365']),
    }),
    // Budgets were a tab here before costs had a page, and old links still point to it.
    beforeLoad: ({ search }) => {
      if (search.tab === 'budgets') throw redirect({ to: '/costs', search: { tab: 'budgets' } })
    },
    component: lazyRouteComponent(() => import('./settings-page.tsx'), 'SettingsPage'),
  }),
] as const

export const settingsFeature: FeatureManifest<typeof routes> = {
  routes,
  navigation: { to: '/settings', label: 'Settings', group: 'Administration', key: 't', icon: Settings },
  invalidations: [
    {
      on: ['project', 'policy', 'stop', 'key'],
      queries: ['projects.list', 'projects.get', 'policy.get', 'policy.versions', 'keys.list'],
    },
    { on: ['approval'], queries: ['judge.agreement'] },
    { on: ['key.created'], queries: [key_names_query] },
  ],
}
