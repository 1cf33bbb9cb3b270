/** Errors that providers send instead of an answer, or in the middle of one. */
import type { JsonObject } from '@muster/contract/values'
import { ProviderFailure } from '../gateway.types.ts'
import { outcomeOfStatus } from '../rules/failures.ts'
import { isObject, list, object } from '../rules/usage.ts'
import type { Answer } from './conversation.ts'

/** The names that vendors give to what a status says. */
const statuses: Readonly<Record<string, number>> = {
  rate_limit_error: 429,
  rate_limit_exceeded: 429,
  insufficient_quota: 429,
  resource_exhausted: 429,
  overloaded_error: 503,
  unavailable: 503,
  api_error: 500,
  server_error: 500,
  internal: 500,
  timeout_error: 504,
  authentication_error: 401,
  invalid_api_key: 401,
  unauthenticated: 401,
  permission_error: 403,
  permission_denied: 403,
  invalid_request_error: 400,
  invalid_argument: 400,
  context_length_exceeded: 400,
  not_found_error: 404,
  not_found: 404,
  model_not_found: 404,
  request_too_large: 413,
}

/**
 * The error that stands in an answer of status 200: beside the answer or in its first choice (OpenRouter). It counts as
 * the status that it names, so nothing was used; undefined where there is none.
 */
export function errorIn(body: unknown): ProviderFailure | undefined {
  const error = errorOf(Array.isArray(body) ? body[0] : body)
  if (error === undefined) return undefined
  const status = statusOf(error) ?? 502
  return new ProviderFailure(outcomeOfStatus(status), messageOf(error), { http_status: status })
}

/**
 * The error in an event of a stream. Before anything was sent it counts as the status that it names; later, and where it
 * names none, what was used is unknown.
 */
export function streamError(event: JsonObject, has_begun: boolean): ProviderFailure | undefined {
  const error = errorOf(event)
  if (error === undefined) return undefined
  const status = statusOf(error)
  if (has_begun || status === undefined) return new ProviderFailure('broken', messageOf(error))
  return new ProviderFailure(outcomeOfStatus(status), messageOf(error), { http_status: status })
}

function errorOf(body: unknown): JsonObject | string | undefined {
  const fields = object(body)
  const found = asError(fields.error) ?? asError(object(list(fields.choices)[0]).error)
  return found ?? (fields.type === 'error' || fields.object === 'error' ? fields : undefined)
}

function asError(value: unknown): JsonObject | string | undefined {
  return isObject(value) || (typeof value === 'string' && value !== '') ? value : undefined
}

function statusOf(error: JsonObject | string): number | undefined {
  if (typeof error === 'string') return undefined
  for (const value of [error.code, error.status, error.status_code, error.type]) {
    const status = Number(value ?? Number.NaN)
    if (Number.isInteger(status) && status >= 400 && status < 600) return status
    const named = typeof value === 'string' ? statuses[value.toLowerCase()] : undefined
    if (named !== undefined) return named
  }
  return undefined
}

function messageOf(error: JsonObject | string): string {
  if (typeof error === 'string') return error
  const { message } = error
  return typeof message === 'string' && message !== '' ? message : 'The provider returned an error without a message.'
}

/**
 * The failure of an answer with a call whose arguments cannot be read, for wires that have them as values. An answer that
 * was cut at its limit says so itself.
 */
export function unreadableCall({ parts, finish, usage }: Pick<Answer, 'parts' | 'finish' | 'usage'>) {
  if (finish === 'length') return undefined
  const call = parts.find((part) => part.type === 'tool_call' && !part.is_custom && part.value === undefined)
  if (call?.type !== 'tool_call') return undefined
  const problem = `The provider’s call of ${call.name} has arguments that are not a JSON object.`
  return new ProviderFailure('malformed', problem, { ...(usage && { usage }) })
}
