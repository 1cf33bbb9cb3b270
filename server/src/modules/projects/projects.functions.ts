import { policyPatterns } from './policy-patterns.ts'

/** What the module lets the threads evaluate. */
export const projectFunctions = [policyPatterns] as const
