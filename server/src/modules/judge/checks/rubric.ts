/** The check `rubric`: a model's score of the output. It never outweighs the other checks. */
import type { Check } from './checks.types.ts'

/** Scores count in hundredths, since a check counts failures. */
const whole = 100

/** Without a score nothing is checked: routing itself sees a missing score. */
export const rubric: Check = ({ params, scores }) => {
  const rubricScore = scores.get(String(params.name))
  if (rubricScore?.score === undefined || rubricScore.score === null) return { failed: 0, of: 0, evidence: [] }
  const failed = Math.round((1 - Math.min(1, Math.max(0, rubricScore.score))) * whole)
  return { failed, of: whole, evidence: [], message: `${String(params.name)}: ${rubricScore.reasoning}` }
}
