import { type Plan, plan as planSchema } from '@muster/contract/planner/plans/plans'
import type { PlanTask } from '@muster/contract/planner/tasks/task-definitions'
import { fieldOf } from '@muster/contract/platform/objects'

export interface PlanProblem {
  /** Where it is, as in the errors of the API: `tasks[2].capability`. */
  readonly path: string
  readonly problem: string
}

export type CheckedPlan =
  | { readonly plan: Plan; readonly problems: readonly never[] }
  | { readonly plan?: never; readonly problems: readonly PlanProblem[] }

const problems_max = 12

/** Whether a value is a plan as far as that shows without the server, and if not, what is wrong where. */
export function checkPlan(value: unknown): CheckedPlan {
  const result = planSchema.safeParse(value)
  if (!result.success) {
    const problems = result.error.issues.slice(0, problems_max).map(({ path, message }) => ({
      path: pathText(path),
      problem: message,
    }))
    return { problems }
  }
  // What the schema cannot see: each dependency has to be a task of the plan.
  const keys = new Set(result.data.tasks.map(({ key }) => key))
  const problems = result.data.tasks.flatMap(({ depends_on }, at) =>
    depends_on.flatMap((one, place) => {
      const key = typeof one === 'string' ? one : one.key
      const path = `tasks[${at}].depends_on[${place}]`
      return keys.has(key) ? [] : [{ path, problem: `no task has the key ${key}` }]
    }),
  )
  return problems.length === 0 ? { plan: result.data, problems: [] } : { problems: problems.slice(0, problems_max) }
}

/** The plan with some fields of one task changed; an undefined one is taken away. */
export function changeTask(plan: Plan, key: string, more: { readonly [Name in keyof PlanTask]?: unknown }): Plan {
  const tasks = plan.tasks.map((task) => {
    if (task.key !== key) return task
    const definedFields = Object.entries({ ...task, ...more }).filter(([, value]) => value !== undefined)
    return Object.fromEntries(definedFields) as PlanTask
  })
  return { ...plan, tasks }
}

/** What each task waits for by its own words: `depends_on`, and what its input takes from others. */
export function awaitedKeys({ depends_on, for_each, input }: PlanTask): readonly string[] {
  const keys = new Set(depends_on.map((one) => (typeof one === 'string' ? one : one.key)))
  const stack: unknown[] = [for_each, input]
  while (stack.length > 0) {
    const value = stack.pop()
    if (typeof value !== 'object' || value === null) continue
    const $from = fieldOf(value, '$from')
    if (typeof $from === 'string') {
      const key = /^([A-Za-z0-9_-]+)\.output\b/.exec($from)?.[1]
      if (key !== undefined && key !== 'previous') keys.add(key)
    } else stack.push(...Object.values(value))
  }
  return [...keys]
}

function pathText(path: readonly PropertyKey[]): string {
  return path.reduce<string>(
    (text, part) =>
      typeof part === 'number' ? `${text}[${part}]` : text === '' ? String(part) : `${text}.${String(part)}`,
    '',
  )
}
