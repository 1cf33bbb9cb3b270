import type { ErrorCode, ErrorDetail } from '@muster/contract/errors'

/** Codes that no server sends: it could not be reached, or what answered does not speak this API. */
export type ClientErrorCode = ErrorCode | 'unreachable' | 'protocol'

/** Every failure of a call. `code` is stable; `status` is 0 where no answer came. */
export class MusterError extends Error {
  readonly code: ClientErrorCode
  readonly status: number
  readonly detail: ErrorDetail
  readonly request_id: string | null

  constructor(
    code: ClientErrorCode,
    message: string,
    more: { status?: number; detail?: ErrorDetail; request_id?: string | null; cause?: unknown } = {},
  ) {
    super(message, more.cause === undefined ? undefined : { cause: more.cause })
    this.name = 'MusterError'
    this.code = code
    this.status = more.status ?? 0
    this.detail = more.detail ?? {}
    this.request_id = more.request_id ?? null
  }
}

/** Whether coming again later may help, whatever was asked. */
export function isTransient(error: unknown): boolean {
  if (!(error instanceof MusterError)) return false
  return error.code === 'unreachable' || error.status === 429 || error.status >= 500
}
