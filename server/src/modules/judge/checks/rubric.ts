/** The check `rubric`: a model's score of the output. It never outweighs the other checks. */
import type { Check } from './checks.types.ts'

/** Scores count in hundredths, since a check counts failures. */
const whole = 100

/** Without a score nothing is checked: routing itself sees a missing score. */
export const rubric: Check = ({ params, scores }) => {
  const found = scores.get(String(params.name))
  if (found?.score === undefined || found.score === null) return { failed: 0, of: 0, evidence: [] }
  const failed = Math.round((1 - Math.min(1, Math.max(0, found.score))) * whole)
  return { failed, of: whole, evidence: [], message: `${String(params.name)}: ${found.reasoning}` }
}
