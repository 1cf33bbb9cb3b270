import type { InputOf } from '@muster/contract/operation'
import type { listGoals } from '@muster/contract/planner/goals/goal.operations'
import { type GoalSort, type GoalStatus, goalStatuses } from '@muster/contract/planner/goals/goals'

export interface GoalSearch {
  readonly project?: string | undefined
  readonly q?: string | undefined
  readonly status?: string | undefined
  /** Days as the calendar here has them: 2030-01-31. */
  readonly from?: string | undefined
  readonly to?: string | undefined
  readonly sort?: GoalSort | undefined
  readonly order?: 'asc' | 'desc' | undefined
}

/** What the list is asked, by what stands in the address. What is no status or no day there counts as absent. */
export function goalQueryOf(search: GoalSearch): InputOf<typeof listGoals>['query'] {
  const { project, q, sort, order } = search
  const status = chosenStatuses(search.status).join(',')
  const from = dayBegin(search.from)
  const to = dayEnd(search.to)
  return {
    ...(project && { project_id: project }),
    ...(q && { q }),
    ...(status && { status }),
    ...(from && { from }),
    ...(to && { to }),
    ...(sort && { sort }),
    ...(order && { order }),
  }
}

export function chosenStatuses(text: string | undefined): readonly GoalStatus[] {
  const words = new Set((text ?? '').split(','))
  return goalStatuses.filter((status) => words.has(status))
}

function dayBegin(day: string | undefined): string | undefined {
  return instantOf(day, 0)
}

/** The last millisecond of the day, however many hours it has. */
function dayEnd(day: string | undefined): string | undefined {
  const next = instantOf(day, 1)
  return next === undefined ? undefined : new Date(Date.parse(next) - 1).toISOString()
}

function instantOf(day: string | undefined, further_days: number): string | undefined {
  const [year, month, date] = (/^\d{4}-\d{2}-\d{2}$/.exec(day ?? '')?.[0] ?? '').split('-').map(Number)
  if (year === undefined || month === undefined || date === undefined) return undefined
  return new Date(year, month - 1, date + further_days).toISOString()
}
