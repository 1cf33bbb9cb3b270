import type { ReplanRequest } from '@muster/contract/shapes/goals'
import type { PlanTask } from '@muster/contract/shapes/tasks'
import type { Caller } from '../../../platform/caller.ts'
import type { Tx } from '../../../platform/db/db.ts'
import { MusterError } from '../../../platform/errors.ts'
import { newId } from '../../../platform/ids.ts'
import { goalChangeStore } from '../store/goal-change.store.ts'
import { goalReadStore } from '../store/goal-read.store.ts'
import { goalStore } from '../store/goal.store.ts'
import { rowsOf } from '../rules/plan-rows.rules.ts'
import { hasEnded, priorityOf } from '../rules/planner.rules.ts'
import type { CreateParts } from './create-goal.ts'
import { checkPlan, planFor, type PlanRequest } from './plan.ts'
import { lockGoal, type SteerParts, stopTasks } from './steer-goal.ts'
import { takeFirstSteps } from './steps.ts'

export interface Replanned {
  readonly tasks: readonly PlanTask[]
  readonly new_tasks: readonly string[]
  readonly cancelled_tasks: readonly string[]
  readonly kept_tasks: readonly string[]
}

/**
 * A new revision of a goal's plan, given or planned anew. Finished work is kept where the new plan has the same task
 * under the same key; what has not ended and is not in the new plan any more is cancelled.
 */
export async function replanGoal(
  parts: CreateParts & SteerParts,
  tx: Tx,
  { caller, request }: { caller: Caller; request: ReplanRequest },
): Promise<Replanned> {
  const { organization_id, actor } = caller
  const { goal_id } = request
  const goal = await lockGoal(tx, caller, goal_id)
  if (goal.status === 'cancelled') throw new MusterError('ended', 'The goal is cancelled.', { value: goal_id })
  const row = await goalReadStore.goal(tx, organization_id, goal_id)
  const tasks = request.plan?.tasks ?? (await plannedAnew(parts, tx, { caller, row }))
  const { graph, agents } = await checkPlan(parts, tx, { organization_id, tasks })
  const current = await goalChangeStore.current(tx, organization_id, goal_id)
  const top = current.filter((task) => task.parent_id === null)
  const done = new Map(top.filter((task) => task.status === 'done').map((task) => [task.key, task.task_id]))
  const kept = keptKeys(tasks, graph.order, done)
  const number = goal.plan_revision + 1
  const kept_ids = new Set([...kept].map((key) => done.get(key) ?? ''))
  const old = current.filter((task) => !kept_ids.has(task.task_id) && !kept_ids.has(task.parent_id ?? ''))
  const open = old.filter((task) => !hasEnded(task.status as Parameters<typeof hasEnded>[0]))
  const { project_id } = goal
  await stopTasks(parts, tx, { places: open.map(({ task_id }) => ({ organization_id, project_id, goal_id, task_id })), because: 'replaced by a new plan' })
  await goalChangeStore.supersede(tx, organization_id, { task_ids: old.map(({ task_id }) => task_id), revision: number })
  const policy = await policyOf(parts, tx, { organization_id, project_id })
  const ids = new Map(tasks.map(({ key }) => [key, kept.has(key) ? (done.get(key) ?? newId()) : newId()]))
  const rows = rowsOf(tasks, graph, { priority: priorityOf(goal.priority), approve_before: policy.approve_before, agents, ids })
  const fresh = rows.tasks.filter(({ key }) => !kept.has(key))
  const waiting = fresh.map((task) => ({
    ...task,
    waits_on: rows.edges.filter((edge) => edge.to_id === task.id && !kept_ids.has(edge.from_id)).length,
  }))
  const edges = rows.edges.filter((edge) => !kept_ids.has(edge.to_id))
  const created_by = JSON.stringify(actor)
  const status = goal.status === 'planning' || goal.status === 'awaiting_approval' ? goal.status : 'running'
  await goalStore.graft(tx, { organization_id, project_id, goal_id, revision: number, created_by, tasks: waiting, edges, queue: status === 'running' })
  const because = request.reason ?? request.trigger_reason ?? 'new plan'
  await goalStore.insertPlan(tx, { organization_id, goal_id, id: newId(), revision: number, plan: JSON.stringify({ tasks }), because, created_by })
  await goalChangeStore.revise(tx, organization_id, { goal_id, revision: number, status })
  parts.journal.record(tx, organization_id, [
    { type: 'goal.replanned', actor, project_id, goal_id, data: { revision: number, because: because.slice(0, 200), keys: fresh.map(({ key }) => key) } },
  ])
  if (status === 'running') await takeFirstSteps(parts.settling, tx, { organization_id, goal_id, actor })
  return { tasks, new_tasks: fresh.map(({ id }) => id), cancelled_tasks: open.map(({ task_id }) => task_id), kept_tasks: [...kept_ids] }
}

/** A finished task is kept as long as everything it builds on is kept too. */
function keptKeys(tasks: readonly PlanTask[], order: readonly string[], done: ReadonlyMap<string, string>): Set<string> {
  const by_key = new Map(tasks.map((task) => [task.key, task]))
  const kept = new Set<string>()
  for (const key of order) {
    const needs = by_key.get(key)?.depends_on.map((edge) => (typeof edge === 'string' ? edge : edge.key)) ?? []
    if (done.has(key) && needs.every((need) => kept.has(need))) kept.add(key)
  }
  return kept
}

async function plannedAnew(
  parts: CreateParts,
  tx: Tx,
  { caller, row }: { caller: Caller; row: Awaited<ReturnType<typeof goalReadStore.goal>> },
): Promise<readonly PlanTask[]> {
  if (row?.strategy === 'explicit' || !row)
    throw new MusterError('invalid', 'An explicit plan cannot be planned anew for a reason alone; give the new plan.', { field: 'plan' })
  const { organization_id } = caller
  const request = {
    title: row.title,
    ...(row.text !== null && { text: row.text }),
    artifact_ids: row.artifacts.map(({ artifact_id }) => artifact_id),
    ...(row.playbook !== null && { playbook: row.playbook }),
    variables: row.variables,
  }
  // Stored as they were accepted, so they have the types of an accepted request.
  const plan = await planFor(parts, tx, { organization_id, project_id: row.project_id, request: request as unknown as PlanRequest })
  return plan.tasks
}

async function policyOf(parts: CreateParts, tx: Tx, place: { organization_id: string; project_id: string }) {
  const [gate] = await parts.projects.gates(tx, [place], 'none')
  return parts.projects.policy(tx, place, gate?.policy_version ?? 1)
}
