import type { PlanDetail } from '@muster/contract/planner/plans/plans'
import type { PlanTask } from '@muster/contract/planner/tasks/task-definitions'

export interface PlanDiff {
  readonly from: number
  readonly to: number
  readonly added: readonly string[]
  readonly removed: readonly string[]
  /** Tasks that both have, with the fields that differ. */
  readonly changed: readonly { readonly key: string; readonly fields: readonly string[] }[]
}

/** Compares two revisions of a plan, task by task. */
export function diffPlans(before: PlanDetail, after: PlanDetail): PlanDiff {
  const old = new Map(before.tasks.map((task) => [task.key, task]))
  const now = new Map(after.tasks.map((task) => [task.key, task]))
  const both = after.tasks.flatMap((task) => {
    const other = old.get(task.key)
    return other === undefined ? [] : [{ key: task.key, fields: differingFields(other, task) }]
  })
  return {
    from: before.revision,
    to: after.revision,
    added: after.tasks.filter(({ key }) => !old.has(key)).map(({ key }) => key),
    removed: before.tasks.filter(({ key }) => !now.has(key)).map(({ key }) => key),
    changed: both.filter(({ fields }) => fields.length > 0),
  }
}

function differingFields(one: PlanTask, other: PlanTask): string[] {
  const before: Readonly<Record<string, unknown>> = one
  const after: Readonly<Record<string, unknown>> = other
  const fields = new Set([...Object.keys(before), ...Object.keys(after)])
  return [...fields].filter((field) => JSON.stringify(before[field]) !== JSON.stringify(after[field])).sort()
}
