import { limits } from '@muster/contract/limits'
import { cutText } from '@muster/contract/texts/graphemes'
import type { EngineTx } from '../../../platform/db/db.ts'
import { MusterError } from '../../../platform/errors.ts'
import type { JobRef, LeasedJob } from '../../../platform/jobs/job-kind.ts'
import { jobQueue } from '../../../platform/jobs/job-queue.ts'
import { createJobWorker, type JobWorker, type JobWorkerDeps } from '../../../platform/jobs/job-worker.ts'
import { storable } from '../../../platform/text/storable.ts'
import type { RunResult } from '../../worker/worker.port.ts'
import type { Rubric, RubricScore } from '../rules/rubrics.rules.ts'
import { scoresStore } from '../scores.store.ts'
import { judgePrompts } from './prompts.ts'
import { recordedResult } from './review.ts'
import { rubricsFor } from './rubrics-for.ts'
import { type ScoreJob, scoreJobs } from './score-jobs.ts'
import { type ScoreResultDeps, scoreResult } from './score-result.ts'
import type { JudgeDeps } from './settle.ts'

export interface ScoreDeps extends JudgeDeps, JobWorkerDeps, ScoreResultDeps {}

/** Builds what scores results that wait for rubrics, several at once, and puts them before the judge. */
export function scoreWorker(deps: ScoreDeps): JobWorker {
  return createJobWorker(deps, scoreJobs, {
    run: (scoreJob, signal) => scoreOne(deps, scoreJob, signal),
    giveUp: (tx, { job, error, bury }) =>
      leaveToPeople(deps, tx, { scoreJob: job, rows: error instanceof NotScored ? error.rows : undefined, bury }),
  })
}

type LeasedScoreJob = LeasedJob<ScoreJob>

/** An attempt that failed after the rubrics were known, with what is kept where it was the last one. */
class NotScored extends Error {
  override readonly name = 'NotScored'
  readonly rows: readonly ScoreRow[]

  constructor(rows: readonly ScoreRow[], cause: unknown) {
    super(cause instanceof Error ? cause.message : String(cause), { cause })
    this.rows = rows
  }
}

async function scoreOne(deps: ScoreDeps, scoreJob: LeasedScoreJob, signal: AbortSignal): Promise<void> {
  const work = await deps.engine.transact((tx) => workOf(deps, tx, scoreJob))
  if (!work) return
  const { result, rubrics } = work
  const outcomes = await Promise.allSettled(
    rubrics.map((rubric) => scoreResult(deps, { scoreJob, result, rubric, signal })),
  )
  const rows = rubrics.map((rubric, index) => rowOf(rubric, result, outcomes[index]))
  const failedOutcome = outcomes.find((outcome) => outcome.status === 'rejected')
  if (failedOutcome) throw new NotScored(rows, failedOutcome.reason)
  await deps.engine
    .transact(async (tx) => {
      if (!(await jobQueue.complete(tx, scoreJobs, scoreJob))) return
      const { organization_id, key: run_id, payload: subject } = scoreJob
      await putBeforeJudge(deps, tx, { organization_id, run_id, subject, rows })
    })
    .catch((error: unknown) => {
      throw new NotScored(unscoredRows(work), error)
    })
}

/**
 * A result that could not be scored is judged with what scores there are; without one a person is asked. What it was is
 * read from its run, since the payload of the job may be what is wrong.
 */
async function leaveToPeople(
  deps: ScoreDeps,
  tx: EngineTx,
  {
    scoreJob,
    rows,
    bury,
  }: {
    readonly scoreJob: JobRef
    readonly rows: readonly ScoreRow[] | undefined
    readonly bury: () => Promise<boolean>
  },
): Promise<void> {
  if (!(await bury())) return
  const { organization_id, key: run_id } = scoreJob
  const run = await deps.worker.result(tx, organization_id, run_id)
  if (!run) return
  const { task_id, project_id, goal_id } = run
  const scores = rows ?? unscoredRows(await resultAndRubrics(deps, tx, { organization_id, run_id, project_id }))
  await putBeforeJudge(deps, tx, { organization_id, run_id, subject: { task_id, project_id, goal_id }, rows: scores })
}

async function putBeforeJudge(
  { worker }: ScoreDeps,
  tx: EngineTx,
  { organization_id, run_id, subject, rows }: UnjudgedResult,
): Promise<void> {
  await scoresStore.put(tx, { organization_id, run_id }, rows)
  await worker.enqueueReviews(tx, [{ organization_id, run_id, ...subject }])
}

interface UnjudgedResult {
  readonly organization_id: string
  readonly run_id: string
  readonly subject: ScoreJob
  readonly rows: readonly ScoreRow[]
}

interface Work {
  readonly result: RunResult
  readonly rubrics: readonly Rubric[]
}

/** The result and its rubrics; undefined where it does not wait for scores any more, and then its job is ended. */
async function workOf(deps: ScoreDeps, tx: EngineTx, scoreJob: LeasedScoreJob): Promise<Work | undefined> {
  const { organization_id, key: run_id } = scoreJob
  const { task_id, project_id, goal_id } = scoreJob.payload
  const [state] = await deps.planner.lock(tx, [{ organization_id, task_id, project_id, goal_id }])
  if (state?.status !== 'in_review') {
    await jobQueue.complete(tx, scoreJobs, scoreJob)
    return undefined
  }
  return resultAndRubrics(deps, tx, { organization_id, run_id, project_id })
}

async function resultAndRubrics(
  deps: ScoreDeps,
  tx: EngineTx,
  { organization_id, run_id, project_id }: Record<'organization_id' | 'run_id' | 'project_id', string>,
): Promise<Work> {
  const result = await recordedResult(deps, tx, { organization_id, run_id })
  const { policy } = await deps.projects.inForce(tx, { organization_id, project_id })
  return { result, rubrics: rubricsFor(policy, result) }
}

type ScoreRow = ReturnType<typeof rowOf>

const unscoredRows = ({ rubrics, result }: Work) => rubrics.map((rubric) => rowOf(rubric, result, undefined))

const rowOf = (rubric: Rubric, result: RunResult, outcome: Parameters<typeof scoreOf>[1]) => ({
  ...scoreOf(rubric, outcome),
  output_sha256: result.output_sha256,
  model: rubric.model,
  prompts: judgePrompts.hash,
})

function scoreOf(
  { name: rubric }: Rubric,
  outcome: PromiseSettledResult<Omit<RubricScore, 'rubric'>> | undefined,
): RubricScore {
  if (outcome?.status === 'fulfilled') return { rubric, ...outcome.value }
  const error: unknown = outcome?.reason
  const reasoning = error instanceof MusterError ? `${error.code}: ${error.message}` : 'it could not be scored'
  return { rubric, score: null, reasoning: cutText(storable(reasoning), limits.reason_bytes_max) }
}
