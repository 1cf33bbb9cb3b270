import type { ProjectTaskCreate, TaskCreate } from '@muster/contract/planner/tasks/task-definitions'
import type { TaskRetry } from '@muster/contract/planner/tasks/tasks'
import type { Caller } from '../../platform/caller.ts'
import type { Tx } from '../../platform/db/db.ts'
import type { RequestTransactions } from '../../platform/db/request-transactions.ts'
import { MusterError, notFound } from '../../platform/errors.ts'
import type { CreateDeps } from './operations/create-goal.ts'
import { createTask } from './operations/create-task.ts'
import { endTask } from './operations/end-task.ts'
import { retryTask } from './operations/retry.ts'
import type { SteerDeps } from './operations/steer-goal.ts'
import { presentTask } from './rules/present.rules.ts'
import { taskReadStore } from './store/task-read.store.ts'
import { createTaskLists } from './task-lists.service.ts'

export interface TasksDeps extends CreateDeps, SteerDeps {
  readonly transactions: RequestTransactions
}

/** Tasks as callers create, read and control them. */
export function createTasks(deps: TasksDeps) {
  const { transactions } = deps

  async function readTask(tx: Tx, organization_id: string, id: string) {
    const [row] = await taskReadStore.tasks(tx, organization_id, { id, order: 'newest', limit: 1 })
    if (!row) throw notFound('task', id)
    return presentTask(row)
  }

  function end(to: 'cancelled' | 'skipped') {
    return (caller: Caller, task_id: string, reason?: string | undefined) =>
      transactions.write(caller, async (tx) => {
        await mustBeWork(tx, caller, { task_id, verb: to === 'cancelled' ? 'cancel' : 'skip' })
        await endTask(deps, tx, { caller, task_id, reason, to })
        return readTask(tx, caller.organization_id, task_id)
      })
  }

  return {
    ...createTaskLists(transactions),
    get: (caller: Caller, id: string) => transactions.read(caller, (tx) => readTask(tx, caller.organization_id, id)),
    create: (caller: Caller, request: TaskCreate) =>
      transactions.write(caller, async (tx) =>
        readTask(tx, caller.organization_id, await createTask(deps, tx, { caller, request })),
      ),

    async createInProject(
      caller: Caller,
      project_id: string,
      { agent_type, instructions, context_ids, capability, input, ...rest }: ProjectTaskCreate,
    ) {
      const instructionFields = {
        ...(instructions !== undefined && { instructions }),
        ...(context_ids && { artifact_ids: context_ids }),
      }
      const whole =
        Object.keys(instructionFields).length > 0 &&
        typeof input === 'object' &&
        input !== null &&
        !Array.isArray(input)
          ? { ...input, ...instructionFields }
          : input
      const request = { ...rest, project_id, capability: capability ?? agent_type ?? '', input: whole } as TaskCreate
      const task = await this.create(caller, request)
      return { ...task, task_id: task.id }
    },

    cancel: end('cancelled'),
    skip: end('skipped'),
    retry: (caller: Caller, task_id: string, request: TaskRetry = {}) =>
      transactions.write(caller, async (tx) => {
        await mustBeWork(tx, caller, { task_id, verb: 'retry' })
        return readTask(tx, caller.organization_id, await retryTask(deps, tx, { caller, task_id, ...request }))
      }),
  }
}

/** Refuses what is done with work alone; an unknown task is for whoever looks for it. */
async function mustBeWork(
  tx: Tx,
  { organization_id }: Caller,
  { task_id, verb }: { readonly task_id: string; readonly verb: string },
): Promise<void> {
  const kind = await taskReadStore.kindOf(tx, organization_id, task_id)
  if (kind === undefined || kind === 'work') return
  throw new MusterError('wrong_kind', `Cannot ${verb} a task of kind ${kind}; only tasks of kind work.`, {
    value: task_id,
  })
}
