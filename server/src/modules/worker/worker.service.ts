import { limits } from '@muster/contract/limits'
import { createBatcher } from '../../platform/concurrency/batcher.ts'
import type { Engine, EngineTx, Tx } from '../../platform/db/db.ts'
import { isCommonFailure } from '../../platform/db/failures.ts'
import type { Log } from '../../platform/log.ts'
import type { Extensions } from '../../platform/module/extension-point.ts'
import { withOutsideWork } from '../../platform/threads/outside-work.ts'
import type { ScopedTaskRef } from '../planner/planner.port.ts'
import { type AskDeps, askPerson, type RunQuestion } from './operations/ask.ts'
import { type ClaimDeps, type ClaimedAssignment, type ClaimOptions, claim } from './operations/claim.ts'
import { claimRounds } from './operations/claim-rounds.ts'
import { type Attempt, endAttempts } from './operations/end-attempts.ts'
import { leaseStore } from './store/lease.store.ts'
import { type Candidate, workerStore } from './store/worker.store.ts'
import { resultJudges } from './worker.extensions.ts'
import type { EndedRun, RunResult, SettleOutcome, WorkerPort } from './worker.port.ts'

export interface WorkerDeps extends ClaimDeps, AskDeps {
  readonly engine: Engine
  readonly log: Pick<Log, 'error'>
  readonly extensions: Extensions
  /** Called after the commit with the runs that were ended from above, so that running code can be stopped. */
  onStopped(run_ids: readonly string[]): void
}

export interface Worker extends WorkerPort {
  claim(options: ClaimOptions): Promise<ClaimedAssignment[]>
  /** Settles a result; it is written in a batch with others that arrive meanwhile. */
  settle(result: RunResult): Promise<SettleOutcome>
  /** Ends attempts without a result. Returns the ids of the runs it ended. */
  endAttempts(attempts: readonly Attempt[]): Promise<ReadonlySet<string>>
  /** Gives the lease back and puts the run's question to people; gives the id of the approval. */
  ask(question: RunQuestion): Promise<string>
  /**
   * Ends leases without a heartbeat, those under an emergency stop, and those past their deadline; returns how many.
   */
  sweep(deadProcessIds: readonly string[]): Promise<number>
  /** Ends the live runs of tasks, whose locks the caller holds. */
  stop(tx: Tx, tasks: readonly ScopedTaskRef[]): Promise<void>
}

const sweep_max = 200
const grace_ms = 1000

export function createWorker(deps: WorkerDeps): Worker {
  const batcher = createBatcher<RunResult, SettleOutcome>({
    items_max: limits.claim_max,
    isCommon: isCommonFailure,
    write: (results) =>
      deps.engine.transact(async (tx) => {
        const judge = deps.extensions.of(resultJudges).find(({ settle }) => settle !== undefined)
        return (await judge?.settle?.(tx, results)) ?? recordForReview(deps, tx, results)
      }, 'throw'),
  })

  const end = (attempts: readonly Attempt[]) => deps.engine.transact((tx) => endAttempts(deps, tx, { attempts }))

  return {
    stop: (tx, tasks) => stop(deps, tx, tasks),
    claim: (options) =>
      claimRounds(options, {
        look: (round) => deps.engine.transact((tx) => claim(deps, tx, round)),
        end,
        giveUp: (candidate, error) => giveUp(deps, candidate, error),
      }),
    // Long work for one result does not hold up the others.
    settle: (result) => withOutsideWork(() => batcher.add(result)),
    endAttempts: end,
    ask: (question) => deps.engine.transact((tx) => askPerson(deps, tx, question)),
    async sweep(deadProcessIds) {
      return (
        (await sweepLost(deps, deadProcessIds)) +
        (await sweepAttempts(deps, stoppedAttempts)) +
        (await sweepAttempts(deps, overdue))
      )
    },
    endRuns: async (tx, endedRuns) => new Set(await workerStore.end(tx, endedRuns)),
    keepOutputs: (tx, outputs) => workerStore.keepOutputs(tx, outputs),
    record: (tx, results) => record(deps, tx, results),
    async enqueueReviews(tx, runs) {
      await workerStore.enqueueReview(tx, runs)
      deps.announceReview(tx)
    },
    reviewsDueIn: (tx) => workerStore.reviewsDueIn(tx),
    takeReviews: (tx, max) => workerStore.takeReviews(tx, max),
    result: (tx, organization_id, run_id) => leaseStore.endedRun(tx, organization_id, run_id),
  }
}

/** Fails one task for a mistake of ours, which is logged and shown with the task. */
async function giveUp(deps: WorkerDeps, candidate: Candidate, err: unknown): Promise<void> {
  const { organization_id, task_id, project_id, goal_id } = candidate
  deps.log.error({ err, organization_id, task_id }, 'a task could not be handed out and has failed')
  const reason = 'internal: The task could not be assigned. See the server log.'
  await deps.engine.transact((tx) => deps.planner.giveUp(tx, { organization_id, task_id, project_id, goal_id }, reason))
}

function endedRunOf({
  run,
  output,
  output_sha256,
  artifact_ids,
  confidence,
  usage,
  completed_by,
}: RunResult): EndedRun {
  const { organization_id, run_id, token } = run
  return {
    organization_id,
    run_id,
    token,
    status: 'finished',
    completed_by,
    output,
    output_sha256,
    artifact_ids,
    confidence,
    usage,
  }
}

