import type { Policy } from '@muster/contract/shapes/policies'
import type { PlanTask } from '@muster/contract/shapes/tasks'
import { runConcurrencyPool } from '../../../platform/concurrency-pool.ts'
import type { Engine, EngineTx, Tx } from '../../../platform/db/db.ts'
import { MusterError } from '../../../platform/errors.ts'
import { whileHeld } from '../../../platform/held.ts'
import { storable } from '../../../platform/text/storable.ts'
import { goalChangeStore } from '../store/goal-change.store.ts'
import { goalReadStore } from '../store/goal-read.store.ts'
import { type WishRow, wishStore } from '../store/wish.store.ts'
import { askForPlanOf, type CreateParts } from './create-goal.ts'
import { type Resting, replanGoal } from './replan.ts'
import { type SteerParts, startGoal } from './steer-goal.ts'
import { type ThinkParts, thinkPlan } from './think.ts'

export interface ModelPlanParts extends CreateParts, SteerParts, ThinkParts {
  readonly engine: Engine
}

/** Renewed while it is planned; where the process dies, somebody else plans the goal behind it. */
export const hold_ms = 60_000
const renew_ms = 20_000
const at_once_max = 8
const tries_max = 3
const again_ms = [5_000, 20_000, 60_000]
const planner = { kind: 'system', id: 'planner' } as const

/** Plans goals that wait for a model, some side by side, until none is left. It may run twice: each is held by one. */
export function planWishes(parts: ModelPlanParts, signal: AbortSignal): Promise<void> {
  return runConcurrencyPool({
    at_once_max,
    signal,
    claim: (max) => parts.engine.transact((tx) => wishStore.claim(tx, { max, hold_ms })),
    work: (wish) => planWish(parts, wish, signal),
  })
}

async function planWish(parts: ModelPlanParts, wish: WishRow, signal: AbortSignal): Promise<void> {
  try {
    const renew = () => parts.engine.transact((tx) => wishStore.renew(tx, wish, hold_ms))
    const tasks = await whileHeld({ every_ms: renew_ms, renew }, () => thought(parts, wish, signal))
    if (tasks) await parts.engine.transact((tx) => putPlan(parts, tx, { wish, tasks }))
  } catch (error) {
    await parts.engine.transact((tx) => notPlanned(parts, tx, { wish, error, stopping: signal.aborted }))
  }
}

async function thought(
  parts: ModelPlanParts,
  wish: WishRow,
  signal: AbortSignal,
): Promise<readonly PlanTask[] | undefined> {
  const { organization_id, goal_id } = wish
  const row = await parts.inside(organization_id, (tx) => goalReadStore.goal(tx, organization_id, goal_id))
  if (!row) return undefined
  const { project_id, title, text } = row
  // As they were described when the goal was stated.
  const artifacts = row.artifacts as Parameters<typeof thinkPlan>[1]['artifacts']
  const about = { organization_id, project_id, goal_id, request_id: goal_id, title, text: text ?? undefined, artifacts }
  return thinkPlan(parts, { ...about, model: wish.model, because: wish.because, signal })
}

/** The plan becomes the goal's, as somebody's who gave it would; then the goal starts, or a person is asked. */
async function putPlan(
  parts: ModelPlanParts,
  tx: EngineTx,
  { wish, tasks }: { readonly wish: WishRow; readonly tasks: readonly PlanTask[] },
): Promise<void> {
  const { organization_id, goal_id, model } = wish
  const goal = await goalChangeStore.lock(tx, organization_id, goal_id)
  const taken = goal && (await wishStore.take(tx, wish))
  if (!taken) return
  const begun = goal.status === 'paused' || goal.status === 'running'
  if (!begun && goal.status !== 'planning') return
  const caller = { organization_id, actor: planner }
  const place = { organization_id, project_id: goal.project_id }
  const { policy } = await parts.projects.inForce(tx, place)
  // Who resumed it, or stated it to be started, wants it to run.
  const rests = begun ? restOf(taken.starts || goal.status === 'running', policy) : undefined
  const reason = wish.because ?? `planned by ${model}`
  await replanGoal(parts, tx, { caller, request: { goal_id: goal_id as never, plan: { tasks }, reason }, rests })
  const planned = await goalChangeStore.lock(tx, organization_id, goal_id)
  const waits = planned?.status === 'awaiting_approval' || (planned?.status === 'planning' && taken.starts)
  if (!planned || !waits) return
  if (planned.status === 'planning' && !policy.plan_approval) return startGoal(parts, tx, { caller, goal: planned })
  await askForPlanOf(parts, tx, { organization_id, goal_id })
}

/** What a goal that had begun waits for with its new plan; undefined: it goes on. */
function restOf(starts: boolean, { plan_approval }: Policy): Resting | undefined {
  if (!starts) return 'paused'
  return plan_approval ? 'awaiting_approval' : undefined
}

/** What may pass is tried again; a goal that cannot be planned says why, and takes a plan from a person. */
async function notPlanned(
  parts: ModelPlanParts,
  tx: Tx,
  { wish, error, stopping }: { readonly wish: WishRow; readonly error: unknown; readonly stopping: boolean },
): Promise<void> {
  const { organization_id, goal_id, tries } = wish
  if (stopping || (passes(error) && tries + 1 < tries_max))
    return wishStore.putBack(tx, wish, stopping ? 0 : (again_ms[tries] ?? 0))
  const goal = await goalChangeStore.lock(tx, organization_id, goal_id)
  if (!goal || !(await wishStore.take(tx, wish))) return
  const said = error instanceof MusterError ? `${error.code}: ${error.message}` : 'internal: it could not be planned'
  const because = storable(`not planned: ${said}`).slice(0, 1_000)
  if (goal.status === 'paused') {
    await goalChangeStore.setStatus(tx, organization_id, { goal_id, status: 'paused', because })
    return
  }
  if (goal.status !== 'planning') return
  await goalChangeStore.setStatus(tx, organization_id, { goal_id, status: 'failed', because })
  const { project_id } = goal
  parts.journal.record(tx, organization_id, [
    { type: 'goal.failed', actor: planner, project_id, goal_id, data: { because } },
  ])
}

function passes(error: unknown): boolean {
  if (!(error instanceof MusterError)) return true
  return ['rate_limited', 'provider_timeout', 'unavailable', 'stopped', 'provider_failed'].includes(error.code)
}
