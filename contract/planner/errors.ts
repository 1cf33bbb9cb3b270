/** The errors of the planner, by their codes. */
export const plannerErrors = {
  plan_invalid: {
    status: 422,
    meaning:
      'The plan is invalid at the path in detail: a cycle, an unknown key, too deep, too wide, or an invalid schema.',
  },
  unknown_kind: { status: 422, meaning: 'This server does not support tasks of this kind.' },
  wrong_kind: { status: 409, meaning: 'The operation does not apply to tasks of this kind.' },
} as const

/** What is wrong with a plan, in `detail.problem` of `plan_invalid`. */
export const planProblems = [
  'cycle',
  'unknown_key',
  'duplicate_key',
  'too_deep',
  'too_wide',
  'reference',
  'output_schema',
] as const
export type PlanProblem = (typeof planProblems)[number]
