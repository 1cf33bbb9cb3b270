/** Turns stored verdicts into the contract's: pure. */
import type { ShownVerdict } from '../../worker/worker.port.ts'
import type { Verdict } from '../judge.rules.ts'
import type { StoredVerdict } from '../judge.types.ts'

/** A verdict as it was recorded. */
export function presentStored(storedVerdict: StoredVerdict): ShownVerdict {
  const { id, run_id, task_id, quality, confidence, route_to, route_row, policy_version, output_sha256, findings, at } =
    storedVerdict
  const { checks, violations, topics, reason } = findings
  const verdict = {
    quality,
    confidence,
    calibrated: false as const,
    checks,
    violations,
    topics,
    route: { to: route_to, row: route_row, reason },
  }
  return { id, run_id, task_id, at, ...present(verdict, { policy_version, sha256: output_sha256 }) }
}

interface VerdictFields extends Omit<Verdict, 'route'> {
  readonly route: { readonly to: Verdict['route']['to']; readonly row: number; readonly reason: string }
}

export function present(
  verdict: VerdictFields,
  boundVersions: { readonly policy_version: number; readonly sha256: string },
) {
  const { quality, confidence, calibrated, checks, violations, topics, route } = verdict
  const { to, row, reason } = route
  return { quality, confidence, calibrated, checks, violations, topics, route: { to, row, reason }, ...boundVersions }
}
