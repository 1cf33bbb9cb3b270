import { z } from 'zod'
import { fragment } from '../../../../platform/db/sql.ts'
import type { JobKind } from '../../../../platform/jobs/job-kind.ts'

const second_ms = 1000

/** What a request holds beside its goal, whose id is the key of the job. */
const planRequest = z.object({
  model: z.string(),
  /** Whether the goal starts as soon as it is planned. */
  starts: z.boolean(),
  /** Why a new plan is needed; null for the first. */
  reason: z.string().nullable(),
})
export type PlanRequest = z.output<typeof planRequest>

/** Goals that a model is to plan, or to plan anew: gone once their plan stands. Not while their project is paused or stopped. */
export const planRequests: JobKind<PlanRequest> = {
  name: 'planner.plan_requests',
  payload: planRequest,
  lease_ms: 60 * second_ms,
  at_once_max: 8,
  attempts_max: 3,
  backoff_ms: [5 * second_ms, 20 * second_ms],
  may_run: fragment`not exists (select from projects_gate_v v where v.organization_id = j.organization_id
    and v.project_id = j.project_id and (v.status <> 'active' or v.stopped))`,
}
