import { z } from 'zod'

/** Kinds that tasks may have; the modules of a version bring some of them (`task-kinds.ts`). */
export const taskKindNames = ['work', 'quest', 'evaluation'] as const
export type TaskKindName = (typeof taskKindNames)[number]
/** One of the names. */
export const taskKind = z.enum(taskKindNames)

/** The kind that the body of a new task asks for: the one it names, else what its fields are of. */
export function kindOfTask(body: Readonly<Record<string, unknown>>): unknown {
  if (body.kind !== undefined) return body.kind
  if (body.pr_url !== undefined) return 'evaluation'
  return body.capability === undefined ? 'quest' : 'work'
}
