import { referencesIn } from '@muster/contract/planner/plans/references'
import type { Json } from '@muster/contract/values'
import type { Caller } from '../../../../platform/caller.ts'
import type { Tx } from '../../../../platform/db/db.ts'
import { invalid, MusterError, notFound } from '../../../../platform/errors.ts'
import { newId } from '../../../../platform/ids.ts'
import type { ProjectsPort } from '../../../projects/projects.port.ts'
import type { ClaimedTask, ScopedTaskRef } from '../../planner.port.ts'
import type { NewTask } from '../../planner.types.ts'
import { hasEnded } from '../../rules/planner.rules.ts'
import { type ChangedInput, checkInput, planWith, withInput } from '../../rules/retry-input.rules.ts'
import {
  groupBy,
  isBroken,
  type Revision,
  type RevisionEdge,
  revisionOf,
  waitsFor,
  withCauses,
} from '../../rules/revision.rules.ts'
import { goalStore } from '../../store/goal.store.ts'
import { type GoalLock, goalChangeStore } from '../../store/goal-change.store.ts'
import { type Consequence, plannerStore } from '../../store/planner.store.ts'
import { lockGoal, type SteerDeps, stopTasks } from '../goals/steer-goal.ts'
import { writeRevision } from '../goals/write-revision.ts'
import { endTasks, follow } from './settle.ts'
import { takeFirstSteps } from './steps.ts'

export interface RetryDeps extends SteerDeps {
  readonly projects: ProjectsPort
}

export interface TaskSteering {
  readonly caller: Pick<Caller, 'organization_id' | 'principal'>
  readonly task_id: string
  readonly reason?: string | undefined
  /** Instead of the input that the task had. */
  readonly input?: Json | undefined
}

/**
 * A person's retry of a task that has ended: a new revision in which the task, the failures that caused its end, and
 * its dependents are new rows; the goal runs again. Returns the id of the new row.
 */
export async function retryTask(
  deps: RetryDeps,
  tx: Tx,
  { caller, task_id, reason, input }: TaskSteering,
): Promise<string> {
  const task = await findTask(tx, caller.organization_id, task_id)
  if (task.goal_id === null) return retryAlone(deps, tx, { task, caller, input })
  const changedInput = input === undefined ? undefined : { task, input }
  const ids = await retryTasks(deps, tx, { caller, goal_id: task.goal_id, task_ids: [task_id], reason, changedInput })
  return ids.get(task_id) ?? task_id
}

interface GoalRetry extends Omit<TaskSteering, 'task_id' | 'input'> {
  readonly goal_id: string
  readonly task_ids: readonly string[]
  readonly changedInput?: ChangedInput | undefined
}

/** The same for several tasks of a goal in one revision. Returns new ids by old ids. */
export async function retryTasks(
  deps: RetryDeps,
  tx: Tx,
  { caller, goal_id, task_ids, reason, changedInput }: GoalRetry,
): Promise<ReadonlyMap<string, string>> {
  const { organization_id, principal: actor } = caller
  const goal = await lockGoal(tx, caller, goal_id)
  await goalChangeStore.lockQueue(tx, organization_id, goal_id)
  const current = await goalChangeStore.current(tx, organization_id, goal_id)
  for (const task_id of task_ids) mustHaveEnded(current, task_id)
  const edges = await goalChangeStore.edges(tx, organization_id, goal_id)
  if (changedInput) checkInput(changedInput, { current, edges })
  const revision = revisionOf(current, edges, withCauses(current, edges, task_ids))
  const number = goal.plan_revision + 1
  await dropTasks(deps, tx, {
    caller,
    goal,
    tasks: current,
    task_ids: [...revision.renewedIds, ...revision.droppedIds],
    reason: 'replaced by a retry',
  })
  const ids = new Map([...revision.renewedIds].map((id) => [id, newId()]))
  const rows = await newRows(deps, tx, { goal, organization_id, revision, ids, current, edges, changedInput })
  const status =
    goal.status === 'done' || goal.status === 'failed' || goal.status === 'cancelled' ? 'running' : goal.status
  const created_by = JSON.stringify(actor)
  const { project_id } = goal
  await goalStore.insertTasks(tx, {
    organization_id,
    project_id,
    goal_id,
    revision: number,
    created_by,
    ...rows,
    queue: status === 'running',
  })
  await goalChangeStore.adopt(tx, organization_id, { ids, droppedIds: [...revision.droppedIds] })
  const [plan] = await goalChangeStore.plan(tx, organization_id, { goal_id, revision: goal.plan_revision })
  await writeRevision(deps, tx, {
    caller,
    goal,
    status,
    reason: reason ?? `retry of ${keysOf(current, task_ids).join(', ')}`,
    keys: rows.tasks.map(({ key }) => key),
    plan: planWith(plan?.plan ?? '{"tasks":[]}', changedInput),
    ...(changedInput && { input_changed: [changedInput.task.key] }),
  })
  await endTasks(
    deps.settling,
    tx,
    await follow(deps.settling, tx, { consequences: brokenOf(rows.edges, { goal, organization_id, current }), actor }),
  )
  if (status === 'running') await takeFirstSteps(deps.settling, tx, { organization_id, goal_id, actor })
  return ids
}

