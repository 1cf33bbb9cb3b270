import type { ErrorShape } from '@muster/contract/operation'
import { type Failure, failureText } from './envelope.ts'

/** A refusal as it is sent: in our envelope, or in the shape of another API. */
export interface FailureReply {
  readonly status: number
  readonly text: string
  readonly headers: Readonly<Record<string, string>>
}

/**
 * Writes a refusal in the shape of its operation's clients. OpenAI's and Anthropic's have no 422: a schema error is 400
 * there. Their clients retry 409 and 5xx by themselves; the gateway has retried already, and says so.
 */
export function writtenFailure(failure: Failure, request_id: string, shape: ErrorShape): FailureReply {
  if (shape === 'envelope') return { status: failure.status, text: failureText(failure, request_id), headers: {} }
  const status = failure.status === 422 ? 400 : failure.status
  const headers = isFinal(status) ? { 'x-should-retry': 'false' } : {}
  return { status, text: JSON.stringify(bodies[shape](failure, request_id)), headers }
}

/** The shape for a path without an operation: that of the API which the path belongs to. */
export function shapeOfPath(url: string): ErrorShape {
  if (/^\/v1\/messages(?:[/?]|$)/.test(url)) return 'anthropic'
  return /^\/v1(?:[/?]|$)/.test(url) ? 'openai' : 'envelope'
}

const isFinal = (status: number): boolean => status === 402 || status === 409 || status === 502 || status === 504

const bodies = {
  openai: ({ status, code, message, detail }: Failure) => ({
    error: { message, type: openaiTypes[status] ?? openaiType(status), param: detail.field ?? null, code },
  }),
  anthropic: ({ status, message }: Failure, request_id: string) => ({
    type: 'error',
    error: { type: anthropicTypes[status] ?? anthropicType(status), message },
    request_id,
  }),
} as const

const openaiTypes: Readonly<Record<number, string>> = {
  401: 'authentication_error',
  402: 'insufficient_quota',
  403: 'permission_error',
  429: 'rate_limit_error',
}
const openaiType = (status: number): string => (status >= 500 ? 'server_error' : 'invalid_request_error')

const anthropicTypes: Readonly<Record<number, string>> = {
  401: 'authentication_error',
  402: 'billing_error',
  403: 'permission_error',
  404: 'not_found_error',
  413: 'request_too_large',
  429: 'rate_limit_error',
  503: 'overloaded_error',
  504: 'timeout_error',
}
const anthropicType = (status: number): string => (status >= 500 ? 'api_error' : 'invalid_request_error')
