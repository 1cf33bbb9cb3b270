import { firstPatternProblem } from './policy-patterns.ts'

/** What the module lets the threads evaluate. */
export const projectFunctions = [firstPatternProblem] as const
