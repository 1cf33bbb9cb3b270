import type { PlanTask } from '@muster/contract/planner/tasks/task-definitions'
import type { Policy } from '@muster/contract/projects/policies'
import { runConcurrencyPool } from '../../../platform/concurrency/concurrency-pool.ts'
import { withLeaseRenewal } from '../../../platform/concurrency/lease-renewal.ts'
import type { Engine, EngineTx, Tx } from '../../../platform/db/db.ts'
import { MusterError } from '../../../platform/errors.ts'
import { storable } from '../../../platform/text/storable.ts'
import { goalChangeStore } from '../store/goal-change.store.ts'
import { goalReadStore } from '../store/goal-read.store.ts'
import { type PlanRequestRow, planRequestStore } from '../store/plan-request.store.ts'
import { askForPlanOf, type CreateDeps } from './create-goal.ts'
import { type RestingStatus, replanGoal } from './replan.ts'
import { type SteerDeps, startGoal } from './steer-goal.ts'
import { type ThinkDeps, thinkPlan } from './think.ts'

export interface ModelPlanDeps extends CreateDeps, SteerDeps, ThinkDeps {
  readonly engine: Engine
}

/** Renewed while a model plans; after it another process may take the request over. */
export const lease_ms = 60_000
const renew_ms = 20_000
const at_once_max = 8
const attempts_max = 3
const again_ms = [5_000, 20_000, 60_000]
const planner = { kind: 'system', id: 'planner' } as const

/**
 * Handles plan requests, several at once, until none is left. It may run twice: each request is leased to one process.
 */
export function answerPlanRequests(deps: ModelPlanDeps, signal: AbortSignal): Promise<void> {
  return runConcurrencyPool({
    at_once_max,
    signal,
    claim: (max) => deps.engine.transact((tx) => planRequestStore.claim(tx, { max, lease_ms })),
    work: (planRequest) => answerPlanRequest(deps, planRequest, signal),
  })
}

async function answerPlanRequest(deps: ModelPlanDeps, planRequest: PlanRequestRow, signal: AbortSignal): Promise<void> {
  try {
    const renew = () => deps.engine.transact((tx) => planRequestStore.renew(tx, planRequest, lease_ms))
    const tasks = await withLeaseRenewal({ every_ms: renew_ms, renew }, () => planByModel(deps, planRequest, signal))
    if (tasks) await deps.engine.transact((tx) => putPlan(deps, tx, { planRequest, tasks }))
  } catch (error) {
    await deps.engine.transact((tx) => notPlanned(deps, tx, { planRequest, error, stopping: signal.aborted }))
  }
}

async function planByModel(
  deps: ModelPlanDeps,
  planRequest: PlanRequestRow,
  signal: AbortSignal,
): Promise<readonly PlanTask[] | undefined> {
  const { organization_id, goal_id } = planRequest
  const row = await deps.inside(organization_id, (tx) => goalReadStore.goal(tx, organization_id, goal_id))
  if (!row) return undefined
  const { project_id, title, text } = row
  // The descriptions of the time when the goal was created.
  const artifacts = row.artifacts as Parameters<typeof thinkPlan>[1]['artifacts']
  const about = { organization_id, project_id, goal_id, request_id: goal_id, title, text: text ?? undefined, artifacts }
  return thinkPlan(deps, { ...about, model: planRequest.model, reason: planRequest.reason, signal })
}

/** Writes the model's plan like one that a caller gave; then the goal starts, or an approval is opened. */
async function putPlan(
  deps: ModelPlanDeps,
  tx: EngineTx,
  { planRequest, tasks }: { readonly planRequest: PlanRequestRow; readonly tasks: readonly PlanTask[] },
): Promise<void> {
  const { organization_id, goal_id, model } = planRequest
  const goal = await goalChangeStore.lock(tx, organization_id, goal_id)
  const takenRequest = goal && (await planRequestStore.take(tx, planRequest))
  if (!takenRequest) return
  const hasBegun = goal.status === 'paused' || goal.status === 'running'
  if (!hasBegun && goal.status !== 'planning') return
  const caller = { organization_id, principal: planner }
  const taskRef = { organization_id, project_id: goal.project_id }
  const { policy } = await deps.projects.inForce(tx, taskRef)
  // A goal that was resumed meanwhile, or created to be started, goes on.
  const rests = hasBegun ? restOf(takenRequest.starts || goal.status === 'running', policy) : undefined
  const reason = planRequest.reason ?? `planned by ${model}`
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

/** Retries after a temporary failure; else the goal says why it has no plan and waits for a person's. */
async function notPlanned(
  deps: ModelPlanDeps,
  tx: Tx,
  {
    planRequest,
    error,
    stopping,
  }: { readonly planRequest: PlanRequestRow; readonly error: unknown; readonly stopping: boolean },
): Promise<void> {
  const { organization_id, goal_id, attempts } = planRequest
  if (stopping || (passes(error) && attempts + 1 < attempts_max))
    return planRequestStore.putBack(tx, planRequest, stopping ? 0 : (again_ms[attempts] ?? 0))
  const goal = await goalChangeStore.lock(tx, organization_id, goal_id)
  if (!goal || !(await planRequestStore.take(tx, planRequest))) return
  const message = error instanceof MusterError ? `${error.code}: ${error.message}` : 'internal: see the server log'
  const reason = storable(`planning failed: ${message}`).slice(0, 1_000)
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

function passes(error: unknown): boolean {
  if (!(error instanceof MusterError)) return true
  return ['rate_limited', 'provider_timeout', 'unavailable', 'stopped', 'provider_failed'].includes(error.code)
}
