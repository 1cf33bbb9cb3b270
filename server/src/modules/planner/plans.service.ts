import type { DecomposeRequest } from '@muster/contract/planner/plans/decomposition'
import type { ReplanRequest } from '@muster/contract/planner/plans/replans'
import type { PlanTask } from '@muster/contract/planner/tasks/task-definitions'
import type { Caller } from '../../platform/caller.ts'
import { invalid, notFound } from '../../platform/errors.ts'
import { foundGoal, type GoalsDeps } from './goals.service.ts'
import { type ThinkDeps, thinkPlan } from './operations/by-model/think.ts'
import { plannerOf } from './operations/goals/create-goal.ts'
import { inputsOf, type PlanRequest, planFor } from './operations/goals/plan.ts'
import { replanGoal } from './operations/goals/replan.ts'
import type { PlanRow } from './planner.types.ts'
import { estimatesOf } from './rules/estimates.rules.ts'
import type { PlanGraph } from './rules/graph.rules.ts'
import type { presentGoal } from './rules/present.rules.ts'
import { goalReadStore } from './store/goal-read.store.ts'
import type { GoalInput } from './strategies/strategy.types.ts'
import type { TaskRuns } from './task-kinds.port.ts'

/** The longest time that a request waits for a model's plan. */
const think_ms_max = 10 * 60_000

export interface PlansDeps extends GoalsDeps, ThinkDeps {
  taskRuns(): TaskRuns
}

/** Plans as callers preview, revise and read them. A request for a model's plan waits for it. */
export function createPlans(deps: PlansDeps) {
  const { transactions } = deps
  return {
    /** Plans and checks; nothing is stored. */
    async decompose(caller: Caller, request: DecomposeRequest) {
      const { organization_id } = caller
      const modelTasks = await thinkFirst(deps, caller, request)
      const planRequest = (modelTasks ? { ...request, plan: { tasks: modelTasks } } : request) as PlanRequest
      return transactions.read(caller, async (tx) => {
        const plan = await planFor(deps, tx, { organization_id, project_id: request.project_id, request: planRequest })
        const { tasks, graph } = plan
        const capabilities = [...new Set(tasks.map((task) => task.capability))]
        const medians = await deps.taskRuns().medians(tx, organization_id, capabilities)
        return {
          strategy: modelTasks ? ('model' as const) : plan.strategy,
          task_dag: dagOf(tasks, graph),
          depth: graph.depth,
          questions: questionsOf(tasks),
          estimates: estimatesOf(tasks, graph, medians),
        }
      })
    },

    async replan(caller: Caller, request: ReplanRequest) {
      const modelTasks = await thinkAgain(deps, caller, request)
      const replanRequest = modelTasks ? { ...request, plan: { tasks: modelTasks } } : request
      return transactions.write(caller, async (tx) => {
        const { tasks, ...ids } = await replanGoal(deps, tx, { caller, request: replanRequest })
        const edges = tasks.flatMap((task) => task.depends_on.map((edge) => edgeOf(task, edge)))
        return {
          goal: await foundGoal(tx, caller.organization_id, request.goal_id),
          updated_task_dag: { tasks, edges },
          ...ids,
        }
      })
    },

    plans(caller: Caller, goal_id: string, { cursor, limit }: { cursor?: string | undefined; limit: number }) {
      const before = cursor === undefined ? undefined : revisionOf(cursor)
      return transactions.read(caller, async (tx) => {
        const { organization_id } = caller
        const goal = await foundGoal(tx, organization_id, goal_id)
        const rows = await goalReadStore.plans(tx, organization_id, { goal_id, before, limit: limit + 1 })
        return planPage(rows, limit, goal)
      })
    },

    plan: (caller: Caller, goal_id: string, revision: number) =>
      transactions.read(caller, async (tx) => {
        const { organization_id } = caller
        const goal = await foundGoal(tx, organization_id, goal_id)
        const [row] = await goalReadStore.plans(tx, organization_id, { goal_id, revision, limit: 1 })
        if (!row) throw notFound('plan revision', String(revision))
        return { ...presentPlan(row, goal), tasks: row.plan.tasks as readonly PlanTask[] }
      }),
  }
}