function keysOf(current: readonly Current[], task_ids: readonly string[]): string[] {
  return current.filter(({ task_id }) => task_ids.includes(task_id)).map(({ key }) => key)
}

function mustHaveEnded(current: readonly Current[], task_id: string): void {
  const task = current.find((one) => one.task_id === task_id)
  if (!task)
    throw new MusterError('ended', 'This task was replaced in a newer plan revision.', {
      value: task_id,
      remedy: 'Retry the task that replaced it.',
    })
  if (!hasEnded(task.status))
    throw invalid('id', `The task is ${task.status}; only ended tasks can be retried.`, task.status)
}

/** Removes tasks from the plan: their live runs end, and those that had not ended are cancelled. */
export async function dropTasks(
  deps: SteerDeps,
  tx: Tx,
  {
    caller,
    goal,
    reason,
    task_ids,
    tasks,
  }: {
    caller: TaskSteering['caller']
    goal: GoalLock
    tasks: readonly Current[]
    task_ids: readonly string[]
    reason: string
  },
): Promise<readonly string[]> {
  const { organization_id, principal: actor } = caller
  const { id: goal_id, project_id } = goal
  const droppedIds = new Set(task_ids)
  const open = tasks.filter((one) => droppedIds.has(one.task_id) && !hasEnded(one.status))
  const taskRefs = open.map(({ task_id }) => ({ organization_id, project_id, goal_id, task_id }))
  await stopTasks(deps, tx, { taskRefs, reason })
  const cancelledIds = await goalChangeStore.supersede(tx, organization_id, {
    task_ids,
    revision: goal.plan_revision + 1,
  })
  const subject = { type: 'task.cancelled' as const, actor, project_id, goal_id, data: { reason } }
  deps.journal.record(
    tx,
    organization_id,
    cancelledIds.map((task_id) => ({ ...subject, task_id })),
  )
  return cancelledIds
}

type Current = Awaited<ReturnType<typeof goalChangeStore.current>>[number]

interface RenewalFacts {
  readonly goal: GoalLock
  readonly organization_id: string
  readonly revision: Revision
  readonly ids: ReadonlyMap<string, string>
  readonly current: readonly Current[]
  readonly edges: readonly RevisionEdge[]
  readonly changedInput: ChangedInput | undefined
}

async function newRows(
  deps: RetryDeps,
  tx: Tx,
  { goal, organization_id, revision, ids, current, edges, changedInput }: RenewalFacts,
): Promise<{ tasks: NewTask[]; edges: RevisionEdge[] }> {
  const { renewedIds, droppedIds } = revision
  const taskRefs = new Map(current.map((one) => [one.task_id, one]))
  const keptEdges = edges.filter((edge) => renewedIds.has(edge.to_id) && !droppedIds.has(edge.from_id))
  const into = groupBy(keptEdges, (edge) => edge.to_id)
  const { policy } = await deps.projects.inForce(tx, { organization_id, project_id: goal.project_id })
  const old = await plannerStore.tasks(
    tx,
    [...renewedIds].map((task_id) => ({ organization_id, task_id })),
  )
  const tasks = old.map((task): NewTask => {
    const own = into.get(task.task_id) ?? []
    const hasChildren = own.some((edge) => taskRefs.get(edge.from_id)?.parent_id === task.task_id)
    const parent_id = taskRefs.get(task.task_id)?.parent_id ?? null
    return {
      ...rowOf(withInput(task, changedInput?.task.task_id === task.task_id ? changedInput.input : undefined)),
      id: ids.get(task.task_id) ?? '',
      step: hasChildren ? 'join' : firstStep(task, policy.approve_before),
      waits_on: own.filter((edge) => waitsFor(edge, taskRefs.get(edge.from_id), renewedIds)).length,
      parent_id: parent_id === null ? null : (ids.get(parent_id) ?? parent_id),
      item_index: taskRefs.get(task.task_id)?.item_index ?? null,
      retry_of: task.task_id,
    }
  })
  const newEdges = keptEdges.map((edge) => ({
    from_id: ids.get(edge.from_id) ?? edge.from_id,
    to_id: ids.get(edge.to_id) ?? edge.to_id,
    on_failure: edge.on_failure,
  }))
  return { tasks, edges: newEdges }
}

