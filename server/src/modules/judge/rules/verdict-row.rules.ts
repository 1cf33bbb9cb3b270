/** Turns a verdict into its row: pure. */
import type { Item, VerdictRow } from '../judge.types.ts'

/** The row of a verdict. */
export function verdictRowOf({ result, verdict, verdict_id, state }: Item): VerdictRow {
  const { organization_id, run_id, task_id, project_id } = result.run
  const { quality, confidence, checks, violations, topics, route } = verdict
  return {
    organization_id,
    id: verdict_id,
    run_id,
    task_id,
    project_id,
    quality,
    confidence,
    route_to: route.to,
    route_row: route.row,
    policy_version: state.policy_version,
    output_sha256: result.output_sha256,
    findings: JSON.stringify({ checks, violations, topics, reason: route.reason }),
  }
}
