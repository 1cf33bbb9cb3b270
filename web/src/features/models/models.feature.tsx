import { createRoute, lazyRouteComponent } from '@tanstack/react-router'
import { BrainCircuit } from 'lucide-react'
import { z } from 'zod'
import type { FeatureManifest } from '../../providers/feature-manifest.ts'
import { page } from '../../providers/root-route.ts'
import { count, oneOf, text } from '../../providers/search-params.ts'

const routes = [
  createRoute({
    ...page,
    path: '/models',
    validateSearch: z.object({
      tab: oneOf(['models', 'providers', 'calls']),
      model: text,
      provider: text,
      outcome: text,
      request: text,
      call: text,
    }),
    component: lazyRouteComponent(() => import('./models-page.tsx'), 'ModelsPage'),
  }),
  createRoute({
    ...page,
    path: '/models/$model_name',
    validateSearch: z.object({ version: count }),
    component: lazyRouteComponent(() => import('./model-page.tsx'), 'ModelPage'),
  }),
] as const

export const modelsFeature: FeatureManifest<typeof routes> = {
  routes,
  navigation: { to: '/models', label: 'Models', group: 'Models and costs', key: 'm', icon: BrainCircuit },
  invalidations: [
    { on: ['model', 'provider'], queries: ['models.list', 'models.get', 'models.versions', 'providers.list'] },
    { on: ['task'], queries: ['models.attempts'] },
  ],
}
