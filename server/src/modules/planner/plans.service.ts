import type { DecomposeRequest, ReplanRequest } from '@muster/contract/shapes/goals'
import type { PlanTask } from '@muster/contract/shapes/tasks'
import type { Caller } from '../../platform/caller.ts'
import { invalid, notFound } from '../../platform/errors.ts'
import { foundGoal, type GoalsParts } from './goals.service.ts'
import { type PlanRequest, planFor } from './operations/plan.ts'
import { replanGoal } from './operations/replan.ts'
import type { Durations } from './planner.port.ts'
import type { PlanRow } from './planner.types.ts'
import { estimatesOf } from './rules/estimates.rules.ts'
import type { PlanGraph } from './rules/graph.rules.ts'
import type { presentGoal } from './rules/present.rules.ts'
import { goalReadStore } from './store/goal-read.store.ts'

/** Plans: tried out, revised, looked at. */
export function createPlans(parts: GoalsParts & { readonly durations: Durations }) {
  const { door } = parts
  return {
    /** Plans and checks; nothing is stored. */
    decompose: (caller: Caller, request: DecomposeRequest) =>
      door.read(caller, async (tx) => {
        const { organization_id } = caller
        const plan = await planFor(parts, tx, {
          organization_id,
          project_id: request.project_id,
          request: request as PlanRequest,
        })
        const { strategy, tasks, graph } = plan
        const medians = await parts.durations.medians(tx, organization_id, [
          ...new Set(tasks.map((task) => task.capability)),
        ])
        return {
          strategy,
          task_dag: dagOf(tasks, graph),
          depth: graph.depth,
          questions: questionsOf(tasks),
          estimates: estimatesOf(tasks, graph, medians),
        }
      }),

    replan: (caller: Caller, request: ReplanRequest) =>
      door.write(caller, async (tx) => {
        const { tasks, ...ids } = await replanGoal(parts, tx, { caller, request })
        const edges = tasks.flatMap((task) => task.depends_on.map((edge) => edgeOf(task, edge)))
        return {
          goal: await foundGoal(tx, caller.organization_id, request.goal_id),
          updated_task_dag: { tasks, edges },
          ...ids,
        }
      }),

    plans(caller: Caller, goal_id: string, { cursor, limit }: { cursor?: string | undefined; limit: number }) {
      const before = cursor === undefined ? undefined : revisionOf(cursor)
      return door.read(caller, async (tx) => {
        const { organization_id } = caller
        const goal = await foundGoal(tx, organization_id, goal_id)
        const rows = await goalReadStore.plans(tx, organization_id, { goal_id, before, limit: limit + 1 })
        const page = rows.slice(0, limit)
        const next = rows.length > limit ? page.at(-1)?.revision : undefined
        return {
          items: page.map((row) => presentPlan(row, goal)),
          ...(next !== undefined && { next_cursor: String(next) }),
        }
      })
    },

    plan: (caller: Caller, goal_id: string, revision: number) =>
      door.read(caller, async (tx) => {
        const { organization_id } = caller
        const goal = await foundGoal(tx, organization_id, goal_id)
        const [row] = await goalReadStore.plans(tx, organization_id, { goal_id, revision, limit: 1 })
        if (!row) throw notFound('plan revision', String(revision))
        return { ...presentPlan(row, goal), tasks: row.plan.tasks as readonly PlanTask[] }
      }),
  }
}

function presentPlan(row: PlanRow, goal: ReturnType<typeof presentGoal>) {
  const { id, goal_id, revision, because, created_by, created_at } = row
  const current = revision === goal.plan_revision
  return {
    id,
    goal_id,
    revision,
    because,
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

/** Where the plan itself says that a person will be asked. */
function questionsOf(tasks: readonly PlanTask[]): { key: string; because: string }[] {
  return tasks.flatMap(({ key, approval }) => (approval === 'none' ? [] : [{ key, because: `approval_${approval}` }]))
}

function revisionOf(cursor: string): number {
  if (!/^\d{1,9}$/.test(cursor)) throw invalid('cursor', 'The cursor is not one that a list has given.')
  return Number(cursor)
}
