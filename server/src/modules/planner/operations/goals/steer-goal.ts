import type { EventType } from '@muster/contract/events'
import type { GoalChange } from '@muster/contract/planner/goals/goals'
import { cutText } from '@muster/contract/texts/graphemes'
import type { Caller } from '../../../../platform/caller.ts'
import type { Tx } from '../../../../platform/db/db.ts'
import { MusterError, notFound } from '../../../../platform/errors.ts'
import { jobQueue } from '../../../../platform/jobs/job-queue.ts'
import type { Journal } from '../../../../platform/journal/record.ts'
import type { ApprovalsPort } from '../../../approvals/approvals.port.ts'
import type { ProjectsPort } from '../../../projects/projects.port.ts'
import type { EndedTask, ScopedTaskRef } from '../../planner.port.ts'
import { goalTransitions, priority_ranks } from '../../rules/planner.rules.ts'
import { type GoalLock, goalChangeStore } from '../../store/goal-change.store.ts'
import type { TaskRuns } from '../../task-kinds.port.ts'
import { planRequests } from '../by-model/plan-requests.ts'
import { endTasks, type SettleDeps } from '../tasks/settle.ts'
import { takeFirstSteps } from '../tasks/steps.ts'
import { askForPlanOf } from './create-goal.ts'

export interface SteerDeps {
  readonly journal: Journal
  readonly approvals: ApprovalsPort
  readonly settling: SettleDeps
  readonly taskRuns: () => TaskRuns
}

export interface Steering {
  readonly caller: Pick<Caller, 'organization_id' | 'principal'>
  readonly goal_id: string
  readonly reason?: string | undefined
}

/**
 * Pauses a goal: nothing new is claimed; what runs ends, is judged and commits (invariant 20). A goal that waits for a
 * model's plan stays paused after it.
 */
export async function pauseGoal(deps: SteerDeps, tx: Tx, { caller, goal_id, reason }: Steering): Promise<void> {
  const goal = await lockGoal(tx, caller, goal_id)
  if (goal.status === 'paused') {
    const { organization_id } = caller
    return jobQueue.amend(tx, planRequests, { organization_id, key: goal_id, payload: { starts: false } })
  }
  mustAllow(goal, 'paused')
  await goalChangeStore.setStatus(tx, caller.organization_id, { goal_id, status: 'paused', reason: reason ?? null })
  await goalChangeStore.unqueue(tx, caller.organization_id, goal_id)
  record(deps, tx, { caller, goal, type: 'goal.paused', reason })
}

/** Resumes a paused goal, or starts one that was stored without starting; where policy wants it, after an approval. */
export async function resumeGoal(
  deps: SteerDeps & { readonly projects: ProjectsPort },
  tx: Tx,
  { caller, goal_id }: Steering,
): Promise<void> {
  const goal = await lockGoal(tx, caller, goal_id)
  if (goal.status === 'running') return
  if (goal.status === 'awaiting_approval')
    throw new MusterError('approval_required', 'The plan must be approved first.', {
      value: goal_id,
      remedy: 'See `muster approvals list`.',
    })
  mustAllow(goal, 'running')
  if (await goalChangeStore.needsPlan(tx, caller.organization_id, goal_id))
    throw new MusterError('invalid', 'A failed task requires a new plan before the goal can continue.', {
      field: 'id',
      value: goal_id,
      remedy: 'Replan the goal, retry the failed task, or skip the tasks that depend on it.',
    })
  if (goal.status === 'planning' && goal.plan_revision > 0) {
    const { organization_id, project_id } = { ...caller, ...goal }
    const { policy } = await deps.projects.inForce(tx, { organization_id, project_id })
    if (policy.plan_approval) return askForPlanOf(deps, tx, { organization_id, goal_id })
  }
  await startGoal(deps, tx, { caller, goal })
}

/** Starts or resumes a locked goal: queues its ready tasks and takes the next step of the others. */
export async function startGoal(
  deps: SteerDeps,
  tx: Tx,
  { caller, goal }: { caller: Pick<Caller, 'organization_id' | 'principal'>; goal: GoalLock },
): Promise<void> {
  const { organization_id, principal: actor } = caller
  const goal_id = goal.id
  // Who resumes a goal wants its present plan, so the plan request is dropped.
  if (goal.status === 'paused') await jobQueue.drop(tx, planRequests, { organization_id, key: goal_id })
  await goalChangeStore.setStatus(tx, organization_id, { goal_id, status: 'running', reason: null })
  await goalChangeStore.enqueue(tx, organization_id, goal_id)
  record(deps, tx, { caller, goal, type: goal.status === 'paused' ? 'goal.resumed' : 'goal.started' })
  await takeFirstSteps(deps.settling, tx, { organization_id, goal_id, actor })
}

