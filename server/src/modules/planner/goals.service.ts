import type { DecomposeRequest, GoalChange, GoalCreate, GoalRerun, ReplanRequest } from '@muster/contract/shapes/goals'
import type { PlanTask } from '@muster/contract/shapes/tasks'
import type { Caller } from '../../platform/caller.ts'
import type { Tx } from '../../platform/db/db.ts'
import type { Door } from '../../platform/db/door.ts'
import { idOfCursor, pageById } from '../../platform/db/pages.ts'
import { invalid, notFound } from '../../platform/errors.ts'
import { goalReadStore } from './goal-read.store.ts'
import { type CreateParts, createGoal } from './operations/create-goal.ts'
import { planFor, type PlanRequest } from './operations/plan.ts'
import { replanGoal } from './operations/replan.ts'
import { cancelGoal, changeGoal, pauseGoal, resumeGoal, type SteerParts } from './operations/steer-goal.ts'
import type { PlanGraph } from './graph.rules.ts'
import type { PlanRow } from './planner.types.ts'
import { mermaidOf, presentGoal } from './present.rules.ts'
import { taskReadStore } from './task-read.store.ts'

export interface GoalsParts extends CreateParts, SteerParts {
  readonly door: Door
}

const graph_nodes_max = 11_000

/** Goals as callers state, see and steer them. */
export function createGoals(parts: GoalsParts) {
  const { door } = parts

  async function found(tx: Tx, organization_id: string, id: string) {
    const row = await goalReadStore.goal(tx, organization_id, id)
    if (!row) throw notFound('goal', id)
    return presentGoal(row)
  }

  function steer(work: (parts: SteerParts, tx: Tx, steering: { caller: Caller; goal_id: string; reason?: string | undefined }) => Promise<void>) {
    return (caller: Caller, goal_id: string, reason?: string | undefined) =>
      door.write(caller, async (tx) => {
        await work(parts, tx, { caller, goal_id, reason })
        return found(tx, caller.organization_id, goal_id)
      })
  }

  return {
    create: (caller: Caller, request: GoalCreate) =>
      door.write(caller, async (tx) => found(tx, caller.organization_id, await createGoal(parts, tx, { caller, request }))),

    /** Where a goal belongs, for modules that keep things for it. */
    async place(tx: Tx, organization_id: string, id: string): Promise<{ readonly project_id: string } | undefined> {
      return goalReadStore.goal(tx, organization_id, id)
    },

    get: (caller: Caller, id: string) => door.read(caller, (tx) => found(tx, caller.organization_id, id)),

    list(caller: Caller, query: { project_id?: string | undefined; status?: string | undefined; cursor?: string | undefined; limit: number }) {
      const { project_id, status, cursor, limit } = query
      return door.read(caller, async (tx) => {
        const rows = await goalReadStore.goals(tx, caller.organization_id, { project_id, status, before: idOfCursor(cursor), limit: limit + 1 })
        const { items, ...more } = pageById(rows, limit)
        return { items: items.map(presentGoal), ...more }
      })
    },

    pause: steer(pauseGoal),
    resume: steer(resumeGoal),
    cancel: steer(cancelGoal),

    change: (caller: Caller, goal_id: string, change: GoalChange) =>
      door.write(caller, async (tx) => {
        await changeGoal(tx, caller, { goal_id, change })
        return found(tx, caller.organization_id, goal_id)
      }),

    /** A new goal; what the request leaves out is taken from the old one. */
    rerun: (caller: Caller, goal_id: string, change: GoalRerun) =>
      door.write(caller, async (tx) => {
        const { organization_id } = caller
        const row = await goalReadStore.goal(tx, organization_id, goal_id)
        if (!row) throw notFound('goal', goal_id)
        const [plan] = row.strategy === 'explicit' ? await goalReadStore.plans(tx, organization_id, { goal_id, limit: 1 }) : []
        const text = change.text ?? row.text ?? undefined
        const request = {
          project_id: row.project_id,
          title: change.title ?? row.title,
          ...(text !== undefined && { text }),
          artifact_ids: change.artifact_ids ?? row.artifacts.map(({ artifact_id }) => artifact_id),
          ...(plan && { plan: plan.plan }),
          ...(row.playbook !== null && { playbook: row.playbook }),
          variables: { ...row.variables, ...change.variables },
          priority: presentGoal(row).priority,
          start: change.start,
        }
        // Everything taken over was accepted as such a request before.
        const id = await createGoal(parts, tx, { caller, request: request as unknown as GoalCreate, rerun_of: goal_id })
        return found(tx, organization_id, id)
      }),

    /** Plans and checks; nothing is stored. */
    decompose: (caller: Caller, request: DecomposeRequest) =>
      door.read(caller, async (tx) => {
        const { organization_id } = caller
        const plan = await planFor(parts, tx, { organization_id, project_id: request.project_id, request: request as PlanRequest })
        const { strategy, tasks, graph } = plan
        return { strategy, task_dag: dagOf(tasks, graph), depth: graph.depth, questions: questionsOf(tasks) }
      }),

    replan: (caller: Caller, request: ReplanRequest) =>
      door.write(caller, async (tx) => {
        const { tasks, ...ids } = await replanGoal(parts, tx, { caller, request })
        const edges = tasks.flatMap((task) => task.depends_on.map((edge) => edgeOf(task, edge)))
        return { goal: await found(tx, caller.organization_id, request.goal_id), updated_task_dag: { tasks, edges }, ...ids }
      }),

    plans(caller: Caller, goal_id: string, { cursor, limit }: { cursor?: string | undefined; limit: number }) {
      const before = cursor === undefined ? undefined : revisionOf(cursor)
      return door.read(caller, async (tx) => {
        const { organization_id } = caller
        const goal = await found(tx, organization_id, goal_id)
        const rows = await goalReadStore.plans(tx, organization_id, { goal_id, before, limit: limit + 1 })
        const page = rows.slice(0, limit)
        const next = rows.length > limit ? page.at(-1)?.revision : undefined
        return { items: page.map((row) => presentPlan(row, goal)), ...(next !== undefined && { next_cursor: String(next) }) }
      })
    },

    plan: (caller: Caller, goal_id: string, revision: number) =>
      door.read(caller, async (tx) => {
        const { organization_id } = caller
        const goal = await found(tx, organization_id, goal_id)
        const [row] = await goalReadStore.plans(tx, organization_id, { goal_id, revision, limit: 1 })
        if (!row) throw notFound('plan revision', String(revision))
        return { ...presentPlan(row, goal), tasks: row.plan.tasks as readonly PlanTask[] }
      }),

    graph: (caller: Caller, goal_id: string) =>
      door.read(caller, async (tx) => {
        const { organization_id } = caller
        const goal = await found(tx, organization_id, goal_id)
        const rows = await taskReadStore.tasks(tx, organization_id, { goal_id, current: true, order: 'oldest', limit: graph_nodes_max })
        const edges = (await taskReadStore.edges(tx, organization_id, goal_id)).map((edge) => ({ ...edge, on_failure: edge.on_failure as 'fail' }))
        const nodes = rows.map(({ id, title, capability, status, key }) => ({ id, title, capability, status, key }))
        return { goal_id, plan_revision: goal.plan_revision, nodes, edges, mermaid: mermaidOf(nodes, edges) }
      }),
  }
}

function presentPlan(row: PlanRow, goal: ReturnType<typeof presentGoal>) {
  const { id, goal_id, revision, because, created_by, created_at } = row
  const current = revision === goal.plan_revision
  return { id, goal_id, revision, because, created_by, created_at, strategy: goal.strategy, task_count: row.plan.tasks.length, current }
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
