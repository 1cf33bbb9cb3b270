/** What a model made of the output by a rubric, beside the rules and never instead of them. */
import type { Check } from './checks.types.ts'

/** In hundredths, since a check counts. */
const whole = 100

/** Nothing is checked where there is no score: whether one is missing that should be there, routing sees by itself. */
export const rubric: Check = ({ params, scores }) => {
  const found = scores.get(String(params.name))
  if (found?.score === undefined || found.score === null) return { failed: 0, of: 0, evidence: [] }
  const failed = Math.round((1 - Math.min(1, Math.max(0, found.score))) * whole)
  return { failed, of: whole, evidence: [], message: `${String(params.name)}: ${found.reasoning}` }
}
