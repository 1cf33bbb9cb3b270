/** The bounded function that compiles a policy's patterns with RE2: there may be many, and large ones. */

import { patternProblem, patternSize } from '../../platform/json/user-patterns.ts'
import { boundedFunction } from '../../platform/threads/bounded-function.ts'
import type { PolicyPattern } from './projects.rules.ts'

const compile_ms_per_instruction = 0.04

/** The first pattern that cannot be used, and why; null where all can. */
export const firstPatternProblem = boundedFunction({
  name: 'projects.patterns',
  subject: 'Reading the patterns of the policy',
  remedy: 'Use fewer or shorter patterns.',
  time_ms: 5000,
  estimateMs: (places: readonly PolicyPattern[]) =>
    places.reduce((sum, { pattern }) => sum + patternSize(pattern) * compile_ms_per_instruction, 0),
  run(places): { readonly field: string; readonly problem: string } | null {
    for (const { pattern, field } of places) {
      const problem = patternProblem(pattern)
      if (problem !== null) return { field, problem }
    }
    return null
  },
})
