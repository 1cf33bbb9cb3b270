import type { ProjectTaskCreate, TaskCreate } from '@muster/contract/shapes/tasks'
import type { Caller } from '../../platform/caller.ts'
import type { Tx } from '../../platform/db/db.ts'
import type { Door } from '../../platform/db/door.ts'
import { idOfCursor, pageById } from '../../platform/db/pages.ts'
import { notFound } from '../../platform/errors.ts'
import type { CreateParts } from './operations/create-goal.ts'
import { createTask } from './operations/create-task.ts'
import { endTask } from './operations/end-task.ts'
import { retryTask } from './operations/retry.ts'
import type { SteerParts } from './operations/steer-goal.ts'
import { presentTask } from './rules/present.rules.ts'
import { type TaskFilter, taskReadStore } from './store/task-read.store.ts'
import { goalReadStore } from './store/goal-read.store.ts'

export interface TasksParts extends CreateParts, SteerParts {
  readonly door: Door
}

interface ListQuery {
  readonly project_id?: string | undefined
  readonly goal_id?: string | undefined
  readonly status?: string | undefined
  readonly cursor?: string | undefined
  readonly offset?: number | undefined
  readonly page?: number | undefined
  readonly page_size?: number | undefined
  readonly limit: number
}

/** Tasks as callers make, see and steer them. */
export function createTasks(parts: TasksParts) {
  const { door } = parts

  async function found(tx: Tx, organization_id: string, id: string) {
    const [row] = await taskReadStore.tasks(tx, organization_id, { id, order: 'newest', limit: 1 })
    if (!row) throw notFound('task', id)
    return presentTask(row)
  }

  function list(caller: Caller, query: ListQuery) {
    const { project_id, goal_id, status } = query
    const limit = query.page_size ?? query.limit
    const offset = query.offset ?? (query.page === undefined ? undefined : (query.page - 1) * limit)
    const filter: TaskFilter = { project_id, goal_id, status, current: true, order: 'newest', before: idOfCursor(query.cursor), offset, limit: limit + 1 }
    return door.read(caller, async (tx) => {
      const rows = await taskReadStore.tasks(tx, caller.organization_id, filter)
      const { items, ...more } = pageById(rows, limit)
      const counted = offset !== undefined || query.page_size !== undefined
      const total = counted ? { total: await taskReadStore.count(tx, caller.organization_id, filter) } : {}
      return { items: items.map(presentTask), ...more, ...total }
    })
  }

  function end(to: 'cancelled' | 'skipped') {
    return (caller: Caller, task_id: string, reason?: string | undefined) =>
      door.write(caller, async (tx) => {
        await endTask(parts, tx, { caller, task_id, reason, to })
        return found(tx, caller.organization_id, task_id)
      })
  }

  return {
    list,
    get: (caller: Caller, id: string) => door.read(caller, (tx) => found(tx, caller.organization_id, id)),
    create: (caller: Caller, request: TaskCreate) =>
      door.write(caller, async (tx) => found(tx, caller.organization_id, await createTask(parts, tx, { caller, request }))),

    async createInProject(caller: Caller, project_id: string, given: ProjectTaskCreate) {
      const { agent_type, instructions, context_ids, capability, input, ...rest } = given
      const told = { ...(instructions !== undefined && { instructions }), ...(context_ids && { artifact_ids: context_ids }) }
      const whole = Object.keys(told).length > 0 && typeof input === 'object' && input !== null && !Array.isArray(input) ? { ...input, ...told } : input
      const request = { ...rest, project_id, capability: capability ?? agent_type ?? '', input: whole } as TaskCreate
      const task = await this.create(caller, request)
      return { ...task, task_id: task.id }
    },

    cancel: end('cancelled'),
    skip: end('skipped'),
    retry: (caller: Caller, task_id: string, reason?: string | undefined) =>
      door.write(caller, async (tx) => found(tx, caller.organization_id, await retryTask(parts, tx, { caller, task_id, reason }))),

    /** The tasks of a goal in the order of their making, which is the order of its plan. */
    ofGoal(caller: Caller, goal_id: string, query: { status?: string | undefined; revision?: number | undefined; leaf?: boolean | undefined; cursor?: string | undefined; limit: number }) {
      const { status, revision, leaf, cursor, limit } = query
      return door.read(caller, async (tx) => {
        const { organization_id } = caller
        if (!(await goalReadStore.goal(tx, organization_id, goal_id))) throw notFound('goal', goal_id)
        const filter = { goal_id, status, revision, leaf, current: revision === undefined, order: 'oldest' as const, after: idOfCursor(cursor), limit: limit + 1 }
        const { items, ...more } = pageById(await taskReadStore.tasks(tx, organization_id, filter), limit)
        return { items: items.map(presentTask), ...more }
      })
    },
  }
}
