import {
  cancelGoal,
  changeGoal,
  createGoal,
  getGoal,
  getGoalBundle,
  getGoalGraph,
  getGoalPlan,
  listGoalPlans,
  listGoals,
  listGoalTasks,
  pauseGoal,
  rerunGoal,
  resumeGoal,
} from '@muster/contract/planner/goals/goal.operations'
import { decompose, replan, semanticFilter } from '@muster/contract/planner/plans/plan.operations'
import {
  cancelTask,
  createProjectTask,
  createTask,
  getProjectStatus,
  getTask,
  listProjectTasks,
  listTasks,
  retryTask,
  skipTask,
} from '@muster/contract/planner/tasks/task.operations'
import { type Route, raw, route } from '../../platform/http/route.ts'
import type { createGoalBundles } from './bundle.service.ts'
import type { createGoals } from './goals.service.ts'
import type { createGraph } from './operations/goals/goal-graph.ts'
import type { createOverview } from './overview.service.ts'
import type { createPlans } from './plans.service.ts'
import type { createTasks } from './tasks/tasks.service.ts'

export interface PlannerServices {
  readonly goals: ReturnType<typeof createGoals>
  readonly graph: ReturnType<typeof createGraph>
  readonly plans: ReturnType<typeof createPlans>
  readonly tasks: ReturnType<typeof createTasks>
  readonly bundle: ReturnType<typeof createGoalBundles>
  readonly overview: ReturnType<typeof createOverview>
}

export function plannerRoutes({ bundle, goals, graph, plans, tasks, overview }: PlannerServices): readonly Route[] {
  return [
    route(listGoals, ({ caller, query }) => goals.list(caller, query)),
    route(createGoal, ({ caller, body }) => goals.create(caller, body)),
    route(getGoal, ({ caller, params }) => goals.get(caller, params.id)),
    route(changeGoal, ({ caller, params, body }) => goals.change(caller, params.id, body)),
    route(pauseGoal, ({ caller, params, body }) => goals.pause(caller, params.id, body?.reason)),
    route(resumeGoal, ({ caller, params }) => goals.resume(caller, params.id)),
    route(cancelGoal, ({ caller, params, body }) => goals.cancel(caller, params.id, body?.reason)),
    route(rerunGoal, ({ caller, params, body }) => goals.rerun(caller, params.id, body ?? { start: true })),
    route(listGoalTasks, ({ caller, params, query }) => tasks.ofGoal(caller, params.id, query)),
    route(listGoalPlans, ({ caller, params, query }) => plans.plans(caller, params.id, query)),
    route(getGoalPlan, ({ caller, params }) => plans.plan(caller, params.id, params.revision)),
    route(getGoalGraph, ({ caller, params }) => graph(caller, params.id)),
    route(getGoalBundle, async ({ caller, params }) =>
      raw(await bundle(caller, params.id), {
        headers: {
          'content-type': 'application/zip',
          'content-disposition': `attachment; filename="goal-${params.id}.zip"`,
        },
      }),
    ),
    route(decompose, ({ caller, body }) => plans.decompose(caller, body)),
    route(replan, ({ caller, body }) => plans.replan(caller, body)),
    route(semanticFilter, ({ caller, body }) => overview.semanticFilter(caller, body)),
    route(listTasks, ({ caller, query }) => tasks.list(caller, query)),
    route(createTask, ({ caller, body }) => tasks.create(caller, body)),
    route(getTask, ({ caller, params }) => tasks.get(caller, params.id)),
    route(cancelTask, ({ caller, params, body }) => tasks.cancel(caller, params.id, body?.reason)),
    route(retryTask, ({ caller, params, body }) => tasks.retry(caller, params.id, body)),
    route(skipTask, ({ caller, params, body }) => tasks.skip(caller, params.id, body?.reason)),
    route(listProjectTasks, ({ caller, params, query }) => tasks.list(caller, { ...query, project_id: params.id })),
    route(createProjectTask, ({ caller, params, body }) => tasks.createInProject(caller, params.id, body)),
    route(getProjectStatus, ({ caller, params, query }) => overview.projectStatus(caller, params.id, query)),
  ]
}
