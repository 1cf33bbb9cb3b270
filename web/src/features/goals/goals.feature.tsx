import type { Event } from '@muster/contract/events'
import { taskStatuses } from '@muster/contract/planner/tasks/tasks'
import { createRoute, lazyRouteComponent } from '@tanstack/react-router'
import { Goal, Plus } from 'lucide-react'
import { z } from 'zod'
import type { FeatureManifest } from '../../providers/feature-manifest.ts'
import { page } from '../../providers/root-route.ts'
import { count, oneOf, order, text } from '../../providers/search-params.ts'

const routes = [
  createRoute({
    ...page,
    path: '/goals',
    validateSearch: z.object({
      q: text,
      status: text,
      from: text,
      to: text,
      sort: oneOf(['created', 'title', 'status', 'ended']),
      order,
    }),
    component: lazyRouteComponent(() => import('./list/goals-page.tsx'), 'GoalsPage'),
  }),
  createRoute({
    ...page,
    path: '/goals/new',
    validateSearch: z.object({ by: oneOf(['text', 'model', 'playbook', 'plan']), title: text }),
    component: lazyRouteComponent(() => import('./new/new-goal-page.tsx'), 'NewGoalPage'),
  }),
  createRoute({
    ...page,
    path: '/goals/$goal_id',
    validateSearch: z.object({
      view: oneOf(['graph', 'table']),
      task: text,
      tab: text,
      /** Keys of tasks that are expanded or collapsed other than by default. */
      show: text,
      only: oneOf(taskStatuses),
      sort: oneOf(['key', 'title', 'status', 'capability', 'attempts', 'duration']),
      order,
    }),
    component: lazyRouteComponent(() => import('./goal/goal-page.tsx'), 'GoalPage'),
  }),
  createRoute({
    ...page,
    path: '/goals/$goal_id/plans',
    validateSearch: z.object({ from: count, to: count }),
    component: lazyRouteComponent(() => import('./plans/plans-page.tsx'), 'PlansPage'),
  }),
] as const

const goalOf = ({ goal_id }: Event) => (goal_id ? [goal_id] : [])
const taskOf = ({ task_id }: Event) => (task_id ? [task_id] : null)

export const goalsFeature: FeatureManifest<typeof routes> = {
  routes,
  navigation: { to: '/goals', label: 'Goals', group: 'Work', key: 'g', icon: Goal, on_phone_bar: true },
  commands: [{ label: 'New goal', icon: Plus, keys: 'n', run: (navigate) => navigate({ to: '/goals/new' }) }],
  search_results: {
    goal: ({ id }, navigate) => navigate({ to: '/goals/$goal_id', params: { goal_id: id } }),
    task: ({ id, goal_id }, navigate) =>
      goal_id === undefined
        ? navigate({ to: '/journal', search: { task: id } })
        : navigate({ to: '/goals/$goal_id', params: { goal_id }, search: { task: id } }),
    project: ({ id }, navigate) => navigate({ to: '/goals', search: { project: id } }),
  },
  invalidations: [
    { on: ['task', 'goal', 'project'], queries: ['goals.list'] },
    { on: ['task', 'goal', 'project'], queries: ['goals.get', 'goals.tasks'], ids: goalOf },
    { on: ['goal'], queries: ['goals.plans'], ids: goalOf },
    // These add or remove tasks or change edges; other events only move a node's status, which the page does itself.
    {
      on: ['goal.created', 'goal.planned', 'goal.replanned', 'goal.started'],
      queries: ['goals.graph'],
      ids: goalOf,
    },
    { on: ['task'], queries: ['tasks.list', 'tasks.why'] },
    { on: ['task'], queries: ['tasks.get', 'tasks.runs', 'tasks.verdicts'], ids: taskOf },
    { on: ['approval'], queries: ['tasks.get'], ids: taskOf },
  ],
}
