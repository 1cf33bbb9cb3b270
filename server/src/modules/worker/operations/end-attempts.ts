import type { Tx } from '../../../platform/db/db.ts'
import type { NewEvent } from '../../../platform/journal/events.ts'
import type { Journal } from '../../../platform/journal/record.ts'
import { commitKillPoints } from '../../../platform/kill-points.ts'
import type { BudgetsPort } from '../../budgets/budgets.port.ts'
import type { PlannerPort } from '../../planner/planner.port.ts'
import type { Usage } from '../../runtimes/runtimes.port.ts'
import { afterAttempt, type UnfinishedAttempt } from '../rules/attempt.rules.ts'
import type { LeaseRow } from '../store/lease.store.ts'
import { workerStore } from '../store/worker.store.ts'
import type { EndedRun } from '../worker.port.ts'

export interface AttemptDeps {
  readonly journal: Journal
  readonly budgets: BudgetsPort
  readonly planner: PlannerPort
}

export interface Attempt {
  readonly lease: LeaseRow
  readonly unfinished: UnfinishedAttempt
  /** `unknown`: it has cost an unknown amount, so the whole hold is charged. */
  readonly usage?: Usage | 'unknown' | undefined
}

const attemptKillPoint = commitKillPoints('worker.attempt')

/**
 * Ends attempts without a result: failed, lost or given back. Locks the tasks; `still` may drop attempts after that.
 * Returns the ids of the runs it ended.
 */
export async function endAttempts(
  deps: AttemptDeps,
  tx: Tx,
  { attempts, still }: { attempts: readonly Attempt[]; still?: () => Promise<ReadonlySet<string>> },
): Promise<ReadonlySet<string>> {
  if (attempts.length === 0) return new Set()
  const states = new Map(
    (
      await deps.planner.lock(
        tx,
        attempts.map(({ lease }) => lease),
      )
    ).map((state) => [state.task_id, state]),
  )
  const stillValidIds = await still?.()
  const attemptsToEnd = attempts.filter(({ lease }) => stillValidIds?.has(lease.run_id) ?? true)
  if (attemptsToEnd.length === 0) return new Set()
  attemptKillPoint(tx)
  const endedRunIds = new Set(await workerStore.end(tx, attemptsToEnd.map(endedRunOf)))
  const endedAttempts = attemptsToEnd.filter(({ lease }) => endedRunIds.has(lease.run_id))
  const tasks = new Map(
    (
      await deps.planner.tasks(
        tx,
        endedAttempts.map(({ lease }) => lease),
      )
    ).map((task) => [task.task_id, task]),
  )
  const outcomes = endedAttempts.flatMap(({ lease, unfinished }) => {
    const state = states.get(lease.task_id)
    const task = tasks.get(lease.task_id)
    if (!state || !task || state.status !== 'running') return []
    return [afterAttempt(lease, { ...state, attempts_max: task.attempts_max }, unfinished)]
  })
  const returnedTaskIds = new Set(outcomes.flatMap(({ to, task_id }) => (to === 'ready' ? [task_id] : [])))
  for (const { lease, unfinished } of endedAttempts) {
    const events = eventsOf(lease, unfinished, returnedTaskIds.has(lease.task_id))
    if (events.length > 0) deps.journal.record(tx, lease.organization_id, events)
  }
  await deps.planner.settle(tx, outcomes)
  await settleBudgets(deps.budgets, tx, endedAttempts)
  return endedRunIds
}

/** Failed and returned attempts used nothing unless they say so; lost ones may have used their whole hold. */
async function settleBudgets(budgets: BudgetsPort, tx: Tx, attempts: readonly Attempt[]): Promise<void> {
  const chargedAttempts = attempts.filter(({ unfinished, usage }) => unfinished.how === 'lost' || isCharged(usage))
  const unchargedAttempts = attempts.filter((attempt) => !chargedAttempts.includes(attempt))
  if (chargedAttempts.length > 0)
    await budgets.settle(
      tx,
      chargedAttempts.map(({ lease, usage }) => ({ ...lease, usage: knownOf(usage) })),
    )
  if (unchargedAttempts.length > 0)
    await budgets.release(
      tx,
      unchargedAttempts.map(({ lease }) => lease),
    )
}

const knownOf = (usage: Attempt['usage']): Usage | undefined => (usage === 'unknown' ? undefined : usage)
const isCharged = (usage: Attempt['usage']): boolean => usage === 'unknown' || (usage !== undefined && !usage.metered)

function endedRunOf({ lease, unfinished, usage }: Attempt): EndedRun {
  const { organization_id, run_id, token } = lease
  const error = unfinished.how === 'failed' ? { code: unfinished.code, message: unfinished.message } : undefined
  return { organization_id, run_id, token, status: unfinished.how, usage: knownOf(usage), error }
}

/** A final failure has the event of the task's end. */
function eventsOf(lease: LeaseRow, unfinished: UnfinishedAttempt, isReturned: boolean): NewEvent[] {
  const { project_id, goal_id, task_id, run_id } = lease
  const subject = {
    actor: { kind: 'system', id: 'worker' } as const,
    project_id,
    goal_id: goal_id ?? undefined,
    task_id,
    run_id,
  }
  if (unfinished.how === 'lost') return [{ type: 'task.lease_lost', ...subject }]
  if (!isReturned) return []
  const data = unfinished.how === 'failed' ? { reason: unfinished.code } : { reason: 'given_back' }
  return [{ type: 'task.returned', ...subject, data }]
}
