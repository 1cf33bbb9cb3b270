export const plannerErrors = {
  plan_invalid: {
    status: 422,
    meaning:
      'The plan cannot be carried out: a cycle, an unknown key, too deep or too wide, a schema that is none, at the path in detail.',
  },
  unknown_kind: { status: 422, meaning: 'No module of this server does tasks of this kind.' },
  wrong_kind: { status: 409, meaning: 'What was asked is done with another kind of task than this one.' },
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
