import * as goalOps from '@muster/contract/operations/goals'
import * as ops from '@muster/contract/operations/planner'
import { type Route, raw, route } from '../../platform/http/route.ts'
import type { createBundles } from './bundle.service.ts'
import type { createGoals } from './goals.service.ts'
import type { createGraph } from './operations/goal-graph.ts'
import type { createOverview } from './overview.service.ts'
import type { createPlans } from './plans.service.ts'
import type { createTasks } from './tasks.service.ts'

export interface PlannerServices {
  readonly goals: ReturnType<typeof createGoals>
  readonly graph: ReturnType<typeof createGraph>
  readonly plans: ReturnType<typeof createPlans>
  readonly tasks: ReturnType<typeof createTasks>
  readonly bundle: ReturnType<typeof createBundles>
  readonly overview: ReturnType<typeof createOverview>
}

export function plannerRoutes({ bundle, goals, graph, plans, tasks, overview }: PlannerServices): readonly Route[] {
  return [
    route(goalOps.listGoals, ({ caller, query }) => goals.list(caller, query)),
    route(goalOps.createGoal, ({ caller, body }) => goals.create(caller, body)),
    route(goalOps.getGoal, ({ caller, params }) => goals.get(caller, params.id)),
    route(goalOps.changeGoal, ({ caller, params, body }) => goals.change(caller, params.id, body)),
    route(goalOps.pauseGoal, ({ caller, params, body }) => goals.pause(caller, params.id, body?.reason)),
    route(goalOps.resumeGoal, ({ caller, params }) => goals.resume(caller, params.id)),
    route(goalOps.cancelGoal, ({ caller, params, body }) => goals.cancel(caller, params.id, body?.reason)),
    route(goalOps.rerunGoal, ({ caller, params, body }) => goals.rerun(caller, params.id, body ?? { start: true })),
    route(goalOps.listGoalTasks, ({ caller, params, query }) => tasks.ofGoal(caller, params.id, query)),
    route(goalOps.listGoalPlans, ({ caller, params, query }) => plans.plans(caller, params.id, query)),
    route(goalOps.getGoalPlan, ({ caller, params }) => plans.plan(caller, params.id, params.revision)),
    route(goalOps.getGoalGraph, ({ caller, params }) => graph(caller, params.id)),
    route(goalOps.getGoalBundle, async ({ caller, params }) =>
      raw(await bundle(caller, params.id), {
        headers: {
          'content-type': 'application/zip',
          'content-disposition': `attachment; filename="goal-${params.id}.zip"`,
        },
      }),
    ),
    route(ops.decompose, ({ caller, body }) => plans.decompose(caller, body)),
    route(ops.replan, ({ caller, body }) => plans.replan(caller, body)),
    route(ops.semanticFilter, ({ caller, body }) => overview.semanticFilter(caller, body)),
    route(ops.listTasks, ({ caller, query }) => tasks.list(caller, query)),
    route(ops.createTask, ({ caller, body }) => tasks.create(caller, body)),
    route(ops.getTask, ({ caller, params }) => tasks.get(caller, params.id)),
    route(ops.cancelTask, ({ caller, params, body }) => tasks.cancel(caller, params.id, body?.reason)),
    route(ops.retryTask, ({ caller, params, body }) => tasks.retry(caller, params.id, body)),
    route(ops.skipTask, ({ caller, params, body }) => tasks.skip(caller, params.id, body?.reason)),
    route(ops.listProjectTasks, ({ caller, params, query }) => tasks.list(caller, { ...query, project_id: params.id })),
    route(ops.createProjectTask, ({ caller, params, body }) => tasks.createInProject(caller, params.id, body)),
    route(ops.getProjectStatus, ({ caller, params, query }) => overview.projectStatus(caller, params.id, query)),
  ]
}
