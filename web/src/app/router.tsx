import {
  createRootRoute,
  createRoute,
  createRouter,
  lazyRouteComponent,
  redirect,
  retainSearchParams,
} from '@tanstack/react-router'
import * as searches from './searches.ts'
import { NotFound, RouteFailed, Shell } from './shell/shell.tsx'

const rootRoute = createRootRoute({
  component: Shell,
  notFoundComponent: NotFound,
  validateSearch: searches.root,
  // The project that is looked at goes along from page to page.
  search: { middlewares: [retainSearchParams(['project'])] },
})

const parent = { getParentRoute: () => rootRoute } as const

const routes = [
  createRoute({
    ...parent,
    path: '/',
    validateSearch: searches.fleet,
    component: lazyRouteComponent(() => import('../features/fleet/fleet-page.tsx'), 'FleetPage'),
  }),
  createRoute({
    ...parent,
    path: '/goals',
    validateSearch: searches.goals,
    component: lazyRouteComponent(() => import('../features/goals/goals-page.tsx'), 'GoalsPage'),
  }),
  createRoute({
    ...parent,
    path: '/goals/new',
    validateSearch: searches.newGoal,
    component: lazyRouteComponent(() => import('../features/goals/new-goal-page.tsx'), 'NewGoalPage'),
  }),
  createRoute({
    ...parent,
    path: '/goals/$goal_id',
    validateSearch: searches.goal,
    component: lazyRouteComponent(() => import('../features/goals/goal-page.tsx'), 'GoalPage'),
  }),
  createRoute({
    ...parent,
    path: '/goals/$goal_id/plans',
    validateSearch: searches.plans,
    component: lazyRouteComponent(() => import('../features/goals/plans-page.tsx'), 'PlansPage'),
  }),
  createRoute({
    ...parent,
    path: '/runs/$run_id',
    validateSearch: searches.run,
    component: lazyRouteComponent(() => import('../features/runs/run-page.tsx'), 'RunPage'),
  }),
  createRoute({
    ...parent,
    path: '/approvals',
    validateSearch: searches.approvals,
    component: lazyRouteComponent(() => import('../features/approvals/approvals-page.tsx'), 'ApprovalsPage'),
  }),
  createRoute({
    ...parent,
    path: '/state',
    validateSearch: searches.state,
    component: lazyRouteComponent(() => import('../features/state/state-page.tsx'), 'StatePage'),
  }),
  createRoute({
    ...parent,
    path: '/journal',
    validateSearch: searches.journal,
    component: lazyRouteComponent(() => import('../features/journal/journal-page.tsx'), 'JournalPage'),
  }),
  createRoute({
    ...parent,
    path: '/agents',
    validateSearch: searches.agents,
    component: lazyRouteComponent(() => import('../features/agents/agents-page.tsx'), 'AgentsPage'),
  }),
  createRoute({
    ...parent,
    path: '/agents/$agent_id',
    validateSearch: searches.agent,
    component: lazyRouteComponent(() => import('../features/agents/agent-page.tsx'), 'AgentPage'),
  }),
  createRoute({
    ...parent,
    path: '/artifacts',
    validateSearch: searches.artifacts,
    component: lazyRouteComponent(() => import('../features/artifacts/artifacts-page.tsx'), 'ArtifactsPage'),
  }),
  createRoute({
    ...parent,
    path: '/models',
    validateSearch: searches.models,
    component: lazyRouteComponent(() => import('../features/models/models-page.tsx'), 'ModelsPage'),
  }),
  createRoute({
    ...parent,
    path: '/models/$model_name',
    validateSearch: searches.model,
    component: lazyRouteComponent(() => import('../features/models/model-page.tsx'), 'ModelPage'),
  }),
  createRoute({
    ...parent,
    path: '/costs',
    validateSearch: searches.costs,
    component: lazyRouteComponent(() => import('../features/costs/costs-page.tsx'), 'CostsPage'),
  }),
  createRoute({
    ...parent,
    path: '/settings',
    validateSearch: searches.settings,
    // Budgets stood here before costs had a page of their own, and links live long.
    beforeLoad: ({ search }) => {
      if (search.tab === 'budgets') throw redirect({ to: '/costs', search: { tab: 'budgets' } })
    },
    component: lazyRouteComponent(() => import('../features/settings/settings-page.tsx'), 'SettingsPage'),
  }),
] as const

export const router = createRouter({
  routeTree: rootRoute.addChildren(routes),
  defaultPreload: 'intent',
  defaultPreloadStaleTime: 0,
  defaultErrorComponent: RouteFailed,
  scrollRestoration: true,
  // Search parameters are read as text and made into what the page's schema says; so a link stays readable.
  parseSearch: (text) => Object.fromEntries(new URLSearchParams(text)),
  stringifySearch: (search) => {
    const entries = Object.entries(search).filter(([, value]) => value !== undefined && value !== '')
    const text = new URLSearchParams(entries.map(([name, value]) => [name, String(value)])).toString()
    return text === '' ? '' : `?${text}`
  },
})

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router
  }
}
