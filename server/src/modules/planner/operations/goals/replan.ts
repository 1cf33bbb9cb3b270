import type { ReplanRequest } from '@muster/contract/planner/plans/replans'
import type { PlanTask } from '@muster/contract/planner/tasks/task-definitions'
import type { Caller } from '../../../../platform/caller.ts'
import type { Tx } from '../../../../platform/db/db.ts'
import { MusterError } from '../../../../platform/errors.ts'
import { newId } from '../../../../platform/ids.ts'
import type { PlanGraph } from '../../rules/graph.rules.ts'
import type { PlanRows } from '../../rules/plan-rows.rules.ts'
import { priorityOf } from '../../rules/planner.rules.ts'
import { groupBy, isSameWork } from '../../rules/revision.rules.ts'
import { goalStore } from '../../store/goal.store.ts'
import { type GoalLock, goalChangeStore } from '../../store/goal-change.store.ts'
import { goalReadStore } from '../../store/goal-read.store.ts'
import { dropTasks } from '../tasks/retry.ts'
import { takeFirstSteps } from '../tasks/steps.ts'
import type { CreateDeps } from './create-goal.ts'
import { checkPlan, type PlanRequest, planFor, rowsOfPlan } from './plan.ts'
import { lockGoal, type SteerDeps } from './steer-goal.ts'
import { writeRevision } from './write-revision.ts'

export interface ReplanResult {
  readonly tasks: readonly PlanTask[]
  readonly new_tasks: readonly string[]
  readonly cancelled_tasks: readonly string[]
  readonly kept_tasks: readonly string[]
}

/**
 * Writes a new revision of a goal's plan. Finished work is kept where the new plan has the same task under the same
 * key; tasks that have not ended are cancelled, and start anew where the new plan has them.
 */
export async function replanGoal(
  deps: CreateDeps & SteerDeps,
  tx: Tx,
  { caller, request, rests }: { caller: Replanner; request: ReplanRequest; rests?: RestingStatus | undefined },
): Promise<ReplanResult> {
  const { organization_id, principal: actor } = caller
  const { goal_id } = request
  const goal = await lockGoal(tx, caller, goal_id)
  if (goal.status === 'cancelled') throw new MusterError('ended', 'The goal is cancelled.', { value: goal_id })
  const row = await goalReadStore.goal(tx, organization_id, goal_id)
  const tasks = request.plan?.tasks ?? (await plannedAnew(deps, tx, { caller, row }))
  const { graph, agents } = await checkPlan(deps, tx, { organization_id, tasks })
  await goalChangeStore.lockQueue(tx, organization_id, goal_id)
  const current = await goalChangeStore.current(tx, organization_id, goal_id)
  const [plan] = await goalReadStore.plans(tx, organization_id, { goal_id, limit: 1 })
  const before = new Map((plan?.plan.tasks ?? []).map((task) => [task.key, task]))
  const finishedTasks = current.filter((task) => task.parent_id === null && task.status === 'done')
  const doneIdByKey = new Map(finishedTasks.map((task) => [task.key, task.task_id]))
  const keptTaskKeys = keptKeys(tasks, graph, { doneIdByKey, before })
  const number = goal.plan_revision + 1
  const keptTaskIds = new Set([...keptTaskKeys].map((key) => doneIdByKey.get(key) ?? ''))
  const old = current.filter((task) => !keptTaskIds.has(task.task_id) && !keptTaskIds.has(task.parent_id ?? ''))
  const { project_id } = goal
  const dropRequest = {
    caller,
    goal,
    tasks: current,
    task_ids: old.map(({ task_id }) => task_id),
    reason: 'replaced by a new plan',
  }
  const cancelled_tasks = await dropTasks(deps, tx, dropRequest)
  const policy = await policyOf(deps, tx, { organization_id, project_id })
  const ids = new Map(
    tasks.map(({ key }) => [key, keptTaskKeys.has(key) ? (doneIdByKey.get(key) ?? newId()) : newId()]),
  )
  const { approve_before } = policy
  const options = { priority: priorityOf(goal.priority), approve_before, agents, ids }
  const { rows, text } = await rowsOfPlan(tasks, graph, options)
  const added = addedRows(rows, keptTaskIds)
  const created_by = JSON.stringify(actor)
  const status = statusOf(goal, added.tasks.length, rests)
  await goalStore.insertTasks(tx, {
    organization_id,
    project_id,
    goal_id,
    revision: number,
    created_by,
    ...added,
    queue: status === 'running',
  })
  const reason = request.reason ?? request.trigger_reason ?? 'new plan'
  const keys = added.tasks.map(({ key }) => key)
  await writeRevision(deps, tx, { caller, goal, status, reason, keys, plan: text })
  if (status === 'done') deps.journal.record(tx, organization_id, [{ type: 'goal.done', actor, project_id, goal_id }])
  if (status === 'running') await takeFirstSteps(deps.settling, tx, { organization_id, goal_id, actor })
  return { tasks, new_tasks: added.tasks.map(({ id }) => id), cancelled_tasks, kept_tasks: [...keptTaskIds] }
}

