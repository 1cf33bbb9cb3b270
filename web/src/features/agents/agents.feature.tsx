import { createRoute, lazyRouteComponent } from '@tanstack/react-router'
import { Bot } from 'lucide-react'
import { z } from 'zod'
import { agent_names_query } from '../../components/agents/agent-names.ts'
import type { FeatureManifest } from '../../providers/feature-manifest.ts'
import { page } from '../../providers/root-route.ts'
import { count, order, text } from '../../providers/search-params.ts'

const routes = [
  createRoute({
    ...page,
    path: '/agents',
    validateSearch: z.object({ q: text, status: text, runtime: text, sort: text, order }),
    component: lazyRouteComponent(() => import('./agents-page.tsx'), 'AgentsPage'),
  }),
  createRoute({
    ...page,
    path: '/agents/$agent_id',
    /** `persona`: a version to compare with the active one. */
    validateSearch: z.object({ persona: count }),
    component: lazyRouteComponent(() => import('./agent-page.tsx'), 'AgentPage'),
  }),
] as const

export const agentsFeature: FeatureManifest<typeof routes> = {
  routes,
  navigation: { to: '/agents', label: 'Agents', group: 'Agents', key: 'e', icon: Bot },
  search_results: {
    agent: ({ id }, navigate) => navigate({ to: '/agents/$agent_id', params: { agent_id: id } }),
  },
  invalidations: [
    { on: ['agent'], queries: ['agents.list', 'agents.get', 'agents.persona', 'agents.persona.versions'] },
    { on: ['task'], queries: ['agents.list'] },
    { on: ['agent.created', 'agent.changed'], queries: [agent_names_query] },
  ],
}
