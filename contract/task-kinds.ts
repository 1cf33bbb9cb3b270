import { z } from 'zod'
import { taskKindsByModule } from './gathered/task-kinds.ts'
import type { Access, Permission } from './permissions.ts'
import { merge } from './platform/merge.ts'
import { isObject } from './platform/objects.ts'
import { kindOfTask, type TaskKindName, taskKindNames } from './platform/task-kind-names.ts'
import type { Data } from './values.ts'

interface TaskKindRow {
  /** The body of a request that makes one; its field `kind` is a literal with itself as the default. */
  readonly body: z.ZodObject
  /** What a key needs to see tasks of this kind, and to make one or act on one. */
  readonly read: Permission
  readonly write: Permission
}
type Table = Readonly<Partial<Record<TaskKindName, TaskKindRow>>>

/** The kinds of tasks that this version has, each brought by the module that does it. */
export const taskKindTable = merge(taskKindsByModule satisfies Readonly<Record<string, Table>>)

export type AvailableTaskKind = keyof typeof taskKindTable

/** Whether this version has tasks of the kind. */
export function isAvailableTaskKind(kind: unknown): kind is AvailableTaskKind {
  return typeof kind === 'string' && Object.hasOwn(taskKindTable, kind)
}

/** The fields of any kind, and `pr_url`, which tells an evaluation. */
const fields = new Set([...Object.values(taskKindTable).flatMap(({ body }) => Object.keys(body.shape)), 'pr_url'])

const readTaskCreate = z.preprocess(
  (body, context) => {
    if (!isObject(body)) return body
    const kind = kindOfTask(body)
    const isUnknown = taskKindNames.some((name) => name === kind) && !isAvailableTaskKind(kind)
    if (!isUnknown) return { ...body, kind }
    const keys = Object.keys(body).filter((key) => !fields.has(key))
    if (keys.length > 0) {
      context.addIssue({ code: 'unrecognized_keys', keys })
      return z.NEVER
    }
    const available = Object.keys(taskKindTable).map((name) => `"${name}"`)
    context.addIssue({
      code: 'custom',
      path: ['kind'],
      message: `This server has no tasks of the kind "${kind}". Use ${available.join(' or ')}.`,
      params: { code: 'unknown_kind', value: kind },
    })
    return z.NEVER
  },
  z.discriminatedUnion('kind', bodiesOf(taskKindTable)),
)
/**
 * The body of `POST /tasks`: that of the kind it asks for, so its errors are those of one kind. What is read before takes
 * anything, so the type of what callers send is named here.
 */
export const taskCreate = taskCreateSchema(readTaskCreate)
/** A new task, as it is read. */
export type TaskCreate = Data<z.output<typeof taskCreate>>

/** What a key needs to see, or to write, tasks of any kind at all: one permission, or one of several. */
export function accessToTasks(verb: 'read' | 'write'): Access {
  const [first, ...others] = new Set(Object.values<TaskKindRow>(taskKindTable).map((row) => row[verb]))
  if (first === undefined) throw new Error('no module has a kind of tasks')
  return others.length === 0 ? first : [first, ...others]
}

/** The permission that a task of a kind asks for; kinds that no module has are like work. */
export function taskPermission(kind: TaskKindName, verb: 'read' | 'write'): Permission {
  return taskKindTable[isAvailableTaskKind(kind) ? kind : 'work'][verb]
}

function taskCreateSchema(schema: z.ZodType): z.ZodType<z.output<Bodies>, z.input<Bodies>> {
  return schema as z.ZodType<z.output<Bodies>, z.input<Bodies>>
}

type Bodies = { [Kind in AvailableTaskKind]: (typeof taskKindTable)[Kind]['body'] }[AvailableTaskKind]

function bodiesOf(table: Readonly<Record<AvailableTaskKind, { readonly body: Bodies }>>): [Bodies, ...Bodies[]] {
  const [first, ...others] = Object.values(table).map(({ body }) => body)
  if (first === undefined) throw new Error('no module has a kind of tasks')
  return [first, ...others]
}
