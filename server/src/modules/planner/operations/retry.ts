import type { Caller } from '../../../platform/caller.ts'
import type { Tx } from '../../../platform/db/db.ts'
import { invalid, MusterError, notFound } from '../../../platform/errors.ts'
import { newId } from '../../../platform/ids.ts'
import { goalChangeStore } from '../store/goal-change.store.ts'
import { goalStore } from '../store/goal.store.ts'
import type { ClaimedTask, PlacedRef } from '../planner.port.ts'
import { hasEnded } from '../rules/planner.rules.ts'
import { plannerStore } from '../store/planner.store.ts'
import type { NewEdge, NewTask } from '../planner.types.ts'
import { type Revision, revisionOf, waitsOf } from '../rules/revision.rules.ts'
import { lockGoal, type SteerParts, stopTasks } from './steer-goal.ts'
import { takeFirstSteps } from './steps.ts'

export interface TaskSteering {
  readonly caller: Pick<Caller, 'organization_id' | 'actor'>
  readonly task_id: string
  readonly reason?: string | undefined
}

/**
 * A person's retry of something that has ended: a new plan revision in which it and what hung on it are new rows; the
 * goal runs again. Gives the id of the new row.
 */
export async function retryTask(parts: SteerParts, tx: Tx, { caller, task_id, reason }: TaskSteering): Promise<string> {
  const { organization_id, actor } = caller
  const task = await findTask(tx, organization_id, task_id)
  const { goal_id, project_id } = task
  if (goal_id === null) return retryAlone(parts, tx, { task, caller })
  const goal = await lockGoal(tx, caller, goal_id)
  const current = await goalChangeStore.current(tx, organization_id, goal_id)
  const found = current.find((one) => one.task_id === task_id)
  if (!found) throw new MusterError('ended', 'A newer plan revision has replaced this task.', { value: task_id, remedy: 'Retry the task that replaced it.' })
  if (!hasEnded(found.status as Parameters<typeof hasEnded>[0]))
    throw invalid('id', `The task is ${found.status}; only what has ended can be retried.`, found.status)
  const edges = await goalChangeStore.edges(tx, organization_id, goal_id)
  const revision = revisionOf(current, edges, [task_id])
  const number = goal.plan_revision + 1
  const old = [...revision.renewed, ...revision.dropped]
  const open = current.filter((one) => old.includes(one.task_id) && !hasEnded(one.status as Parameters<typeof hasEnded>[0]))
  await stopTasks(parts, tx, { places: open.map((one) => ({ organization_id, project_id, goal_id, task_id: one.task_id })), because: 'replaced by a retry' })
  await goalChangeStore.supersede(tx, organization_id, { task_ids: old, revision: number })
  const ids = new Map([...revision.renewed].map((id) => [id, newId()]))
  const rows = await newRows(tx, organization_id, { revision, ids, current, edges })
  const status = goal.status === 'paused' ? 'paused' : 'running'
  await goalStore.graft(tx, { organization_id, project_id, goal_id, revision: number, created_by: JSON.stringify(actor), ...rows, queue: status === 'running' })
  await goalChangeStore.adopt(tx, organization_id, { ids, dropped: [...revision.dropped] })
  const [plan] = await goalChangeStore.plan(tx, organization_id, { goal_id, revision: goal.plan_revision })
  await goalStore.insertPlan(tx, {
    organization_id,
    goal_id,
    id: newId(),
    revision: number,
    plan: plan?.plan ?? '{"tasks":[]}',
    because: reason ?? `retry of ${task.key}`,
    created_by: JSON.stringify(actor),
  })
  await goalChangeStore.revise(tx, organization_id, { goal_id, revision: number, status })
  parts.journal.record(tx, organization_id, [
    { type: 'goal.replanned', actor, project_id, goal_id, data: { revision: number, because: `retry of ${task.key}`, keys: rows.tasks.map(({ key }) => key) } },
  ])
  if (status === 'running') await takeFirstSteps(parts.settling, tx, { organization_id, goal_id, actor })
  return ids.get(task_id) ?? task_id
}

