import type { Db, Engine } from '../../platform/db/db.ts'
import type { RequestTransactions } from '../../platform/db/request-transactions.ts'
import { fragment } from '../../platform/db/sql.ts'
import type { Dispatch } from '../../platform/dispatch/dispatch.ts'
import { invariant } from '../../platform/errors.ts'
import type { Journal } from '../../platform/journal/record.ts'
import type { Log } from '../../platform/log.ts'
import { type Extensions, extend } from '../../platform/module/extension-point.ts'
import type { Manifest } from '../../platform/module/module.ts'
import type { SearchSource } from '../../platform/module/search-source.ts'
import type { Bounded } from '../../platform/threads/bounded.ts'
import { subjects } from '../approvals/approvals.extensions.ts'
import type { ApprovalsPort } from '../approvals/approvals.port.ts'
import { scopes } from '../identity/identity.extensions.ts'
import type { ProjectsPort } from '../projects/projects.port.ts'
import { createGoalBundles, type GoalBundleDeps } from './bundle.service.ts'
import { goalAttention } from './goal-attention.service.ts'
import { createGoals } from './goals.service.ts'
import { planRequestWorker } from './operations/by-model/planned-by-model.ts'
import type { ThinkDeps } from './operations/by-model/think.ts'
import { createGraph } from './operations/goals/goal-graph.ts'
import type { PlanDeps } from './operations/goals/plan.ts'
import { plannerSubjects } from './operations/goals/subjects.ts'
import { createOverview } from './overview.service.ts'
import { taskKinds } from './planner.extensions.ts'
import type { PlannerPort } from './planner.port.ts'
import { plannerRoutes } from './planner.routes.ts'
import { createPlanner } from './planner.service.ts'
import { createPlans } from './plans.service.ts'
import { queueStore } from './store/queue.store.ts'
import type { AnyTaskKind, TaskRuns } from './task-kinds.port.ts'
import { createTasks } from './tasks/tasks.service.ts'
import { workKind } from './tasks/work-kind.service.ts'

export interface PlannerOptions extends Omit<PlanDeps, 'artifacts' | 'bounded'>, Pick<ThinkDeps, 'gateway' | 'tools'> {
  readonly engine: Engine
  readonly log: Log
  readonly bounded: Bounded
  readonly agents: PlanDeps['agents'] & ThinkDeps['able']
  readonly artifacts: PlanDeps['artifacts'] & GoalBundleDeps['artifacts']
  readonly db: Db
  readonly transactions: RequestTransactions
  readonly journal: Journal
  readonly dispatch: Dispatch
  readonly projects: ProjectsPort
  readonly approvals: ApprovalsPort
  readonly extensions: Extensions
}

export interface Planner {
  readonly planner: PlannerPort
  readonly goals: ReturnType<typeof createGoals>
  readonly tasks: ReturnType<typeof createTasks>
  readonly manifest: Manifest
}

const search: readonly SearchSource[] = [
  {
    kind: 'goal',
    by: ['number', 'title'],
    rows: fragment`select organization_id, goal_id as id, title, number, project_id, goal_id, status from planner_goals_v`,
  },
  {
    kind: 'task',
    by: [],
    rows: fragment`select organization_id, task_id as id, title, null::int as number, project_id, goal_id, status
      from planner_tasks_v`,
  },
]

export function plannerModule(options: PlannerOptions): Planner {
  const workRuns = (): TaskRuns => {
    const work = options.extensions.of(taskKinds).find((part) => 'runs' in part)
    invariant(work, 'no module does tasks of the kind work')
    return work.runs
  }
  const { settling, ...planner } = createPlanner(options)
  const inside: ThinkDeps['inside'] = (organization_id, work) => options.db.transact({ organization_id }, work)
  const deps = { ...options, settling, taskRuns: workRuns, inside, able: options.agents }
  const goals = createGoals(deps)
  const work = workKind(deps)
  const kinds = (): AnyTaskKind[] => [work, ...options.extensions.of(taskKinds).filter((part) => 'create' in part)]
  const tasks = createTasks({ transactions: options.transactions, kinds })
  const plan_requests = planRequestWorker(deps)
  return {
    planner,
    goals,
    tasks,
    manifest: {
      name: 'planner',
      routes: plannerRoutes({
        bundle: createGoalBundles(options),
        goals,
        graph: createGraph(deps),
        plans: createPlans(deps),
        tasks,
        overview: createOverview(deps),
      }),
      attention: [goalAttention],
      search,
      clampTimes: (tx) => Promise.all([plan_requests.clampTimes(tx), queueStore.clampTimes(tx)]),
      extensions: [
        extend(subjects, ...plannerSubjects(deps)),
        extend(scopes, { kind: 'goal', find: goals.scopes('goal') }, { kind: 'task', find: goals.scopes('task') }),
      ],
      jobs: [plan_requests.job],
    },
  }
}
