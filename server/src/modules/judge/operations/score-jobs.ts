import { z } from 'zod'
import type { Tx } from '../../../platform/db/db.ts'
import { fragment } from '../../../platform/db/sql.ts'
import type { JobKind } from '../../../platform/jobs/job-kind.ts'
import { jobQueue } from '../../../platform/jobs/job-queue.ts'

const second_ms = 1000

/** What it holds beside its run, whose id is the key of the job. */
const scoreJob = z.object({ task_id: z.string(), project_id: z.string(), goal_id: z.string().nullable() })
export type ScoreJob = z.output<typeof scoreJob>

/** Results that a model is to score by rubrics before they are judged. Not while their project is under an emergency stop. */
export const scoreJobs: JobKind<ScoreJob> = {
  name: 'judge.scores',
  payload: scoreJob,
  lease_ms: 60 * second_ms,
  at_once_max: 16,
  attempts_max: 3,
  backoff_ms: [5 * second_ms, 20 * second_ms],
  may_run: fragment`not exists (select from projects_gate_v v where v.organization_id = j.organization_id
    and v.project_id = j.project_id and v.stopped)`,
}

/** Puts recorded results into the queue of those that wait for scores. */
export function putScoreJobs(
  tx: Tx,
  runs: readonly (ScoreJob & { readonly organization_id: string; readonly run_id: string })[],
): Promise<void> {
  return jobQueue.put(
    tx,
    scoreJobs,
    runs.map(({ organization_id, run_id, task_id, project_id, goal_id }) => ({
      ...{ organization_id, key: run_id, project_id },
      payload: { task_id, project_id, goal_id },
    })),
  )
}