async function newRows(
  tx: Tx,
  organization_id: string,
  {
    revision,
    ids,
    current,
    edges,
  }: {
    revision: Revision
    ids: ReadonlyMap<string, string>
    current: Awaited<ReturnType<typeof goalChangeStore.current>>
    edges: readonly NewEdge[]
  },
): Promise<{ tasks: NewTask[]; edges: NewEdge[] }> {
  const places = new Map(current.map((one) => [one.task_id, one]))
  const kept = edges.filter((edge) => !revision.dropped.has(edge.from_id))
  const statusOf = (id: string): string | undefined => places.get(id)?.status
  const old = await plannerStore.tasks(tx, [...revision.renewed].map((task_id) => ({ organization_id, task_id })))
  const tasks = old.map((task): NewTask => {
    const place = places.get(task.task_id)
    const has_children = kept.some((edge) => edge.to_id === task.task_id && places.get(edge.from_id)?.parent_id === task.task_id)
    const parent_id = place?.parent_id ?? null
    return {
      ...rowOf(task),
      id: ids.get(task.task_id) ?? '',
      step: task.spec.for_each ? (has_children ? 'join' : 'expand') : task.spec.approval === 'before' ? 'approve' : 'run',
      waits_on: waitsOf(task.task_id, kept, { renewed: revision.renewed, statusOf }),
      parent_id: parent_id === null ? null : (ids.get(parent_id) ?? parent_id),
      item_index: place?.item_index ?? null,
      retry_of: task.task_id,
    }
  })
  const fresh = kept
    .filter((edge) => revision.renewed.has(edge.to_id))
    .map((edge) => ({ from_id: ids.get(edge.from_id) ?? edge.from_id, to_id: ids.get(edge.to_id) ?? edge.to_id, on_failure: edge.on_failure }))
  return { tasks, edges: fresh }
}

function rowOf(task: ClaimedTask): Omit<NewTask, 'id' | 'step' | 'waits_on' | 'parent_id' | 'item_index' | 'retry_of'> {
  const { key, title, capability, agent_id, priority, cost_micro_usd, tokens, timeout_ms, attempts_max, input, spec } = task
  const texts = { input: JSON.stringify(input), spec: JSON.stringify(spec) }
  return { key, title, capability, agent_id, priority, cost_micro_usd, tokens, timeout_ms, attempts_max, ...texts }
}

/** A task without a goal is simply made again. */
async function retryAlone(parts: SteerParts, tx: Tx, { task, caller }: { task: ClaimedTask; caller: Pick<Caller, 'organization_id' | 'actor'> }): Promise<string> {
  const [state] = await plannerStore.statuses(tx, [task])
  if (!state || !hasEnded(state.status)) throw invalid('id', `The task is ${state?.status}; only what has ended can be retried.`, state?.status)
  const id = newId()
  const row: NewTask = { ...rowOf(task), id, step: task.spec.approval === 'before' ? 'approve' : 'run', waits_on: 0, parent_id: null, item_index: null, retry_of: task.task_id }
  const { organization_id, project_id } = task
  await goalStore.graft(tx, { organization_id, project_id, goal_id: null, revision: task.revision, created_by: JSON.stringify(caller.actor), tasks: [row], edges: [], queue: true })
  parts.journal.record(tx, organization_id, [{ type: 'task.ready', actor: caller.actor, project_id, task_id: id }])
  if (row.step === 'approve') await parts.settling.ask(tx, [{ what: 'approve', organization_id, project_id, goal_id: null, task_id: id }], caller.actor)
  parts.settling.announce(tx)
  return id
}

export async function findTask(tx: Tx, organization_id: string, task_id: string): Promise<ClaimedTask> {
  const [task] = await plannerStore.tasks(tx, [{ organization_id, task_id }])
  if (!task) throw notFound('task', task_id)
  return task
}

export function placeOf({ organization_id, task_id, project_id, goal_id }: PlacedRef): PlacedRef {
  return { organization_id, task_id, project_id, goal_id }
}
