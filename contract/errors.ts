import { z } from 'zod'

/** Every expected failure: its stable code, its HTTP status, and what it means in one sentence. */
export const errorTable = {
  unparseable: { status: 400, meaning: 'The request is not what its content type says it is, such as broken JSON.' },
  unauthenticated: { status: 401, meaning: 'No valid key came with the request.' },
  budget_exceeded: { status: 402, meaning: 'A budget that this would be charged to does not have enough left.' },
  forbidden: { status: 403, meaning: 'The key lacks the permission that the message names.' },
  own_work: { status: 403, meaning: 'Nobody decides about what they made themselves.' },
  not_found: { status: 404, meaning: 'There is no such thing, or it belongs to another organization.' },
  method_not_allowed: { status: 405, meaning: 'The path exists, but not with this method.' },
  lease_lost: { status: 409, meaning: 'The run is no longer held under this token; another may be doing the task.' },
  occ_conflict: { status: 409, meaning: 'A document that was read has moved, so nothing was written.' },
  approval_stale: { status: 409, meaning: 'What the approval was bound to has moved; it is asked again.' },
  approval_decided: { status: 409, meaning: 'The approval has been answered, has expired or was withdrawn.' },
  approval_required: { status: 409, meaning: 'A person has to approve this first.' },
  idempotency_in_flight: { status: 409, meaning: 'A request with the same idempotency key is still running.' },
  last_key: { status: 409, meaning: 'Without this key nobody could do what the message names, nor make a key for it.' },
  stopped: { status: 409, meaning: 'An emergency stop is in force.' },
  ended: { status: 409, meaning: 'It has ended, and ends are final.' },
  exists: { status: 409, meaning: 'Something with this name or key exists already.' },
  version_moved: { status: 412, meaning: 'The version named by If-Match is not the current one.' },
  too_large: { status: 413, meaning: 'The body or a file is larger than the limit.' },
  media_type: { status: 415, meaning: 'The content type is not one that this operation takes.' },
  range: { status: 416, meaning: 'The range lies outside the content.' },
  invalid: { status: 422, meaning: 'The request breaks the schema at the field that detail names.' },
  plan_invalid: {
    status: 422,
    meaning:
      'The plan cannot be carried out: a cycle, an unknown key, too deep or too wide, a schema that is none, at the path in detail.',
  },
  too_costly: {
    status: 422,
    meaning:
      'Evaluating what was sent, such as a condition, a schema or a pattern, takes more time or memory than it may.',
  },
  unknown_capability: { status: 422, meaning: 'No active agent of the organization has this capability.' },
  unknown_kind: { status: 422, meaning: 'This kind of task is not known here.' },
  effects_unavailable: { status: 422, meaning: 'A result proposes an effect, and effects are not available here.' },
  idempotency_mismatch: { status: 422, meaning: 'The idempotency key was used before with another body.' },
  rate_limited: { status: 429, meaning: 'Too many requests; detail says when to come again.' },
  artifact_damaged: {
    status: 500,
    meaning: 'The stored content is not what was stored: it was changed, shortened or lengthened on the disk.',
  },
  internal: { status: 500, meaning: 'A mistake of ours; the request id finds it in the log.' },
  provider_failed: {
    status: 502,
    meaning: 'No provider of the model could answer; detail says what happened at the last one.',
  },
  unavailable: { status: 503, meaning: 'Not ready or overloaded; come again after retry_after_ms.' },
  provider_timeout: { status: 504, meaning: 'No provider of the model answered in time.' },
} as const satisfies Record<string, { readonly status: number; readonly meaning: string }>

export type ErrorCode = keyof typeof errorTable

const codes = Object.keys(errorTable) as [ErrorCode, ...ErrorCode[]]

/** The codes as a schema, for those who read answers. */
export const errorCode = z.enum(codes)

/** What an approval was bound to and does not stand as it was shown any more. */
export const movedFact = z.object({
  what: z.enum(['read_set', 'policy', 'artifact']),
  document: z.string().optional().describe('With `read_set`.'),
  shown_version: z.number().optional().describe('Of the document or policy, as it was shown; 0: there was none.'),
  version: z.number().optional().describe('As it stands now; 0: there is none any more.'),
})
export type MovedFact = Readonly<z.output<typeof movedFact>>

/** What stands in `error.detail`. Besides these, `plan_invalid` gives `path` and `problem`, and `forbidden` gives `permission`. */
export const errorDetail = z.looseObject({
  field: z.string().optional(),
  value: z.unknown().optional(),
  limit: z.number().optional(),
  retry_after_ms: z.number().optional(),
  remedy: z.string().optional(),
  moved: z.array(movedFact).optional().describe('With `approval_stale`: what moved since it was shown.'),
})
export type ErrorDetail = Readonly<z.output<typeof errorDetail>>

export const errorBody = z.object({
  code: errorCode,
  message: z.string(),
  detail: errorDetail,
  request_id: z.string(),
})
export type ErrorBody = Readonly<z.output<typeof errorBody>>

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

/** Exit codes of the command line. */
export const exitCodes = { done: 0, failed: 1, usage: 2, person_needed: 3, unreachable: 4, refused: 5 } as const
export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes]
