import type { Caller } from '../../../../platform/caller.ts'
import type { Tx } from '../../../../platform/db/db.ts'
import type {
  Applied,
  Approval,
  ApprovalSubject,
  Decision,
  Lineage,
  SubjectTest,
} from '../../../approvals/approvals.port.ts'
import type { EndedTask, ScopedTaskRef, TaskState } from '../../planner.port.ts'
import { lockedStates } from '../../rules/locked.rules.ts'
import { goalChangeStore } from '../../store/goal-change.store.ts'
import { lineageStore } from '../../store/lineage.store.ts'
import { type Consequence, plannerStore } from '../../store/planner.store.ts'
import { type RetryDeps, retryTasks } from '../tasks/retry.ts'
import { endTasks, follow } from '../tasks/settle.ts'
import { askForPlanOf } from './create-goal.ts'
import { cancelGoal, type SteerDeps, startGoal } from './steer-goal.ts'

/** The approval subjects of the planner: plans, tasks before their run or after conflicts, failed dependencies. */
export function plannerSubjects(deps: RetryDeps): readonly ApprovalSubject[] {
  return [
    {
      kind: 'plan',
      lineage,
      test: testPlan,
      apply: (tx, approval, decision) => applyPlan(deps, tx, { approval, decision }),
      lapse: (tx, approval, how) => lapsePlan(deps, tx, { approval, how }),
    },
    {
      kind: 'task',
      lineage,
      test: testTask,
      apply: (tx, approval, decision) => applyTask(deps, tx, { approval, decision }),
      lapse: (tx, approval, how) => lapseTask(deps, tx, { approval, how }),
    },
    {
      kind: 'dependency',
      lineage,
      test: testTask,
      apply: (tx, approval, decision) => applyDependency(deps, tx, { approval, decision }),
      lapse: (tx, approval, how) => lapseTask(deps, tx, { approval, how }),
    },
  ]
}

async function lineage(tx: Tx, approval: Approval): Promise<Lineage> {
  return { made_by: [], amended_by: [], stated_by: await lineageStore.statedBy(tx, approval) }
}

interface AnsweredApproval {
  readonly approval: Approval
  readonly decision: Decision
}

interface LapsedApproval {
  readonly approval: Approval
  readonly how: 'stale' | 'expired'
}

const clock = { kind: 'system', id: 'planner' } as const

async function testPlan(tx: Tx, approval: Approval): Promise<SubjectTest> {
  const goal = await goalChangeStore.lock(tx, approval.organization_id, approval.goal_id ?? '')
  if (goal?.status !== 'awaiting_approval') return { fits: false, reason: `the goal is ${goal?.status ?? 'gone'}` }
  // As `askForPlan` wrote it; approvals of earlier versions have no revision.
  const { revision = goal.plan_revision } = JSON.parse(approval.proposed) as { readonly revision?: number }
  if (revision !== goal.plan_revision) return { fits: false, reason: 'the plan was replaced' }
  return { fits: true }
}

async function applyPlan(deps: SteerDeps, tx: Tx, { approval, decision }: AnsweredApproval): Promise<Applied> {
  const caller = callerOf(approval, decision.by)
  const goal = await goalChangeStore.lock(tx, approval.organization_id, approval.goal_id ?? '')
  if (!goal) return {}
  if (decision.action === 'approve') await startGoal(deps, tx, { caller, goal })
  else await cancelGoal(deps, tx, { caller, goal_id: goal.id, reason: decision.comment ?? 'plan rejected' })
  return {}
}

async function lapsePlan(deps: RetryDeps, tx: Tx, { approval, how }: LapsedApproval): Promise<void> {
  const { organization_id } = approval
  const goal = await goalChangeStore.lock(tx, organization_id, approval.goal_id ?? '')
  if (goal?.status !== 'awaiting_approval') return
  if (how === 'stale') return askForPlanOf(deps, tx, { organization_id, goal_id: goal.id })
  await cancelGoal(deps, tx, {
    caller: callerOf(approval, clock),
    goal_id: goal.id,
    reason: 'approval of the plan expired',
  })
}

async function testTask(tx: Tx, approval: Approval): Promise<SubjectTest> {
  const state = await lockTask(tx, approval)
  if (state?.stopped) return { fits: false, reason: 'an emergency stop is active', stopped: true }
  if (state?.status !== 'awaiting_approval') return { fits: false, reason: `the task is ${state?.status ?? 'gone'}` }
  return { fits: true }
}

