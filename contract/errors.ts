import { z } from 'zod'
import { movedFact } from './approvals/errors.ts'
import { errorsByModule } from './gathered/errors.ts'
import { merge } from './platform/merge.ts'
import { keysOf } from './platform/objects.ts'

interface ErrorRow {
  readonly status: number
  readonly meaning: string
  /** The same may succeed later, without anybody changing it. */
  readonly retryable?: true
  /** The installation is to blame, not what was asked or what an organization has set up. */
  readonly operational?: true
}

/** Every expected failure: its stable code, its HTTP status, and what it means in one sentence. */
export const errorTable = merge(errorsByModule satisfies Readonly<Record<string, Readonly<Record<string, ErrorRow>>>>)

export type ErrorCode = keyof typeof errorTable

/** Whether the same may succeed later: for what tries again by itself, such as runs of models and background jobs. */
export function isRetryableCode(code: ErrorCode): boolean {
  const row: ErrorRow = errorTable[code]
  return row.retryable === true
}

/** Whether the installation is to blame: for health, which speaks to its operator. */
export function isOperationalCode(code: ErrorCode): boolean {
  const row: ErrorRow = errorTable[code]
  return row.operational === true
}

/** The codes as a schema, for those who read answers. */
export const errorCode = z.enum(keysOf(errorTable))

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

/** The `error` of an answer that failed. */
export const errorBody = z.object({
  code: errorCode,
  message: z.string(),
  detail: errorDetail,
  request_id: z.string(),
})
export type ErrorBody = Readonly<z.output<typeof errorBody>>
