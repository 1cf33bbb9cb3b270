import type { Caller } from '../../../platform/caller.ts'
import type { Tx } from '../../../platform/db/db.ts'
import type {
  Applied,
  Approval,
  ApprovalSubject,
  Decision,
  Lineage,
  SubjectTest,
} from '../../approvals/approvals.port.ts'
import type { Ended, PlacedRef, TaskState } from '../planner.port.ts'
import { lockedStates } from '../rules/locked.rules.ts'
import { goalChangeStore } from '../store/goal-change.store.ts'
import { lineageStore } from '../store/lineage.store.ts'
import { type Consequence, plannerStore } from '../store/planner.store.ts'
import { askForPlanOf } from './create-goal.ts'
import { type RetryParts, retryTasks } from './retry.ts'
import { endTasks, follow } from './settle.ts'
import { cancelGoal, type SteerParts, startGoal } from './steer-goal.ts'

/** What the planner asks people about: a plan, a task before its run or after conflicts, a failed dependency. */
export function plannerSubjects(parts: RetryParts): readonly ApprovalSubject[] {
  return [
    {
      kind: 'plan',
      lineage,
      test: testPlan,
      apply: (tx, approval, decision) => applyPlan(parts, tx, { approval, decision }),
      lapse: (tx, approval, how) => lapsePlan(parts, tx, { approval, how }),
    },
    {
      kind: 'task',
      lineage,
      test: testTask,
      apply: (tx, approval, decision) => applyTask(parts, tx, { approval, decision }),
      lapse: (tx, approval, how) => lapseTask(parts, tx, { approval, how }),
    },
    {
      kind: 'dependency',
      lineage,
      test: testTask,
      apply: (tx, approval, decision) => applyDependency(parts, tx, { approval, decision }),
      lapse: (tx, approval, how) => lapseTask(parts, tx, { approval, how }),
    },
  ]
}

async function lineage(tx: Tx, approval: Approval): Promise<Lineage> {
  return { made_by: [], amended_by: [], stated_by: await lineageStore.statedBy(tx, approval) }
}

interface Answered {
  readonly approval: Approval
  readonly decision: Decision
}

interface Lapsed {
  readonly approval: Approval
  readonly how: 'stale' | 'expired'
}

const clock = { kind: 'system', id: 'planner' } as const

async function testPlan(tx: Tx, approval: Approval): Promise<SubjectTest> {
  const goal = await goalChangeStore.lock(tx, approval.organization_id, approval.goal_id ?? '')
  if (goal?.status !== 'awaiting_approval') return { fits: false, because: `the goal is ${goal?.status ?? 'gone'}` }
  // As `askForPlan` wrote it; questions of earlier versions do not say the revision.
  const { revision = goal.plan_revision } = JSON.parse(approval.proposed) as { readonly revision?: number }
  if (revision !== goal.plan_revision) return { fits: false, because: 'another plan stands in its place' }
  return { fits: true }
}

async function applyPlan(parts: SteerParts, tx: Tx, { approval, decision }: Answered): Promise<Applied> {
  const caller = callerOf(approval, decision.by)
  const goal = await goalChangeStore.lock(tx, approval.organization_id, approval.goal_id ?? '')
  if (!goal) return {}
  if (decision.action === 'approve') await startGoal(parts, tx, { caller, goal })
  else await cancelGoal(parts, tx, { caller, goal_id: goal.id, reason: decision.comment ?? 'plan rejected' })
  return {}
}

async function lapsePlan(parts: RetryParts, tx: Tx, { approval, how }: Lapsed): Promise<void> {
  const { organization_id } = approval
  const goal = await goalChangeStore.lock(tx, organization_id, approval.goal_id ?? '')
  if (goal?.status !== 'awaiting_approval') return
  if (how === 'stale') return askForPlanOf(parts, tx, { organization_id, goal_id: goal.id })
  await cancelGoal(parts, tx, {
    caller: callerOf(approval, clock),
    goal_id: goal.id,
    reason: 'approval of the plan expired',
  })
}

async function testTask(tx: Tx, approval: Approval): Promise<SubjectTest> {
  const state = await lockTask(tx, approval)
  if (state?.stopped) return { fits: false, because: 'an emergency stop is in force', stopped: true }
  if (state?.status !== 'awaiting_approval') return { fits: false, because: `the task is ${state?.status ?? 'gone'}` }
  return { fits: true }
}

