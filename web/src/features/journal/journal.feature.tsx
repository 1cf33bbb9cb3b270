import { createRoute, lazyRouteComponent } from '@tanstack/react-router'
import { ScrollText } from 'lucide-react'
import { z } from 'zod'
import type { FeatureManifest } from '../../providers/feature-manifest.ts'
import { page } from '../../providers/root-route.ts'
import { count, oneOf, text } from '../../providers/search-params.ts'

const routes = [
  createRoute({
    ...page,
    path: '/journal',
    validateSearch: z.object({
      family: text,
      type: text,
      actor: text,
      goal: text,
      task: text,
      from: text,
      to: text,
      follow: oneOf(['yes', 'no']),
      event: count,
    }),
    component: lazyRouteComponent(() => import('./journal-page.tsx'), 'JournalPage'),
  }),
] as const

/** The page follows the live feed itself, so no event has to make it ask again. */
export const journalFeature: FeatureManifest<typeof routes> = {
  routes,
  navigation: { to: '/journal', label: 'Journal', group: 'Administration', key: 'j', icon: ScrollText },
}
