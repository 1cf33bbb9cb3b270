import type { Db, Engine } from '../../platform/db/db.ts'
import type { RequestTransactions } from '../../platform/db/request-transactions.ts'
import type { Dispatch } from '../../platform/dispatch/dispatch.ts'
import { invariant } from '../../platform/errors.ts'
import type { Journal } from '../../platform/journal/record.ts'
import type { Manifest } from '../../platform/module.ts'
import type { Bounded } from '../../platform/threads/bounded.ts'
import type { ApprovalSubject, ApprovalsPort } from '../approvals/approvals.port.ts'
import type { ProjectsPort } from '../projects/projects.port.ts'
import { type BundleParts, createBundles } from './bundle.service.ts'
import { createGoals } from './goals.service.ts'
import type { PlanParts } from './operations/plan.ts'
import { hold_ms, planWishes } from './operations/planned-by-model.ts'
import { plannerSubjects } from './operations/subjects.ts'
import type { ThinkParts } from './operations/think.ts'
import { createOverview } from './overview.service.ts'
import type { Durations, PlannerPort, TaskKind } from './planner.port.ts'
import { plannerRoutes } from './planner.routes.ts'
import { createPlanner } from './planner.service.ts'
import { createPlans } from './plans.service.ts'
import { queueStore } from './store/queue.store.ts'
import { wishStore } from './store/wish.store.ts'
import { createTasks } from './tasks.service.ts'

export interface PlannerOptions
  extends Omit<PlanParts, 'artifacts' | 'bounded'>,
    Pick<ThinkParts, 'gateway' | 'tools'> {
  readonly engine: Engine
  readonly bounded: Bounded
  readonly agents: PlanParts['agents'] & ThinkParts['able']
  readonly artifacts: PlanParts['artifacts'] & BundleParts['artifacts']
  readonly db: Db
  readonly transactions: RequestTransactions
  readonly journal: Journal
  readonly dispatch: Dispatch
  readonly projects: ProjectsPort
  readonly approvals: ApprovalsPort
  readonly durations: Durations
}

export interface Planner {
  readonly port: PlannerPort
  readonly goals: ReturnType<typeof createGoals>
  readonly tasks: ReturnType<typeof createTasks>
  /** What the planner asks people about, to be registered with approvals. */
  readonly subjects: readonly ApprovalSubject[]
  /** Says how tasks of a kind are stopped; the composition root calls it once the worker exists. */
  register(kind: TaskKind): void
}

const second_ms = 1000

export function plannerModule(options: PlannerOptions): { readonly planner: Planner; readonly manifest: Manifest } {
  let registered: TaskKind | undefined
  const kind = (): TaskKind => {
    invariant(registered, 'no kind of task is registered')
    return registered
  }
  const { settling, ...port } = createPlanner(options)
  const inside: ThinkParts['inside'] = (organization_id, work) => options.db.transact({ organization_id }, work)
  const parts = { ...options, settling, kind, inside, able: options.agents }
  const goals = createGoals(parts)
  const tasks = createTasks(parts)
  const planner: Planner = {
    port,
    goals,
    tasks,
    subjects: plannerSubjects(parts),
    register(given) {
      registered = given
    },
  }
  const plan = (signal: AbortSignal = new AbortController().signal) => planWishes(parts, signal)
  return {
    planner,
    manifest: {
      name: 'planner',
      routes: plannerRoutes({
        bundle: createBundles(options),
        goals,
        plans: createPlans(parts),
        tasks,
        overview: createOverview(parts),
      }),
      clampTimes: (tx) => Promise.all([wishStore.clampTimes(tx, hold_ms), queueStore.clampTimes(tx)]),
      jobs: [{ name: 'planner.wishes', every_ms: second_ms, dueIn: wishStore.dueIn, run: plan }],
    },
  }
}
