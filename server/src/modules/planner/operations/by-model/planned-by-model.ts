import { isRetryableCode } from '@muster/contract/errors'
import type { PlanTask } from '@muster/contract/planner/tasks/task-definitions'
import type { Policy } from '@muster/contract/projects/policies'
import { cutText } from '@muster/contract/texts/graphemes'
import type { EngineTx, Tx } from '../../../../platform/db/db.ts'
import { MusterError } from '../../../../platform/errors.ts'
import type { JobRef, LeasedJob } from '../../../../platform/jobs/job-kind.ts'
import { jobQueue } from '../../../../platform/jobs/job-queue.ts'
import { createJobWorker, type JobWorker, type JobWorkerDeps } from '../../../../platform/jobs/job-worker.ts'
import { storable } from '../../../../platform/text/storable.ts'
import { goalChangeStore } from '../../store/goal-change.store.ts'
import { goalReadStore } from '../../store/goal-read.store.ts'
import { askForPlanOf, type CreateDeps } from '../goals/create-goal.ts'
import { type RestingStatus, replanGoal } from '../goals/replan.ts'
import { type SteerDeps, startGoal } from '../goals/steer-goal.ts'
import { type PlanRequest, planRequests } from './plan-requests.ts'
import { type ThinkDeps, thinkPlan } from './think.ts'

export interface ModelPlanDeps extends CreateDeps, SteerDeps, ThinkDeps, JobWorkerDeps {}

const planner = { kind: 'system', id: 'planner' } as const

/** Builds what handles plan requests: goals that wait for a model's plan, several at once. */
export function planRequestWorker(deps: ModelPlanDeps): JobWorker {
  return createJobWorker(deps, planRequests, {
    run: (planRequest, signal) => answerPlanRequest(deps, planRequest, signal),
    giveUp: (tx, { job, error, bury }) => notPlanned(deps, tx, { planRequest: job, error, end: bury }),
  })
}

type PlanRequestJob = LeasedJob<PlanRequest>

/** What a model cannot plan ends with the reason at the goal; anything else is tried again. */
async function answerPlanRequest(deps: ModelPlanDeps, planRequest: PlanRequestJob, signal: AbortSignal): Promise<void> {
  try {
    const tasks = await planByModel(deps, planRequest, signal)
    await deps.engine.transact((tx) => putPlan(deps, tx, { planRequest, tasks }))
  } catch (error) {
    if (signal.aborted || passes(error)) throw error
    await deps.engine.transact((tx) => {
      const end = async () => (await jobQueue.complete(tx, planRequests, planRequest)) !== undefined
      return notPlanned(deps, tx, { planRequest, error, end })
    })
  }
}

/** Undefined where there is no such goal any more. */
async function planByModel(
  deps: ModelPlanDeps,
  planRequest: PlanRequestJob,
  signal: AbortSignal,
): Promise<readonly PlanTask[] | undefined> {
  const { organization_id, key: goal_id } = planRequest
  const row = await deps.inside(organization_id, (tx) => goalReadStore.goal(tx, organization_id, goal_id))
  if (!row) return undefined
  const { project_id, title, text } = row
  // The descriptions of the time when the goal was created.
  const artifacts = row.artifacts as Parameters<typeof thinkPlan>[1]['artifacts']
  const about = { organization_id, project_id, goal_id, request_id: goal_id, title, text: text ?? undefined, artifacts }
  return thinkPlan(deps, { ...about, model: planRequest.payload.model, reason: planRequest.payload.reason, signal })
}

/** Writes the model's plan like one that a caller gave; then the goal starts, or an approval is opened. */
async function putPlan(
  deps: ModelPlanDeps,
  tx: EngineTx,
  { planRequest, tasks }: { readonly planRequest: PlanRequestJob; readonly tasks: readonly PlanTask[] | undefined },
): Promise<void> {
  const { organization_id, key: goal_id } = planRequest
  const goal = await goalChangeStore.lock(tx, organization_id, goal_id)
  const takenRequest = await jobQueue.complete(tx, planRequests, planRequest)
  if (!goal || !takenRequest || !tasks) return
  const hasBegun = goal.status === 'paused' || goal.status === 'running'
  if (!hasBegun && goal.status !== 'planning') return
  const caller = { organization_id, principal: planner }
  const taskRef = { organization_id, project_id: goal.project_id }
  const { policy } = await deps.projects.inForce(tx, taskRef)
  // A goal that was resumed meanwhile, or created to be started, goes on.
  const rests = hasBegun ? restOf(takenRequest.starts || goal.status === 'running', policy) : undefined
  const reason = takenRequest.reason ?? `planned by ${takenRequest.model}`
  await replanGoal(deps, tx, { caller, request: { goal_id: goal_id as never, plan: { tasks }, reason }, rests })
  const plannedGoal = await goalChangeStore.lock(tx, organization_id, goal_id)
  const waits =
    plannedGoal?.status === 'awaiting_approval' || (plannedGoal?.status === 'planning' && takenRequest.starts)
  if (!plannedGoal || !waits) return
  if (plannedGoal.status === 'planning' && !policy.plan_approval)
    return startGoal(deps, tx, { caller, goal: plannedGoal })
  await askForPlanOf(deps, tx, { organization_id, goal_id })
}

/** Why a goal that had started rests after its new plan; undefined: it goes on. */
function restOf(starts: boolean, { plan_approval }: Policy): RestingStatus | undefined {
  if (!starts) return 'paused'
  return plan_approval ? 'awaiting_approval' : undefined
}

/** The goal says why it has no plan and waits for a person's. `end`: ends the request, where the lease is still ours. */
async function notPlanned(
  deps: ModelPlanDeps,
  tx: Tx,
  {
    planRequest,
    error,
    end,
  }: { readonly planRequest: JobRef; readonly error: unknown; readonly end: () => Promise<boolean> },
): Promise<void> {
  const { organization_id, key: goal_id } = planRequest
  const goal = await goalChangeStore.lock(tx, organization_id, goal_id)
  if (!(await end()) || !goal) return
  const message = error instanceof MusterError ? `${error.code}: ${error.message}` : 'internal: see the server log'
  const reason = cutText(storable(`planning failed: ${message}`), 1_000)
  if (goal.status === 'paused') {
    await goalChangeStore.setStatus(tx, organization_id, { goal_id, status: 'paused', reason })
    return
  }
  if (goal.status !== 'planning') return
  await goalChangeStore.setStatus(tx, organization_id, { goal_id, status: 'failed', reason })
  const { project_id } = goal
  deps.journal.record(tx, organization_id, [
    { type: 'goal.failed', actor: planner, project_id, goal_id, data: { reason } },
  ])
}

/** Whether another attempt may help: not where the request or the model's answers are wrong. */
function passes(error: unknown): boolean {
  return !(error instanceof MusterError) || isRetryableCode(error.code)
}
