import { limits } from '@muster/contract/limits'
import type { EngineTx, Tx } from '../../../platform/db/db.ts'
import { MusterError, notFound } from '../../../platform/errors.ts'
import { newId } from '../../../platform/ids.ts'
import type { RunRef, RunResult } from '../../worker/worker.port.ts'
import type { Item } from '../judge.types.ts'
import { scoresStore } from '../scores.store.ts'
import { isStopped, resultOf } from './approved.ts'
import { rubricsFor } from './rubrics-for.ts'
import { putScoreJobs } from './score-jobs.ts'
import { type JudgeDeps, write } from './settle.ts'

/** Judges recorded results of the review queue, oldest first. Returns how many it took. */
export async function reviewWaiting(deps: JudgeDeps, tx: EngineTx): Promise<number> {
  const refs = await deps.worker.takeReviews(tx, limits.claim_max)
  if (refs.length > 0)
    await reviewResults(deps, tx, await withoutUnscored(deps, tx, await recordedResults(deps, tx, refs)))
  return refs.length
}

/** Results of a process without a judge are not scored yet: they come back when their scores are there. */
async function withoutUnscored(deps: JudgeDeps, tx: EngineTx, results: readonly RunResult[]): Promise<RunResult[]> {
  const ready: RunResult[] = []
  for (const result of results) {
    const { run } = result
    const { policy } = await deps.projects.inForce(tx, run)
    const names = rubricsFor(policy, result).map(({ name }) => name)
    const isScored = names.length === 0 || (await scoresStore.wasScored(tx, run, names))
    if (isScored) ready.push(result)
    else await putScoreJobs(tx, [run])
  }
  return ready
}

/** Judges recorded results now. */
export async function reviewAll(deps: JudgeDeps, tx: Tx, refs: readonly RunRef[]): Promise<void> {
  await reviewResults(deps, tx, await recordedResults(deps, tx, refs))
}

async function recordedResults(deps: JudgeDeps, tx: Tx, refs: readonly RunRef[]): Promise<readonly RunResult[]> {
  const results: RunResult[] = []
  for (const ref of refs) results.push(await recordedResult(deps, tx, ref))
  return results
}

/** Locks all in one order and writes them together. Results that are not in review any more are skipped. */
async function reviewResults(deps: JudgeDeps, tx: Tx, resultsToReview: readonly RunResult[]): Promise<void> {
  const results = new Map(resultsToReview.map((result) => [result.task.task_id, result]))
  const judgedItems: Item[] = []
  for (const state of await deps.planner.lock(
    tx,
    [...results.values()].map(({ task }) => task),
  )) {
    const result = results.get(state.task_id)
    if (!result || state.status !== 'in_review') continue
    if (state.stopped || (await isStopped(deps, tx, result.run)))
      throw new MusterError('stopped', 'An emergency stop is active; results are not reviewed.', {
        value: state.project_id,
      })
    const policy = await deps.projects.policy(tx, state, state.policy_version)
    const verdict = await deps.examine(tx, { result, state, policy })
    judgedItems.push({ result, state, policy, verdict, verdict_id: newId() })
  }
  if (judgedItems.length > 0) await write(deps, tx, { judgedItems, judging: 'reported' })
}

/** @throws not_found where the run is unknown or has no result */
export async function recordedResult(deps: JudgeDeps, tx: Tx, { organization_id, run_id }: RunRef): Promise<RunResult> {
  const run = await deps.worker.result(tx, organization_id, run_id)
  if (run?.status !== 'finished' || run.output === null) throw notFound('recorded result of the run', run_id)
  const [task] = await deps.planner.tasks(tx, [{ organization_id, task_id: run.task_id }])
  if (!task) throw notFound('task', run.task_id)
  return resultOf(run, task)
}
