/** Errors that providers send instead of an answer, or in the middle of one. */
import type { Json, JsonObject } from '@muster/contract/values'
import { ProviderFailure, type SseEvent } from '../gateway.types.ts'
import { outcomeOfStatus } from '../rules/failures.ts'
import { isObject, list, object } from '../rules/usage.ts'
import type { Answer } from './conversation.ts'
import { textIn } from './fields.ts'

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

/** MiniMax's own codes of `base_resp`. */
const minimax_statuses: ReadonlyMap<unknown, number> = new Map([
  [1001, 504],
  [1002, 429],
  [1004, 401],
  [1008, 429],
  [1026, 400],
  [1039, 429],
  [1041, 429],
  [2013, 400],
  [2049, 401],
])

/**
 * The error that stands in an answer of status 200: beside the answer, in its first choice (OpenRouter), or instead of
 * it. It counts as the status that it names, so nothing was used; undefined where there is none.
 */
export function errorIn(body: unknown): ProviderFailure | undefined {
  const error = errorOf(body)
  return error === undefined ? undefined : failureOfStatus(error)
}

/** The message of a refusal, in any of the shapes in which answers have errors. */
export function errorMessage(body: unknown): string | undefined {
  const error = errorOf(body)
  return error === undefined ? undefined : messageIn(error)
}

export interface StreamErrors {
  /**
   * The error in an event of a stream. The first event counts as a whole answer, and until content has come an error
   * counts as the status that it names; later, and where it names none, what was used is unknown.
   */
  errorIn(event: SseEvent, value: JsonObject, has_begun: boolean): ProviderFailure | undefined
}

export function createStreamErrors(): StreamErrors {
  let isFirst = true
  return {
    errorIn({ event }, value, has_begun) {
      const isAlone = isFirst
      isFirst = false
      const error = errorOf(value) ?? (event === 'error' ? value : undefined)
      if (error === undefined) return undefined
      const isUnknown = has_begun || (!isAlone && statusOf(error) === undefined)
      return isUnknown ? new ProviderFailure('broken', messageOf(error)) : failureOfStatus(error)
    },
  }
}

function failureOfStatus(error: JsonObject | string): ProviderFailure {
  const status = statusOf(error) ?? 502
  return new ProviderFailure(outcomeOfStatus(status), messageOf(error), { http_status: status })
}

/** A refused stream of Gemini answers with a list of one error. */
function errorOf(body: unknown): JsonObject | string | undefined {
  const fields = object(Array.isArray(body) ? body[0] : body)
  const found = asError(fields.error) ?? asError(object(list(fields.choices)[0]).error)
  if (found !== undefined) return found
  if (fields.type === 'error' || fields.object === 'error') return fields
  return answers.some((name) => fields[name] !== undefined && fields[name] !== null) ? undefined : bareError(fields)
}

/** What answers of any wire have. */
const answers = ['choices', 'content', 'output', 'data', 'candidates', 'embeddings'] as const

/** An error without a name, where an answer should be: of gateways, FastAPI, MiniMax and Cloudflare. */
function bareError(fields: JsonObject): JsonObject | string | undefined {
  const { base_resp, success, errors, detail, message, msg } = fields
  const { status_code, status_msg } = object(base_resp)
  if (typeof status_code === 'number' && status_code !== 0)
    return { code: minimax_statuses.get(status_code) ?? status_code, message: status_msg ?? null }
  if (success === false || list(errors).length > 0) return asError(list(errors)[0]) ?? fields
  if (detail !== undefined && detail !== null) return { ...fields, message: detailText(detail) }
  const text = textIn(message) ?? textIn(msg)
  return text === undefined ? undefined : { ...fields, message: text }
}

/** FastAPI has a text, or a list of what is wrong with the request. */
function detailText(detail: Json): string {
  if (typeof detail === 'string') return detail
  const texts = (Array.isArray(detail) ? detail : [detail]).map((one) => {
    const { msg, message } = object(one)
    return textIn(one) ?? textIn(msg) ?? textIn(message) ?? ''
  })
  return texts.filter((text) => text !== '').join('; ')
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

const messageOf = (error: JsonObject | string): string =>
  messageIn(error) ?? 'The provider returned an error without a message.'

function messageIn(error: JsonObject | string): string | undefined {
  return (typeof error === 'string' ? error : textIn(error.message)) || undefined
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