/** What is new of a plan's rows: a task waits for new tasks alone, since those that are kept are done. */
function addedRows({ tasks, edges }: PlanRows, keptTaskIds: ReadonlySet<string>): PlanRows {
  const open = groupBy(
    edges.filter((edge) => !keptTaskIds.has(edge.from_id)),
    (edge) => edge.to_id,
  )
  return {
    tasks: tasks
      .filter(({ id }) => !keptTaskIds.has(id))
      .map((task) => ({ ...task, waits_on: open.get(task.id)?.length ?? 0 })),
    edges: edges.filter((edge) => !keptTaskIds.has(edge.to_id)),
  }
}

type Replanner = Pick<Caller, 'organization_id' | 'principal'>

/** Why a goal that had started does not go on: somebody paused it, or its new plan has to be approved. */
export type RestingStatus = 'paused' | 'awaiting_approval'

/**
 * The status after the new plan: a goal that had started goes on unless it rests; where all of the plan is finished
 * work it is done.
 */
function statusOf(goal: GoalLock, addedCount: number, rests: RestingStatus | undefined): GoalLock['status'] {
  if (goal.status === 'planning' || goal.status === 'awaiting_approval') return goal.status
  return addedCount === 0 ? 'done' : (rests ?? 'running')
}

/** Keys of finished tasks that are kept: the work is the same, and everything it depends on is kept too. */
function keptKeys(
  tasks: readonly PlanTask[],
  graph: PlanGraph,
  { doneIdByKey, before }: { doneIdByKey: ReadonlyMap<string, string>; before: ReadonlyMap<string, PlanTask> },
): Set<string> {
  const taskByKey = new Map(tasks.map((task) => [task.key, task]))
  const into = groupBy(graph.edges, (edge) => edge.to)
  const keptTaskKeys = new Set<string>()
  for (const key of graph.order) {
    const [task, earlier] = [taskByKey.get(key), before.get(key)]
    if (!task || !earlier || !doneIdByKey.has(key) || !isSameWork(task, earlier)) continue
    if ((into.get(key) ?? []).every((edge) => keptTaskKeys.has(edge.from))) keptTaskKeys.add(key)
  }
  return keptTaskKeys
}

async function plannedAnew(
  deps: CreateDeps,
  tx: Tx,
  { caller, row }: { caller: Replanner; row: Awaited<ReturnType<typeof goalReadStore.goal>> },
): Promise<readonly PlanTask[]> {
  if (row?.strategy === 'explicit' || !row)
    throw new MusterError(
      'invalid',
      'A goal with an explicit plan cannot be replanned from a reason alone. Provide the new plan.',
      {
        field: 'plan',
      },
    )
  const { organization_id } = caller
  const request = {
    title: row.title,
    ...(row.text !== null && { text: row.text }),
    artifact_ids: row.artifacts.map(({ artifact_id }) => artifact_id),
    ...(row.playbook !== null && { playbook: row.playbook }),
    variables: row.variables,
  }
  // They were accepted as a request once, so they have its types.
  const plan = await planFor(deps, tx, {
    organization_id,
    project_id: row.project_id,
    request: request as unknown as PlanRequest,
  })
  return plan.tasks
}

async function policyOf(deps: CreateDeps, tx: Tx, taskRef: { organization_id: string; project_id: string }) {
  const [gate] = await deps.projects.gates(tx, [taskRef], 'none')
  return deps.projects.policy(tx, taskRef, gate?.policy_version ?? 1)
}
