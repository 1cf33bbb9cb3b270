import type { ProjectTaskCreate } from '@muster/contract/planner/tasks/task-definitions'
import type { TaskAnswer, TaskRetry } from '@muster/contract/planner/tasks/tasks'
import type { TaskKindName } from '@muster/contract/platform/task-kind-names'
import { type TaskCreate, taskPermission } from '@muster/contract/task-kinds'
import type { Caller } from '../../../platform/caller.ts'
import type { Tx } from '../../../platform/db/db.ts'
import type { RequestTransactions } from '../../../platform/db/request-transactions.ts'
import { forbidden, MusterError, notFound } from '../../../platform/errors.ts'
import type { TaskRow } from '../planner.types.ts'
import { presentTask } from '../rules/present.rules.ts'
import { taskReadStore } from '../store/task-read.store.ts'
import type { AnyTaskKind, TaskAct, TaskVerb } from '../task-kinds.port.ts'
import { createTaskLists } from './task-lists.service.ts'

export interface TasksDeps {
  readonly transactions: RequestTransactions
  /** Complete once the program is put together. */
  readonly kinds: () => readonly AnyTaskKind[]
}

/** Tasks of every kind as callers create, read and control them; what is done is the kind's. */
export function createTasks({ transactions, kinds }: TasksDeps) {
  const kindNamed = (name: TaskKindName) => kinds().find(({ kind }) => kind === name)
  const present = (row: TaskRow): TaskAnswer => (kindNamed(row.kind)?.present ?? presentTask)(row)

  async function readTask(tx: Tx, { organization_id, permissions }: Caller, id: string): Promise<TaskAnswer> {
    const row = await rowOf(tx, organization_id, id)
    if (!permissions.has(taskPermission(row.kind, 'read'))) throw notFound('task', id)
    return present(row)
  }

  /** What came of the caller's own request, which whoever may write sees without being able to read. */
  async function writtenTask(tx: Tx, { organization_id }: Caller, id: string): Promise<TaskAnswer> {
    return present(await rowOf(tx, organization_id, id))
  }

  function create(caller: Caller, body: TaskCreate) {
    return transactions.write(caller, async (tx) => {
      const kind = kindNamed(body.kind)
      if (kind === undefined) throw unknownKind(body.kind)
      mustMayWrite(caller, body.kind)
      return writtenTask(tx, caller, await kind.create(tx, { caller, body }))
    })
  }

  function act(caller: Caller, verb: TaskVerb, request: Omit<TaskAct, 'caller'>) {
    const { task_id } = request
    return transactions.write(caller, async (tx) => {
      // An unknown task is said to be unknown as work's verbs say it.
      const name = (await taskReadStore.kindOf(tx, caller.organization_id, task_id)) ?? 'work'
      const mayKnow = (['read', 'write'] as const).some((verb) => caller.permissions.has(taskPermission(name, verb)))
      if (!mayKnow) throw notFound('task', task_id)
      const perform = kindNamed(name)?.verbs[verb]
      if (perform === undefined) throw wrongKind(kinds(), verb, { task_id, name })
      mustMayWrite(caller, name)
      return writtenTask(tx, caller, await perform(tx, { caller, ...request }))
    })
  }

  return {
    ...createTaskLists({ transactions, present }),
    get: (caller: Caller, id: string) => transactions.read(caller, (tx) => readTask(tx, caller, id)),
    create,

    async createInProject(caller: Caller, project_id: string, request: ProjectTaskCreate) {
      if (request.kind !== 'work') throw unknownKind(request.kind)
      const task = await create(caller, workIn(project_id, { ...request, kind: request.kind }))
      return { ...task, task_id: task.id }
    },

    cancel: (caller: Caller, task_id: string, reason?: string | undefined) =>
      act(caller, 'cancel', { task_id, reason }),
    skip: (caller: Caller, task_id: string, reason?: string | undefined) => act(caller, 'skip', { task_id, reason }),
    retry: (caller: Caller, task_id: string, request: TaskRetry = {}) => act(caller, 'retry', { task_id, ...request }),
  }
}

async function rowOf(tx: Tx, organization_id: string, id: string): Promise<TaskRow> {
  const [row] = await taskReadStore.tasks(tx, organization_id, { id, order: 'newest', limit: 1 })
  if (!row) throw notFound('task', id)
  return row
}

function wrongKind(
  kinds: readonly AnyTaskKind[],
  verb: TaskVerb,
  { task_id, name }: { readonly task_id: string; readonly name: TaskKindName },
): MusterError {
  const able = kinds.flatMap(({ kind, verbs }) => (verbs[verb] === undefined ? [] : [kind]))
  const message = `Cannot ${verb} a task of kind ${name}; only tasks of kind ${able.join(' or ')}.`
  return new MusterError('wrong_kind', message, { value: task_id })
}

function unknownKind(kind: TaskKindName): MusterError {
  return new MusterError('unknown_kind', `This server has no tasks of the kind "${kind}" here. Use "work".`, {
    field: 'kind',
    value: kind,
  })
}

/** The operation lets in whoever may write tasks of any kind. */
function mustMayWrite({ permissions }: Caller, kind: TaskKindName): void {
  const permission = taskPermission(kind, 'write')
  if (!permissions.has(permission)) throw forbidden(permission)
}

/** The body under a project's path as that of a task anywhere: its other words become a capability and an input. */
function workIn(
  project_id: string,
  { agent_type, instructions, context_ids, capability, input, ...rest }: ProjectTaskCreate & { readonly kind: 'work' },
): TaskCreate {
  const fields = {
    ...(instructions !== undefined && { instructions }),
    ...(context_ids && { artifact_ids: context_ids }),
  }
  const isObject = typeof input === 'object' && input !== null && !Array.isArray(input)
  return {
    ...rest,
    project_id: project_id as TaskCreate['project_id'],
    capability: capability ?? agent_type ?? '',
    input: isObject ? { ...input, ...fields } : input,
  }
}
