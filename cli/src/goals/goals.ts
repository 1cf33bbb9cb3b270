import { find } from '@muster/contract/dashboard/operations'
import { goalLabel } from '@muster/contract/planner/goals/goals'
import type { Client } from '@muster/sdk/client'
import { usage } from '../failures.ts'
import { findProject } from './projects.ts'

/**
 * Finds a goal's id: by its id, or by its label (`GOAL-12`), which is counted in each project, so that several goals
 * may have it.
 */
export async function goalIdOf(client: Client, goalRef: string, project: string | undefined): Promise<string> {
  const number = Number(/^(?:goal-|#)([1-9]\d{0,8})$/i.exec(goalRef)?.[1])
  if (Number.isNaN(number)) return goalRef
  const project_id = project === undefined ? undefined : (await findProject(client, project)).id
  const q = goalLabel(number)
  const { items } = await client.call(find, { query: { q, ...(project_id === undefined ? {} : { project_id }) } })
  const [only, ...others] = items.filter((item) => item.kind === 'goal' && item.number === number)
  if (only === undefined) throw usage(`no ${q}${project === undefined ? '' : ` in ${project}`}`)
  if (others.length > 0) throw usage(`several projects have ${q}; use --project`)
  return only.id
}
