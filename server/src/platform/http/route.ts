import type { Readable } from 'node:stream'
import type { Operation, RequestOf } from '@muster/contract/operation'
import { type Data, int4_max, version } from '@muster/contract/values'
import type { z } from 'zod'
import type { Caller } from '../caller.ts'
import { invalid } from '../errors.ts'

/** One file of a multipart body. `content` must be read to its end before the next file is asked for. */
export interface UploadedFile {
  /** As the sender named it, with folders; the handler cleans it. */
  readonly file_name: string
  readonly media_type: string
  /** Throws `too_large` where the file passes the limit. */
  readonly content: AsyncIterable<Uint8Array>
}

/** What every handler gets beside what the operation declares. */
export interface RequestFacts {
  /** Throws for operations that need no key: they have no caller. */
  readonly caller: Caller
  /** Request headers in lower case; of repeated ones the first. */
  readonly headers: Readonly<Record<string, string | undefined>>
  readonly request_id: string
  /** Whether it came by TLS: our own, or that of the proxy in front. */
  readonly is_secure: boolean
  /** Who belongs to a key of the body. Throws `unauthenticated`, and `rate_limited` as for a key in a header. */
  prove(key: string): Promise<Caller>
  /** Aborts when the client has gone or the server is stopping: waiting and streaming should end. */
  readonly signal: AbortSignal
  /**
   * The files of a multipart body, whose fields came before them and are in `body`; empty for other operations. A handler
   * that honours idempotency replaces `caller.idempotency.body_sha256` by one that covers the files.
   */
  readonly files: AsyncIterable<UploadedFile>
}

export type HttpRequest<Op extends Operation> = RequestOf<Op> & RequestFacts

/** The `data` of an answer as handlers give it: ids are plain strings. */
export type ResponseData<Op extends Operation> = Data<z.input<Op['response']>>

const tag: unique symbol = Symbol('answer')

export interface AnswerOptions {
  /** Absent: the operation's own. */
  readonly status?: number
  readonly headers?: Readonly<Record<string, string>>
}

export interface Answer<T> extends AnswerOptions {
  readonly [tag]: 'data'
  readonly data: T
}

export interface RawAnswer extends AnswerOptions {
  readonly [tag]: 'raw'
  readonly body: RawBody
}

/** A stream of events should begin with a comment at once, so that its headers leave. */
export type RawBody = string | Uint8Array | Readable | AsyncIterable<string | Uint8Array>

/** Data with another status than the operation's usual one, or with headers such as an ETag. */
export function answer<T>(data: T, options: AnswerOptions = {}): Answer<T> {
  return { [tag]: 'data', data, ...options }
}

/** Bytes, text, a page or a stream of events: what does not travel in the envelope. */
export function raw(body: RawBody, options: AnswerOptions = {}): RawAnswer {
  return { [tag]: 'raw', body, ...options }
}

export function isAnswer(value: unknown): value is Answer<unknown> {
  return tagOf(value) === 'data'
}

export function isRaw(value: unknown): value is RawAnswer {
  return tagOf(value) === 'raw'
}

function tagOf(value: unknown): unknown {
  return typeof value === 'object' && value !== null && tag in value ? value[tag] : undefined
}

/**
 * An operation and its handler, as data: a module's manifest lists them, and the composition root passes them to HTTP.
 */
export interface Route {
  readonly operation: Operation
  handle(request: UntypedRequest): Promise<unknown>
}

export interface UntypedRequest extends RequestFacts {
  readonly params: unknown
  readonly query: unknown
  readonly body: unknown
}

/**
 * Binds a handler to an operation of the contract; the types of both follow from the operation.
 *
 * @example
 * route(getProject, ({ params, caller }) => projects.get(caller, params.id))
 * route(getPolicy, async ({ params, caller }) => {
 *   const found = await projects.policyInForce(caller, params.id)
 *   return answer(found, { headers: { etag: `"${found.version}"` } })
 * })
 */
export function route<Op extends Operation>(
  operation: Op,
  handler: (
    request: HttpRequest<Op>,
  ) =>
    | Promise<ResponseData<Op> | Answer<ResponseData<Op>> | RawAnswer>
    | ResponseData<Op>
    | Answer<ResponseData<Op>>
    | RawAnswer,
): Route {
  // The server parses params, query and body by this very operation before it calls.
  return { operation, handle: async (request) => handler(request as unknown as HttpRequest<Op>) }
}

/**
 * The version of `If-Match: "7"`; undefined where the header is absent or `*`, which accept any. Throws `invalid` for
 * anything that is no version.
 */
export function expectedVersion(headers: RequestFacts['headers']): number | undefined {
  const text = headers['if-match']?.trim()
  if (text === undefined || text === '*') return undefined
  const versionNumber = Number(/^(?:W\/)?"(\d+)"$/.exec(text)?.[1] ?? Number.NaN)
  if (version.safeParse(versionNumber).success) return versionNumber
  throw invalid('If-Match', `If-Match must be a version in double quotes, such as "7", and at most ${int4_max}.`)
}
