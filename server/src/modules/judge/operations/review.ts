import { limits } from '@muster/contract/limits'
import type { EngineTx, Tx } from '../../../platform/db/db.ts'
import { MusterError, notFound } from '../../../platform/errors.ts'
import { newId } from '../../../platform/ids.ts'
import type { RunRef, RunResult } from '../../worker/worker.port.ts'
import type { Item } from '../judge.types.ts'
import { resultOf } from './approved.ts'
import { type JudgeParts, write } from './settle.ts'

/** Judges recorded results that wait in the review queue, oldest first. Says how many it took. */
export async function reviewWaiting(parts: JudgeParts, tx: EngineTx): Promise<number> {
  const refs = await parts.worker.takeReviews(tx, limits.claim_max)
  for (const ref of refs) await reviewOne(parts, tx, ref)
  return refs.length
}

/** Judges one recorded result now. What is not in review any more is left alone. */
export async function reviewOne(parts: JudgeParts, tx: Tx, ref: RunRef): Promise<Item | undefined> {
  const result = await recordedResult(parts, tx, ref)
  const [state] = await parts.planner.lock(tx, [result.task])
  if (!state || state.status !== 'in_review') return undefined
  if (state.stopped) throw new MusterError('stopped', 'An emergency stop is in force; nothing is judged.', { value: state.project_id })
  const policy = await parts.projects.policy(tx, state, state.policy_version)
  const verdict = await parts.examine(tx, { result, state, policy })
  const item: Item = { result, state, policy, verdict, verdict_id: newId() }
  await write(parts, tx, [item])
  return item
}

/** @throws not_found where the run is unknown or has no result */
export async function recordedResult(parts: JudgeParts, tx: Tx, { organization_id, run_id }: RunRef): Promise<RunResult> {
  const run = await parts.worker.result(tx, organization_id, run_id)
  if (!run || run.status !== 'finished' || run.output === null) throw notFound('recorded result of the run', run_id)
  const [task] = await parts.planner.tasks(tx, [{ organization_id, task_id: run.task_id }])
  if (!task) throw notFound('task', run.task_id)
  return resultOf(run, task)
}