function scopedTaskRef({ organization_id, task_id, project_id, goal_id }: ScopedTaskRef): ScopedTaskRef {
  return { organization_id, task_id, project_id, goal_id }
}

function sweepLost(deps: WorkerDeps, deadProcessIds: readonly string[]): Promise<number> {
  return deps.engine.transact(async (tx) => {
    const leases = await leaseStore.lost(tx, deadProcessIds, sweep_max)
    const attempts = leases.map((lease): Attempt => ({ lease, unfinished: { how: 'lost' } }))
    const endedRunIds = await endAttempts(deps, tx, {
      attempts,
      still: () => leaseStore.stillLost(tx, leases, deadProcessIds),
    })
    tx.afterCommit(() => deps.onStopped([...endedRunIds]))
    return endedRunIds.size
  })
}

function sweepAttempts(deps: WorkerDeps, find: (tx: EngineTx) => Promise<readonly Attempt[]>): Promise<number> {
  return deps.engine.transact(async (tx) => {
    const endedRunIds = await endAttempts(deps, tx, { attempts: await find(tx) })
    tx.afterCommit(() => deps.onStopped([...endedRunIds]))
    return endedRunIds.size
  })
}

async function stoppedAttempts(tx: EngineTx): Promise<Attempt[]> {
  const leases = await leaseStore.stopped(tx, sweep_max)
  return leases.map(({ is_uncounted, ...lease }) => ({
    lease,
    unfinished: { how: 'given_back', reason: 'stopped' },
    usage: is_uncounted ? 'unknown' : undefined,
  }))
}

/** A short grace, so that a run's own report of its timeout comes first. */
async function overdue(tx: EngineTx): Promise<Attempt[]> {
  const leases = await leaseStore.overdue(tx, grace_ms, sweep_max)
  return leases.map(({ timeout_ms, is_uncounted, ...lease }) => ({
    lease,
    usage: is_uncounted ? 'unknown' : undefined,
    unfinished: { how: 'failed', retryable: true, code: 'timeout', message: `Timed out after ${timeout_ms} ms.` },
  }))
}

/** Records a result where no judge runs in this process: it waits in the review queue. */
async function recordForReview(
  deps: WorkerDeps,
  tx: EngineTx,
  results: readonly RunResult[],
): Promise<SettleOutcome[]> {
  const runs = results.map(({ run }) => run)
  const states = new Map((await deps.planner.lock(tx, runs)).map((state) => [state.task_id, state]))
  const runningResults = results.filter(({ run }) => states.get(run.task_id)?.status === 'running')
  const endedRunIds = await record(deps, tx, runningResults)
  await workerStore.enqueueReview(
    tx,
    runs.filter(({ run_id }) => endedRunIds.has(run_id)),
  )
  deps.announceReview(tx)
  // Comes last, since all claims and results of an organization lock these rows.
  await payRecorded(
    deps,
    tx,
    results.filter(({ run }) => endedRunIds.has(run.run_id)),
  )
  return results.map(({ run }) => (endedRunIds.has(run.run_id) ? 'recorded' : 'lease_lost'))
}

/** A run that has ended is charged now, whatever the verdict, unless the gateway has charged it. */
async function payRecorded({ budgets }: WorkerDeps, tx: EngineTx, results: readonly RunResult[]): Promise<void> {
  const meteredResults = results.filter(({ usage }) => usage?.metered)
  const others = results.filter(({ usage }) => !usage?.metered)
  if (meteredResults.length > 0)
    await budgets.release(
      tx,
      meteredResults.map(({ run }) => run),
    )
  if (others.length > 0)
    await budgets.settle(
      tx,
      others.map(({ run, usage }) => ({ ...run, usage })),
    )
}

async function record(deps: WorkerDeps, tx: EngineTx, results: readonly RunResult[]): Promise<ReadonlySet<string>> {
  const endedRunIds = new Set(await workerStore.end(tx, results.map(endedRunOf)))
  const endedResults = results.filter(({ run }) => endedRunIds.has(run.run_id))
  const move = { to: 'in_review', reason: null } as const
  await deps.planner.settle(
    tx,
    endedResults.map(({ run, completed_by: actor }) => ({ ...scopedTaskRef(run), run_id: run.run_id, actor, ...move })),
  )
  for (const { run, completed_by: actor } of endedResults) {
    const { project_id, task_id, run_id } = run
    const subject = { project_id, goal_id: run.goal_id ?? undefined, task_id, run_id }
    deps.journal.record(tx, run.organization_id, [{ type: 'task.reported', actor, ...subject }])
  }
  return endedRunIds
}

/** Ends the live runs of tasks that the planner ends. */
async function stop(deps: WorkerDeps, tx: Tx, tasks: readonly ScopedTaskRef[]): Promise<void> {
  const leases = await leaseStore.ofTasks(tx, tasks)
  if (leases.length === 0) return
  await workerStore.end(
    tx,
    leases.map(
      ({ organization_id, run_id, token }): EndedRun => ({ organization_id, run_id, token, status: 'cancelled' }),
    ),
  )
  await deps.budgets.settle(tx, leases)
  tx.afterCommit(() => deps.onStopped(leases.map(({ run_id }) => run_id)))
}