function planPage(rows: readonly PlanRow[], limit: number, goal: Awaited<ReturnType<typeof foundGoal>>) {
  const page = rows.slice(0, limit)
  const next = rows.length > limit ? page.at(-1)?.revision : undefined
  return {
    items: page.map((row) => presentPlan(row, goal)),
    ...(next !== undefined && { next_cursor: String(next) }),
  }
}

/** Lets a model plan first, where the request or the project's policy names one; no transaction is open meanwhile. */
async function thinkFirst(deps: PlansDeps, caller: Caller, request: DecomposeRequest) {
  const { organization_id, request_id } = caller
  const { project_id = null, title, text, artifact_ids = [] } = request
  const modelAndArtifacts = await deps.transactions.read(caller, async (tx) => {
    const taskRef = { organization_id, project_id: project_id ?? '' }
    const policy = project_id === null ? undefined : (await deps.projects.inForce(tx, taskRef)).policy
    const model = plannerOf(request, policy)
    if (model === undefined) return undefined
    return {
      model,
      artifacts: await inputsOf(deps, tx, { organization_id, project_id: project_id ?? undefined, ids: artifact_ids }),
    }
  })
  if (!modelAndArtifacts) return undefined
  const about = {
    organization_id,
    project_id,
    goal_id: null,
    request_id,
    title,
    text,
    reason: null,
    ...modelAndArtifacts,
  }
  return thinkPlan(deps, { ...about, signal: AbortSignal.timeout(think_ms_max) })
}

/** Lets the model plan again where the goal was planned by one and the request gives only a reason. */
async function thinkAgain(deps: PlansDeps, caller: Caller, { plan, goal_id, reason, trigger_reason }: ReplanRequest) {
  if (plan) return undefined
  const { organization_id, request_id } = caller
  const row = await deps.transactions.read(caller, (tx) => goalReadStore.goal(tx, organization_id, goal_id))
  if (!row || row.planner_model === null) return undefined
  const { project_id, title, planner_model: model } = row
  return thinkPlan(deps, {
    ...{ organization_id, project_id, goal_id, request_id, title, model },
    text: row.text ?? undefined,
    // As they were described when the goal was stated.
    artifacts: row.artifacts as readonly GoalInput[],
    reason: reason ?? trigger_reason ?? null,
    signal: AbortSignal.timeout(think_ms_max),
  })
}

function presentPlan(row: PlanRow, goal: ReturnType<typeof presentGoal>) {
  const { id, goal_id, revision, reason, created_by, created_at } = row
  const current = revision === goal.plan_revision
  return {
    id,
    goal_id,
    revision,
    reason,
    created_by,
    created_at,
    strategy: goal.strategy,
    task_count: row.plan.tasks.length,
    current,
  }
}

function dagOf(tasks: readonly PlanTask[], graph: PlanGraph) {
  return { tasks, edges: graph.edges }
}

function edgeOf(task: PlanTask, edge: PlanTask['depends_on'][number]) {
  if (typeof edge === 'string') return { from: edge, to: task.key, on_failure: task.on_failure }
  return { from: edge.key, to: task.key, on_failure: edge.on_failure ?? task.on_failure }
}

/** The approvals that the plan itself asks for. */
function questionsOf(tasks: readonly PlanTask[]): { key: string; reason: string }[] {
  return tasks.flatMap(({ key, approval }) => (approval === 'none' ? [] : [{ key, reason: `approval_${approval}` }]))
}

function revisionOf(cursor: string): number {
  if (!/^\d{1,9}$/.test(cursor)) throw invalid('cursor', 'Invalid cursor. Use next_cursor of the same list.')
  return Number(cursor)
}