/**
 * Applies an answer about a task. Before its run: it is queued or expanded. After conflicts: it is tried again or
 * fails.
 */
async function applyTask(deps: SteerDeps, tx: Tx, { approval, decision }: AnsweredApproval): Promise<Applied> {
  const taskRef = scopedTaskRef(approval)
  const { by, action, comment } = decision
  if (action === 'approve' || action === 'retry') {
    await release(deps, tx, { taskRef, by, again: action === 'retry' })
    return {}
  }
  const to = action === 'fail' ? 'failed' : 'rejected'
  await endTasks(deps.settling, tx, [
    { ...taskRef, to, run_id: null, actor: by, reason: comment ?? `${to} by a person` },
  ])
  return {}
}

/** Applies an answer about a failed dependency: retry it, continue without it, skip or fail the dependent. */
async function applyDependency(deps: RetryDeps, tx: Tx, { approval, decision }: AnsweredApproval): Promise<Applied> {
  const taskRef = scopedTaskRef(approval)
  const { by, action, comment } = decision
  const { organization_id } = taskRef
  if (action === 'continue') {
    const unblockedTask = await plannerStore.ignoreFailedDependency(tx, taskRef)
    if (unblockedTask?.waits_on === 0) await proceed(deps, tx, { taskRef, by, step: unblockedTask.step })
    return {}
  }
  if (action === 'retry') {
    const task_ids = await plannerStore.failedParents(tx, taskRef)
    await retryTasks(deps, tx, {
      caller: { organization_id, principal: by },
      goal_id: taskRef.goal_id ?? '',
      task_ids,
      reason: comment ?? 'retried by a person',
    })
    return {}
  }
  const to: EndedTask['to'] = action === 'skip' ? 'skipped' : 'failed'
  await endTasks(deps.settling, tx, [
    { ...taskRef, to, run_id: null, actor: by, reason: comment ?? `${to} by a person` },
  ])
  return {}
}

/**
 * Expired never means approved (invariant 7). A stale approval of a task is dropped: there is no result to wait for.
 */
async function lapseTask(deps: SteerDeps, tx: Tx, { approval, how }: LapsedApproval): Promise<void> {
  const state = await lockTask(tx, approval)
  if (state?.status !== 'awaiting_approval' || how === 'stale') return
  await endTasks(deps.settling, tx, [
    { ...scopedTaskRef(approval), to: 'rejected', run_id: null, actor: clock, reason: 'approval expired' },
  ])
}

async function release(
  deps: SteerDeps,
  tx: Tx,
  { taskRef, by, again }: { taskRef: ScopedTaskRef; by: Decision['by']; again: boolean },
): Promise<void> {
  const [task] = await plannerStore.tasks(tx, [taskRef])
  const [state] = await plannerStore.statuses(tx, [taskRef])
  const expands = task?.spec.for_each && state?.step !== 'join' && !again
  if (expands) await plannerStore.reopen(tx, taskRef)
  await proceed(deps, tx, { taskRef, by, step: expands ? 'expand' : 'run' })
}

/** Takes the next step of a task that waits for nothing. */
async function proceed(
  deps: SteerDeps,
  tx: Tx,
  { taskRef, by, step }: { taskRef: ScopedTaskRef; by: Decision['by']; step: Consequence['what'] },
): Promise<void> {
  if (step === 'expand' || step === 'approve') {
    const consequences = [{ what: step, ...taskRef }]
    await endTasks(deps.settling, tx, await follow(deps.settling, tx, { consequences, actor: by }))
    return
  }
  await plannerStore.requeue(tx, [
    { ...taskRef, to: 'ready', run_id: null, actor: by, reason: null, counts: 'nothing', delay_ms: 0 },
  ])
  const { organization_id, project_id, goal_id, task_id } = taskRef
  deps.journal.record(tx, organization_id, [
    { type: 'task.ready', actor: by, project_id, goal_id: goal_id ?? undefined, task_id },
  ])
  deps.settling.announce(tx)
}

async function lockTask(tx: Tx, approval: Approval): Promise<TaskState | undefined> {
  const refs = [scopedTaskRef(approval)]
  return lockedStates(refs, await plannerStore.lock(tx, refs))[0]
}

function scopedTaskRef({ organization_id, project_id, goal_id, task_id }: Approval): ScopedTaskRef {
  return { organization_id, project_id, goal_id, task_id: task_id ?? '' }
}

function callerOf(
  { organization_id }: Approval,
  principal: Decision['by'],
): Pick<Caller, 'organization_id' | 'principal'> {
  return { organization_id, principal }
}
