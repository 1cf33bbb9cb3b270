import { errorBody } from '@muster/contract/errors'
import type { Operation } from '@muster/contract/operation'
import { linkSignals } from '@muster/contract/platform/linked-signal'
import { fieldOf } from '@muster/contract/platform/objects'
import { fetchUnder, readText } from './abortable-fetch.ts'
import { backoff, delay } from './delay.ts'
import { isTransient, MusterError } from './errors.ts'
import { addressOf, type LooseInput } from './request.ts'

/** Where the server is and how it is called. */
export interface TransportOptions {
  readonly base_url: string
  readonly key?: string
  readonly fetch?: typeof fetch
  /** Longest wait for an answer, besides what an operation waits on purpose. Default 30 s. */
  readonly timeout_ms?: number
  /** Tries in all for what may be repeated. Default 3. */
  readonly attempts?: number
  /** First wait between tries; doubles. Default 200 ms. */
  readonly backoff_ms?: number
}

/** Sends one request and gives the answer, whatever its status; throws `MusterError` where none came. */
export type Send = (operation: Operation, input: LooseInput, body?: FormData) => Promise<Response>

/** Sends requests. */
export interface Transport {
  /** One request, as it is. */
  readonly send: Send
  /** Sends until there is a good answer or no hope of one; throws `MusterError`. */
  readonly sendUntilGood: Send
}

const timeout_ms_default = 30_000
const retry_wait_ms_max = 5_000

/** Makes what sends requests to one server. */
export function createTransport(options: TransportOptions): Transport {
  const send: Send = async (operation, input, form) => {
    const doFetch = options.fetch ?? fetch
    const { signal, done } = deadline(operation, input, options)
    const request = {
      method: operation.method,
      headers: headersOf(operation, input, { key: options.key, isForm: form !== undefined }),
      redirect: 'error',
      ...bodyOf(input, form),
    } as const
    try {
      return await fetchUnder(signal, () =>
        doFetch(addressOf(options.base_url, operation, input), { ...request, signal }),
      )
    } catch (error) {
      input.signal?.throwIfAborted()
      throw unreachable(options.base_url, error)
    } finally {
      done()
    }
  }

  const sendUntilGood: Send = async (operation, input, form) => {
    const attempts_max = options.attempts ?? 3
    for (let attempts = 1; ; attempts++) {
      try {
        return await goodAnswer(operation, await send(operation, input, form), input.signal)
      } catch (error) {
        if (attempts >= attempts_max || !mayRepeat(operation, input, error)) throw error
        const asked_ms = error.detail.retry_after_ms
        await delay(
          backoff({
            attempts: attempts - 1,
            first_ms: options.backoff_ms ?? 200,
            most_ms: retry_wait_ms_max,
            asked_ms,
          }),
          input.signal,
        )
        input.signal?.throwIfAborted()
      }
    }
  }

  return { send, sendUntilGood }
}

/** The typed error that an answer with a bad status stands for. */
export async function errorOf(response: Response, signal: AbortSignal | undefined): Promise<MusterError> {
  const text = await readText(response, signal).catch(() => '')
  const parsed = errorBody.safeParse(fieldOf(parseJson(text), 'error'))
  if (!parsed.success) {
    const message = `the server answered ${response.status} without an error of this API`
    return new MusterError('protocol', message, { status: response.status })
  }
  const { code, message, detail, request_id } = parsed.data
  const after_s = Number(response.headers.get('retry-after') ?? Number.NaN)
  const asked = Number.isFinite(after_s) ? { retry_after_ms: after_s * 1000 } : {}
  return new MusterError(code, message, { status: response.status, detail: { ...asked, ...detail }, request_id })
}

/** The JSON of a body, or undefined where it is none. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

async function goodAnswer(
  operation: Operation,
  response: Response,
  signal: AbortSignal | undefined,
): Promise<Response> {
  const isExpected = operation.other_statuses.some((status) => status === response.status)
  if (response.ok || isExpected) return response
  throw await errorOf(response, signal)
}

/**
 * A refusal (429, 503) did nothing, so anything may come again. After a broken connection or a 500 nobody knows what was
 * done, so only what is harmless to repeat does.
 */
function mayRepeat(operation: Operation, input: LooseInput, error: unknown): error is MusterError {
  if (!(error instanceof MusterError) || !isTransient(error) || input.signal?.aborted) return false
  if (error.code === 'unavailable' || error.code === 'rate_limited') return true
  if (operation.method === 'POST') return input.idempotency_key !== undefined
  return operation.method !== 'PATCH'
}

function headersOf(
  operation: Operation,
  input: LooseInput,
  { key, isForm }: { key: string | undefined; isForm: boolean },
): Record<string, string> {
  return {
    accept: operation.content === 'events' ? 'text/event-stream' : 'application/json, */*',
    ...(key === undefined ? {} : { authorization: `Bearer ${key}` }),
    ...(input.body === undefined || isForm ? {} : { 'content-type': 'application/json' }),
    ...(input.idempotency_key === undefined ? {} : { 'idempotency-key': input.idempotency_key }),
    ...input.headers,
  }
}

function bodyOf(input: LooseInput, form: FormData | undefined): { body?: string | FormData } {
  if (form !== undefined) return { body: form }
  return input.body === undefined ? {} : { body: JSON.stringify(input.body) }
}

/** Ends the wait for an answer; once its head is there, reading it (files, streams) takes as long as it takes. */
function deadline(operation: Operation, input: LooseInput, options: TransportOptions) {
  const limit_ms = input.timeout_ms ?? options.timeout_ms ?? timeout_ms_default
  const linked = linkSignals(input.signal)
  const timer = setTimeout(
    () => linked.abort(new Error(`no answer within ${limit_ms} ms`)),
    limit_ms + (operation.limits.wait_ms ?? 0),
  )
  return {
    signal: linked.signal,
    done() {
      clearTimeout(timer)
      // Who reads the body listens for itself.
      linked.unlink()
    },
  }
}

function unreachable(base_url: string, error: unknown): MusterError {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error
  const reason = cause instanceof Error ? cause.message || cause.name : String(cause)
  return new MusterError('unreachable', `cannot reach ${base_url}: ${reason}`, { cause: error })
}
