import type { PlanTask } from '@muster/contract/planner/tasks/task-definitions'

export interface FieldChanged {
  readonly op: 'add' | 'remove' | 'replace'
  readonly path: string
  readonly before?: unknown
  readonly after?: unknown
}

export interface PlanComparison {
  readonly added: readonly PlanTask[]
  readonly removed: readonly PlanTask[]
  /** Tasks that both revisions have, with the fields that differ, by name. */
  readonly changed: readonly { readonly task: PlanTask; readonly changes: readonly FieldChanged[] }[]
  readonly same: number
}

/** What one revision of a plan has that another has not, task by task; a task is the same one while its key is. */
export function comparePlans(before: readonly PlanTask[], after: readonly PlanTask[]): PlanComparison {
  const old = new Map(before.map((task) => [task.key, task]))
  const keysAfter = new Set(after.map(({ key }) => key))
  const both = after.flatMap((task) => {
    const other = old.get(task.key)
    return other === undefined ? [] : [{ task, changes: changesOf(other, task) }]
  })
  return {
    added: after.filter(({ key }) => !old.has(key)),
    removed: before.filter(({ key }) => !keysAfter.has(key)),
    changed: both.filter(({ changes }) => changes.length > 0),
    same: both.filter(({ changes }) => changes.length === 0).length,
  }
}

function changesOf(one: PlanTask, other: PlanTask): readonly FieldChanged[] {
  const before: Readonly<Record<string, unknown>> = one
  const after: Readonly<Record<string, unknown>> = other
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])].sort()
  return names.flatMap((path): FieldChanged[] => {
    if (sortedJson(before[path]) === sortedJson(after[path])) return []
    if (before[path] === undefined) return [{ op: 'add', path, after: after[path] }]
    if (after[path] === undefined) return [{ op: 'remove', path, before: before[path] }]
    return [{ op: 'replace', path, before: before[path], after: after[path] }]
  })
}

/** A value as text in which the order of an object's fields does not show. */
function sortedJson(value: unknown): string | undefined {
  return JSON.stringify(value, (_name, part: unknown) =>
    typeof part === 'object' && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([one], [other]) => (one < other ? -1 : 1)))
      : part,
  )
}
