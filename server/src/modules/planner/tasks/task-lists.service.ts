import type { TaskAnswer } from '@muster/contract/planner/tasks/tasks'
import { type TaskKindName, taskKindNames } from '@muster/contract/platform/task-kind-names'
import { taskPermission } from '@muster/contract/task-kinds'
import type { Caller } from '../../../platform/caller.ts'
import { idOfCursor, pageById, type WindowQuery } from '../../../platform/db/pages.ts'
import type { RequestTransactions } from '../../../platform/db/request-transactions.ts'
import { notFound } from '../../../platform/errors.ts'
import type { TaskRow } from '../planner.types.ts'
import { goalReadStore } from '../store/goal-read.store.ts'
import { type TaskFilter, taskReadStore } from '../store/task-read.store.ts'

interface ListQuery extends WindowQuery {
  readonly project_id?: string | undefined
  readonly goal_id?: string | undefined
  readonly status?: string | undefined
  readonly kind?: TaskKindName | undefined
}

interface TaskListsDeps {
  readonly transactions: RequestTransactions
  readonly present: (row: TaskRow) => TaskAnswer
}

/** The kinds that the caller may see, or the one it asks for; undefined where that is all of them. */
function readableKinds({ permissions }: Caller, asked?: TaskKindName | undefined): readonly TaskKindName[] | undefined {
  const readable = taskKindNames.filter((kind) => permissions.has(taskPermission(kind, 'read')))
  if (asked !== undefined) return readable.filter((kind) => kind === asked)
  return readable.length === taskKindNames.length ? undefined : readable
}

interface GoalTasksQuery extends Pick<ListQuery, 'status' | 'cursor' | 'limit'> {
  readonly revision?: number | undefined
  readonly leaf?: boolean | undefined
}

/** Tasks in pages: a project's or all of them, newest first; a goal's in the order of its plan. */
export function createTaskLists({ transactions, present }: TaskListsDeps) {
  function list(caller: Caller, query: ListQuery) {
    const { project_id, goal_id, status, kind } = query
    const limit = query.page_size ?? query.limit
    const offset = query.offset ?? (query.page === undefined ? undefined : (query.page - 1) * limit)
    const filter: TaskFilter = {
      project_id,
      goal_id,
      status,
      kinds: readableKinds(caller, kind),
      current: true,
      order: 'newest',
      before: idOfCursor(query.cursor),
      offset,
      limit: limit + 1,
    }
    return transactions.read(caller, async (tx) => {
      const rows = await taskReadStore.tasks(tx, caller.organization_id, filter)
      const { items, ...more } = pageById(rows, limit)
      const wantsTotal = offset !== undefined || query.page_size !== undefined
      const total = wantsTotal ? { total: await taskReadStore.count(tx, caller.organization_id, filter) } : {}
      return { items: items.map(present), ...more, ...total }
    })
  }

  return {
    list,

    /** The tasks of a goal in the order of creation, which is the order of its plan. */
    ofGoal(caller: Caller, goal_id: string, query: GoalTasksQuery) {
      const { status, revision, leaf, cursor, limit } = query
      return transactions.read(caller, async (tx) => {
        const { organization_id } = caller
        if (!(await goalReadStore.goal(tx, organization_id, goal_id))) throw notFound('goal', goal_id)
        const filter = {
          goal_id,
          status,
          revision,
          leaf,
          kinds: readableKinds(caller),
          current: revision === undefined,
          order: 'oldest' as const,
          after: idOfCursor(cursor),
          limit: limit + 1,
        }
        const { items, ...more } = pageById(await taskReadStore.tasks(tx, organization_id, filter), limit)
        return { items: items.map(present), ...more }
      })
    },
  }
}