/** Edges to new rows from failed tasks that stay: their `on_failure` is applied at once. */
function brokenOf(
  edges: readonly RevisionEdge[],
  { goal, organization_id, current }: Pick<RenewalFacts, 'goal' | 'organization_id' | 'current'>,
): Consequence[] {
  const taskRefs = new Map(current.map((one) => [one.task_id, one]))
  return edges.flatMap((edge): Consequence[] => {
    const from = taskRefs.get(edge.from_id)
    if (!from || !isBroken(edge, from)) return []
    const taskRef = { organization_id, project_id: goal.project_id, goal_id: goal.id, task_id: edge.to_id }
    return [
      {
        what: 'broken',
        ...taskRef,
        on_failure: edge.on_failure,
        cause: from.status,
        cause_key: from.key,
        standing: 'pending',
      },
    ]
  })
}

function firstStep({ spec, capability }: ClaimedTask, approve_before: readonly string[]): NewTask['step'] {
  if (spec.approval === 'before' || approve_before.includes(capability)) return 'approve'
  return spec.for_each || spec.repeat ? 'expand' : 'run'
}

function rowOf(task: ClaimedTask): Omit<NewTask, 'id' | 'step' | 'waits_on' | 'parent_id' | 'item_index' | 'retry_of'> {
  const { key, title, capability, agent_id, priority, cost_micro_usd, tokens, timeout_ms, attempts_max, input, spec } =
    task
  const texts = { input: JSON.stringify(input), spec: JSON.stringify(spec) }
  return { key, title, capability, agent_id, priority, cost_micro_usd, tokens, timeout_ms, attempts_max, ...texts }
}

/** Creates a task without a goal again. */
async function retryAlone(
  deps: RetryDeps,
  tx: Tx,
  { task, caller, input }: Pick<TaskSteering, 'caller' | 'input'> & { task: ClaimedTask },
): Promise<string> {
  const [state] = await plannerStore.statuses(tx, [task])
  if (!state || !hasEnded(state.status))
    throw invalid('id', `The task is ${state?.status}; only ended tasks can be retried.`, state?.status)
  const id = newId()
  const { organization_id, project_id } = task
  const { policy } = await deps.projects.inForce(tx, { organization_id, project_id })
  const step = firstStep(task, policy.approve_before)
  if (referencesIn(input ?? null).length > 0)
    throw invalid('input', 'A task without a goal cannot reference other tasks.')
  const data = { retry_of: task.task_id, ...(input !== undefined && { input_changed: true }) }
  const row: NewTask = {
    ...rowOf(withInput(task, input)),
    id,
    step,
    waits_on: 0,
    parent_id: null,
    item_index: null,
    retry_of: task.task_id,
  }
  await goalStore.insertTasks(tx, {
    organization_id,
    project_id,
    goal_id: null,
    revision: task.revision,
    created_by: JSON.stringify(caller.principal),
    tasks: [row],
    edges: [],
    queue: true,
  })
  if (step === 'run')
    deps.journal.record(tx, organization_id, [
      { type: 'task.ready', actor: caller.principal, project_id, task_id: id, data },
    ])
  else {
    deps.journal.record(tx, organization_id, [
      { type: 'task.returned', actor: caller.principal, project_id, task_id: id, data },
    ])
    await deps.settling.ask(
      tx,
      [{ what: 'approve', organization_id, project_id, goal_id: null, task_id: id }],
      caller.principal,
    )
  }
  deps.settling.announce(tx)
  return id
}

export async function findTask(tx: Tx, organization_id: string, task_id: string): Promise<ClaimedTask> {
  const [task] = await plannerStore.tasks(tx, [{ organization_id, task_id }])
  if (!task) throw notFound('task', task_id)
  return task
}

export function scopedTaskRef({ organization_id, task_id, project_id, goal_id }: ScopedTaskRef): ScopedTaskRef {
  return { organization_id, task_id, project_id, goal_id }
}