/** Cancels a goal and all its tasks that have not ended, running code included. */
export async function cancelGoal(deps: SteerDeps, tx: Tx, { caller, goal_id, reason }: Steering): Promise<void> {
  const goal = await lockGoal(tx, caller, goal_id)
  if (goal.status === 'cancelled') return
  mustAllow(goal, 'cancelled')
  const { organization_id } = caller
  await goalChangeStore.setStatus(tx, organization_id, { goal_id, status: 'cancelled', reason: reason ?? null })
  await goalChangeStore.unqueue(tx, organization_id, goal_id)
  await jobQueue.drop(tx, planRequests, { organization_id, key: goal_id })
  const open = await goalChangeStore.open(tx, organization_id, goal_id)
  const taskRefs = open.map(({ task_id }) => ({ organization_id, task_id, goal_id, project_id: goal.project_id }))
  await stopTasks(deps, tx, { taskRefs, reason: 'goal cancelled' })
  await deps.approvals.withdrawOfGoals(tx, [{ organization_id, goal_id }], 'goal cancelled')
  const cancelledTasks = taskRefs.map(
    (taskRef): EndedTask => ({
      ...taskRef,
      to: 'cancelled',
      run_id: null,
      actor: caller.principal,
      reason: 'goal cancelled',
    }),
  )
  if (cancelledTasks.length > 0) await endTasks(deps.settling, tx, cancelledTasks)
  record(deps, tx, { caller, goal, type: 'goal.cancelled', reason })
}

/** Ends the live runs of tasks and withdraws their approvals. */
export async function stopTasks(
  deps: SteerDeps,
  tx: Tx,
  { taskRefs, reason }: { taskRefs: readonly ScopedTaskRef[]; reason: string },
): Promise<void> {
  if (taskRefs.length === 0) return
  await deps.taskRuns().stop(tx, taskRefs)
  await deps.approvals.withdraw(tx, taskRefs, reason)
}

export async function changeGoal(
  tx: Tx,
  caller: Caller,
  { goal_id, change }: { goal_id: string; change: GoalChange },
): Promise<void> {
  const goal = await lockGoal(tx, caller, goal_id)
  if (['done', 'failed', 'cancelled'].includes(goal.status)) throw hasEnded(goal)
  const { title = null, text = null, priority } = change
  await goalChangeStore.change(tx, caller.organization_id, {
    goal_id,
    title,
    text,
    priority: priority === undefined ? null : priority_ranks[priority],
  })
}

export async function lockGoal(tx: Tx, caller: Pick<Caller, 'organization_id'>, goal_id: string): Promise<GoalLock> {
  const goal = await goalChangeStore.lock(tx, caller.organization_id, goal_id)
  if (!goal) throw notFound('goal', goal_id)
  return goal
}

function mustAllow(goal: GoalLock, to: keyof typeof goalTransitions): void {
  const allowedStatuses: readonly string[] = goalTransitions[goal.status as keyof typeof goalTransitions]
  const isEnded = ['done', 'failed', 'cancelled'].includes(goal.status)
  if (!allowedStatuses.includes(to) || isEnded) throw hasEnded(goal)
}

function hasEnded(goal: GoalLock): MusterError {
  return new MusterError('ended', `The goal is already ${goal.status} and cannot be changed.`, {
    value: goal.status,
    remedy: 'Retry one of its tasks, or rerun the goal.',
  })
}

function record(
  deps: SteerDeps,
  tx: Tx,
  {
    caller,
    goal,
    type,
    reason,
  }: {
    caller: Pick<Caller, 'organization_id' | 'principal'>
    goal: GoalLock
    type: EventType
    reason?: string | undefined
  },
): void {
  const data = reason === undefined ? {} : { data: { reason: cutText(reason, 200) } }
  deps.journal.record(tx, caller.organization_id, [
    { type, actor: caller.principal, project_id: goal.project_id, goal_id: goal.id, ...data },
  ])
}
