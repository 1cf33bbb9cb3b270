import { plannerEvaluations } from './evaluation/evaluations.ts'

/** What the module lets the threads evaluate. */
export const plannerFunctions = [...plannerEvaluations] as const