/** Before its run: approved, it is queued or expanded. After conflicts: tried again, or given up. */
async function applyTask(parts: SteerParts, tx: Tx, { approval, decision }: Answered): Promise<Applied> {
  const place = placeOf(approval)
  const { by, action, comment } = decision
  if (action === 'approve' || action === 'retry') {
    await release(parts, tx, { place, by, again: action === 'retry' })
    return {}
  }
  const to = action === 'fail' ? 'failed' : 'rejected'
  await endTasks(parts.settling, tx, [
    { ...place, to, run_id: null, actor: by, because: comment ?? `${to} by a person` },
  ])
  return {}
}

/** A dependency failed and its edge asks: try it again, go on without it, skip or fail what hangs on it. */
async function applyDependency(parts: RetryParts, tx: Tx, { approval, decision }: Answered): Promise<Applied> {
  const place = placeOf(approval)
  const { by, action, comment } = decision
  const { organization_id } = place
  if (action === 'continue') {
    const left = await plannerStore.forgive(tx, place)
    if (left?.waits_on === 0) await proceed(parts, tx, { place, by, step: left.step })
    return {}
  }
  if (action === 'retry') {
    const task_ids = await plannerStore.failedParents(tx, place)
    await retryTasks(parts, tx, {
      caller: { organization_id, actor: by },
      goal_id: place.goal_id ?? '',
      task_ids,
      reason: comment ?? 'retried by a person',
    })
    return {}
  }
  const to: Ended['to'] = action === 'skip' ? 'skipped' : 'failed'
  await endTasks(parts.settling, tx, [
    { ...place, to, run_id: null, actor: by, because: comment ?? `${to} by a person` },
  ])
  return {}
}

/** Expired never means approved. A stale question about a task has no other result to wait for, so it is dropped. */
async function lapseTask(parts: SteerParts, tx: Tx, { approval, how }: Lapsed): Promise<void> {
  const state = await lockTask(tx, approval)
  if (state?.status !== 'awaiting_approval' || how === 'stale') return
  await endTasks(parts.settling, tx, [
    { ...placeOf(approval), to: 'rejected', run_id: null, actor: clock, because: 'approval expired' },
  ])
}

async function release(
  parts: SteerParts,
  tx: Tx,
  { place, by, again }: { place: PlacedRef; by: Decision['by']; again: boolean },
): Promise<void> {
  const [task] = await plannerStore.tasks(tx, [place])
  const [state] = await plannerStore.statuses(tx, [place])
  const expands = task?.spec.for_each && state?.step !== 'join' && !again
  if (expands) await plannerStore.reopen(tx, place)
  await proceed(parts, tx, { place, by, step: expands ? 'expand' : 'run' })
}

/** A task that waits for nothing any more takes its next step. */
async function proceed(
  parts: SteerParts,
  tx: Tx,
  { place, by, step }: { place: PlacedRef; by: Decision['by']; step: Consequence['what'] },
): Promise<void> {
  if (step === 'expand' || step === 'approve') {
    const consequences = [{ what: step, ...place }]
    await endTasks(parts.settling, tx, await follow(parts.settling, tx, { consequences, actor: by }))
    return
  }
  await plannerStore.giveBack(tx, [
    { ...place, to: 'ready', run_id: null, actor: by, because: null, counts: 'nothing', delay_ms: 0 },
  ])
  const { organization_id, project_id, goal_id, task_id } = place
  parts.journal.record(tx, organization_id, [
    { type: 'task.ready', actor: by, project_id, goal_id: goal_id ?? undefined, task_id },
  ])
  parts.settling.announce(tx)
}

async function lockTask(tx: Tx, approval: Approval): Promise<TaskState | undefined> {
  const refs = [placeOf(approval)]
  return lockedStates(refs, await plannerStore.lock(tx, refs))[0]
}

function placeOf({ organization_id, project_id, goal_id, task_id }: Approval): PlacedRef {
  return { organization_id, project_id, goal_id, task_id: task_id ?? '' }
}

function callerOf({ organization_id }: Approval, actor: Decision['by']): Pick<Caller, 'organization_id' | 'actor'> {
  return { organization_id, actor }
}
