import { getApproval, listApprovals } from '@muster/contract/approvals/operations'
import { createKey } from '@muster/contract/identity/operations'
import type { ResponseOf } from '@muster/contract/operation'
import { createGoal, getGoal } from '@muster/contract/planner/goals/goal.operations'
import type { PlanTaskInput } from '@muster/contract/planner/tasks/task-definitions'
import { createProject } from '@muster/contract/projects/operations'
import type { Client } from '@muster/sdk/client'
import { expect } from 'vitest'

export type Question = ResponseOf<typeof listApprovals>['items'][number]
type Planned = Omit<PlanTaskInput, 'capability' | 'key'>

let made = 0

/** A project of the test's own, so that tests see nothing of each other. */
export async function project(
  client: Client,
  fields: { readonly name?: string; readonly policy?: object } = {},
): Promise<string> {
  made += 1
  return (await client.call(createProject, { body: { name: `Project ${made}`, ...fields } })).id
}

/** A goal of tasks that give their input back. */
export async function goal(
  client: Client,
  {
    project_id,
    title = 'A goal',
    tasks,
  }: { readonly project_id: string; readonly title?: string; readonly tasks: readonly PlanTaskInput[] },
): Promise<string> {
  return (await client.call(createGoal, { body: { project_id, title, plan: { tasks: [...tasks] } } })).id
}

/** So many questions about the results of one goal, oldest first, once all of them are asked. */
export async function questions(
  client: Client,
  {
    project_id,
    titles,
    rest = {},
  }: { readonly project_id: string; readonly titles: readonly string[]; readonly rest?: Planned },
): Promise<{ readonly goal_id: string; readonly asked: readonly Question[] }> {
  const tasks = titles.map(
    (title, at): PlanTaskInput => ({
      key: `t${at}`,
      title,
      capability: 'noop',
      approval: 'after',
      input: { text: `The text of ${title}.` },
      ...rest,
    }),
  )
  const goal_id = await goal(client, { project_id, tasks })
  return { goal_id, asked: await asking(client, { goal_id, count: titles.length }) }
}

/** The open questions of a goal, once there are so many. */
export async function asking(
  client: Client,
  { goal_id, count }: { readonly goal_id: string; readonly count: number },
): Promise<readonly Question[]> {
  const look = async () =>
    (await client.call(listApprovals, { query: { goal_id, limit: 200, snoozed: 'include' } })).items
  await expect.poll(async () => (await look()).length, { timeout: 30_000 }).toBe(count)
  return (await look()).toSorted((one, other) => (one.id < other.id ? -1 : 1))
}

export const approval = (client: Client, id: string) => client.call(getApproval, { params: { id } })

/** The answers that a question has and that were not taken back. */
export async function answersOf(
  client: Client,
  id: string,
): Promise<readonly ResponseOf<typeof getApproval>['answers'][number][]> {
  return (await approval(client, id)).answers.filter(({ revoked_at }) => revoked_at === undefined)
}

export async function goalEnds(client: Client, id: string, status: string): Promise<void> {
  await expect
    .poll(async () => (await client.call(getGoal, { params: { id } })).status, { timeout: 40_000 })
    .toBe(status)
}

/** The key of somebody else who may do everything. */
export async function colleague(client: Client, name: string): Promise<string> {
  return (await client.call(createKey, { body: { name } })).key
}
