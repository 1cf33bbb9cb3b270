import { listApprovals, respondApproval } from '@muster/contract/approvals/operations'
import type { ResponseOf } from '@muster/contract/operation'
import { createGoal, getGoal, listGoalTasks } from '@muster/contract/planner/goals/goal.operations'
import type { GoalCreateInput } from '@muster/contract/planner/goals/goals'
import type { PlanTaskInput } from '@muster/contract/planner/tasks/task-definitions'
import type { Task } from '@muster/contract/planner/tasks/tasks'
import { claimRuns, completeRun, failRun, heartbeat, releaseRun } from '@muster/contract/worker/operations'
import type { TestDatabase } from '../database.ts'
import type { Answered, ApiClient } from '../fixtures.ts'

/** A task of a plan that only has to say what matters to the test. */
export type Planned = Omit<PlanTaskInput, 'capability'> & { readonly capability?: string }

/** What the journal says of a run whose result is committed at once. */
export const doneEvents = ['task.started', 'task.reported', 'task.judged', 'state.committed', 'task.done'] as const

/** A no-op unless the test says otherwise. */
export const task = (key: string, rest: Omit<Planned, 'key'> = {}): PlanTaskInput => ({
  key,
  capability: 'noop',
  ...rest,
})

/** A no-op that fails for good: the input is none that it takes. */
export const failing = (key: string, rest: Omit<Planned, 'key'> = {}): PlanTaskInput =>
  task(key, { input: { pad_bytes: -1 }, ...rest })

export type GoalView = ResponseOf<typeof getGoal> & { readonly tasks: ReadonlyMap<string, Task> }

export interface StatedGoal {
  readonly id: string
  readonly project_id: string
  /** The goal with its current tasks by key. */
  view(): Promise<GoalView>
  /** Statuses by key, in the order of the plan. */
  statuses(): Promise<Record<string, string>>
  task(key: string): Promise<Task>
}

/** States a goal with an explicit plan, in a project of its own unless one is named. */
export async function goal(
  api: ApiClient,
  tasks: readonly PlanTaskInput[],
  fields: Partial<Omit<GoalCreateInput, 'plan'>> = {},
): Promise<StatedGoal> {
  const project_id = fields.project_id ?? (await api.project()).id
  const body = { title: 'A goal', ...fields, project_id, plan: { tasks } }
  // Defaults are filled in by the server; the input's own type asks for less.
  const { id } = await api.call(createGoal, { body: body as never })
  return stated(api, { id, project_id })
}

export function stated(
  api: ApiClient,
  { id, project_id }: { readonly id: string; readonly project_id: string },
): StatedGoal {
  const view = async (): Promise<GoalView> => {
    const found = await api.call(getGoal, { params: { id: id as never } })
    const { items } = await api.call(listGoalTasks, { params: { id: id as never }, query: { limit: 200 } })
    return { ...found, tasks: new Map(items.map((item) => [item.key ?? '', item])) }
  }
  return {
    id,
    project_id,
    view,
    statuses: async () => Object.fromEntries([...(await view()).tasks].map(([key, { status }]) => [key, status])),
    async task(key) {
      const found = (await view()).tasks.get(key)
      if (!found) throw new Error(`the goal has no task ${key} now`)
      return found
    },
  }
}

/** An agent of one's own with its key: the test does its work over the protocol of remote agents. */
export interface RemoteAgent {
  readonly api: ApiClient
  readonly agent_id: string
  claim(max?: number): Promise<readonly Claimed[]>
  /** The one task that there is to claim. */
  claimOne(): Promise<Claimed>
  complete(run: Claimed, output: unknown, more?: object): Promise<Answered>
  fail(run: Claimed, retryable: boolean, message?: string): Promise<Answered>
  release(run: Claimed): Promise<Answered>
  beat(...runs: readonly Claimed[]): Promise<readonly string[]>
}

export type Claimed = ResponseOf<typeof claimRuns>['runs'][number]

export async function remoteAgent(api: ApiClient, capability: string): Promise<RemoteAgent> {
  const agent = await api.agent({ capabilities: [capability] })
  const own = await api.colleague(`key of ${agent.name}`, { agent_id: agent.id })
  const claim = async (max = 64) => (await own.call(claimRuns, { body: { agent_id: agent.id, max, wait_ms: 0 } })).runs
  const held = ({ run_id, token }: Claimed) => ({ run_id, token })
  return {
    api: own,
    agent_id: agent.id,
    claim,
    async claimOne() {
      const runs = await claim()
      const [first] = runs
      if (!first || runs.length > 1) throw new Error(`there are ${runs.length} runs to claim, not one`)
      return first
    },
    complete: (run, output, more = {}) => own.send(completeRun, { body: { ...held(run), output, ...more } as never }),
    fail: (run, retryable, message = 'it broke') =>
      own.send(failRun, { body: { ...held(run), error: { code: 'broken', message }, retryable } }),
    release: (run) => own.send(releaseRun, { body: { ...held(run), reason: 'not mine' } }),
    beat: async (...runs) =>
      (await own.call(heartbeat, { body: { runs: runs.map(held) } })).runs.map(({ outcome }) => outcome),
  }
}

export type Question = ResponseOf<typeof listApprovals>['items'][number]

/** What waits for people about a goal, oldest first. */
export async function questions(
  api: ApiClient,
  goal_id: string,
  status: 'open' | 'withdrawn' | 'applied' | 'expired' = 'open',
) {
  const { items } = await api.call(listApprovals, { query: { goal_id: goal_id as never, status, limit: 200 } })
  return [...items].sort((a, b) => (a.id < b.id ? -1 : 1))
}

/** The one question that is open about a goal. */
export async function question(api: ApiClient, goal_id: string): Promise<Question> {
  const open = await questions(api, goal_id)
  const [first] = open
  if (!first || open.length > 1) throw new Error(`there are ${open.length} open questions, not one`)
  return first
}

type Answer = Parameters<typeof respondApproval.body.parse>[0]

export function answer(api: ApiClient, id: string, body: Answer): Promise<Answered> {
  return api.send(respondApproval, { params: { id: id as never }, body: body as never })
}

/** What the journal holds of a task, or of a goal without its tasks: the types in their order. */
export async function journalOf(
  database: TestDatabase,
  api: ApiClient,
  subject: { task_id?: string; goal_id?: string },
) {
  const events = await database.events(api.organization_id)
  const { task_id, goal_id } = subject
  return events
    .filter((event) =>
      task_id === undefined ? event.goal_id === goal_id && event.task_id === undefined : event.task_id === task_id,
    )
    .map(({ type }) => type)
}
