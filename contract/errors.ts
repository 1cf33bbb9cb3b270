import { z } from 'zod'
import { agentsErrors } from './agents/errors.ts'
import { approvalsErrors, movedFact } from './approvals/errors.ts'
import { artifactsErrors } from './artifacts/errors.ts'
import { budgetsErrors } from './budgets/errors.ts'
import { gatewayErrors } from './gateway/errors.ts'
import { identityErrors } from './identity/errors.ts'
import { merge } from './merge.ts'
import { plannerErrors } from './planner/errors.ts'
import { platformErrors } from './platform/errors.ts'
import { projectsErrors } from './projects/errors.ts'
import { stateErrors } from './state/errors.ts'
import { workerErrors } from './worker/errors.ts'

interface ErrorRow {
  readonly status: number
  readonly meaning: string
}

/** In the order of the modules; what belongs to none comes last. */
export const errorsByModule = {
  identity: identityErrors,
  projects: projectsErrors,
  artifacts: artifactsErrors,
  state: stateErrors,
  budgets: budgetsErrors,
  approvals: approvalsErrors,
  gateway: gatewayErrors,
  agents: agentsErrors,
  planner: plannerErrors,
  worker: workerErrors,
  platform: platformErrors,
} as const satisfies Readonly<Record<string, Readonly<Record<string, ErrorRow>>>>

/** Every expected failure: its stable code, its HTTP status, and what it means in one sentence. */
export const errorTable = merge(errorsByModule)

export type ErrorCode = keyof typeof errorTable

const codes = Object.keys(errorTable) as [ErrorCode, ...ErrorCode[]]

/** The codes as a schema, for those who read answers. */
export const errorCode = z.enum(codes)

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
