import { z } from 'zod'
import type { Access } from './permissions.ts'
import { platformLimits } from './platform/limits.ts'
import type { Data } from './values.ts'

/** The HTTP methods that operations use. */
export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'

/**
 * How the answer travels: `json` in the envelope, `bare` JSON without it (health), `bytes` a file, `events` a stream of
 * server-sent events, `websocket`, `page` HTML, `text` plain.
 */
export type Content = 'json' | 'bare' | 'bytes' | 'events' | 'websocket' | 'page' | 'text'

/** `openai` and `anthropic`: as the APIs of these names refuse. */
export type ErrorShape = 'envelope' | 'openai' | 'anthropic'

/** What a request of an operation may take at most. */
export interface OperationLimits {
  /** Largest body that is read; larger ones are refused before that. */
  readonly body_bytes: number
  /** Longest the server may hold the request open on purpose. */
  readonly wait_ms?: number
  /** Requests a minute for one key, where there is a limit at all. */
  readonly requests_per_minute?: number
}

/** One thing the API can do. REST routes, the SDK, the CLI and the OpenAPI document all refer to this. */
export interface Operation<
  Params extends z.ZodType = z.ZodType,
  Query extends z.ZodType = z.ZodType,
  Body extends z.ZodType = z.ZodType,
  Response extends z.ZodType = z.ZodType,
> {
  readonly id: string
  readonly method: Method
  /** The whole path, with parameters in braces: `/api/v1/goals/{id}`. */
  readonly path: string
  readonly permission: Access
  readonly limits: OperationLimits
  /** Whether the journal records it. */
  readonly audit: boolean
  readonly summary: string
  readonly params: Params
  readonly query: Query
  readonly body: Body
  /** How the body comes: none at all, JSON, or multipart form data (then `body` describes its fields). */
  readonly body_content: 'none' | 'json' | 'multipart'
  readonly response: Response
  readonly status: 101 | 200 | 201 | 202
  /** Other success statuses the same shape may come with. */
  readonly other_statuses: readonly (200 | 202 | 206 | 503)[]
  readonly content: Content
  /** Whose shape refusals come in: our envelope, or that of the API whose clients call here. */
  readonly errors: ErrorShape
  /** `key`: an Idempotency-Key is honoured. `none`: repeating is harmless, or the method says so. */
  readonly idempotent: 'key' | 'none'
  /**
   * `within`: a key that was good lately is let in, and the handler tests it in a read that it makes anyway. Only for what
   * is called thousands of times a second.
   */
  readonly key_check: 'before' | 'within'
  /** Request headers that mean something here, besides those that every operation knows. */
  readonly headers: readonly ('If-Match' | 'If-None-Match' | 'Range' | 'Last-Event-ID')[]
  /** The path ends in a parameter that may hold slashes, plain or encoded. */
  readonly ends_in_path: boolean
}

const nothing = z.strictObject({})
const noBody = z.undefined()

type Nothing = typeof nothing
type NoBody = typeof noBody

/** An operation as its module states it; what is absent has the usual value. */
export interface OperationSpec<
  Params extends z.ZodType,
  Query extends z.ZodType,
  Body extends z.ZodType,
  Response extends z.ZodType,
> {
  readonly id: string
  readonly method: Method
  readonly path: string
  readonly permission: Access
  readonly limits?: Partial<OperationLimits>
  readonly audit: boolean
  readonly summary: string
  readonly params?: Params
  readonly query?: Query
  readonly body?: Body
  readonly body_content?: 'json' | 'multipart'
  readonly response: Response
  readonly status?: 101 | 200 | 201 | 202
  readonly other_statuses?: readonly (200 | 202 | 206 | 503)[]
  readonly content?: Content
  readonly errors?: ErrorShape
  /** Only where it is not what the method says. */
  readonly idempotent?: 'none'
  readonly key_check?: 'within'
  readonly headers?: readonly ('If-Match' | 'If-None-Match' | 'Range' | 'Last-Event-ID')[]
  readonly ends_in_path?: true
}

/** Declares an operation, filling in what most of them share. */
export function operation<
  Response extends z.ZodType,
  Params extends z.ZodType = Nothing,
  Query extends z.ZodType = Nothing,
  Body extends z.ZodType = NoBody,
>(spec: OperationSpec<Params, Query, Body, Response>): Operation<Params, Query, Body, Response> {
  return {
    id: spec.id,
    method: spec.method,
    path: spec.path,
    permission: spec.permission,
    limits: { body_bytes: spec.body === undefined ? 0 : platformLimits.body_bytes_max, ...spec.limits },
    audit: spec.audit,
    summary: spec.summary,
    params: orDefault(spec.params, nothing),
    query: orDefault(spec.query, nothing),
    body: orDefault(spec.body, noBody),
    body_content: spec.body === undefined ? 'none' : (spec.body_content ?? 'json'),
    response: spec.response,
    status: spec.status ?? 200,
    other_statuses: spec.other_statuses ?? [],
    content: spec.content ?? 'json',
    errors: spec.errors ?? 'envelope',
    idempotent: spec.idempotent ?? (spec.method === 'POST' ? 'key' : 'none'),
    key_check: spec.key_check ?? 'before',
    headers: spec.headers ?? [],
    ends_in_path: spec.ends_in_path ?? false,
  }
}

/** Where a schema is left out, its type parameter is the default, which the other one has. */
function orDefault<Schema extends z.ZodType>(schema: Schema | undefined, absent: z.ZodType): Schema {
  return schema ?? (absent as Schema)
}

/** What a handler gets: parsed and branded, defaults filled in. */
export type RequestOf<Op extends Operation> = {
  readonly params: Data<z.output<Op['params']>>
  readonly query: Data<z.output<Op['query']>>
  readonly body: Data<z.output<Op['body']>>
}

/** What a caller sends: ids are plain strings, and what has a default may be left out. */
export type InputOf<Op extends Operation> = {
  readonly params: Data<z.input<Op['params']>>
  readonly query: Data<z.input<Op['query']>>
  readonly body: Data<z.input<Op['body']>>
}

/** The `data` of the answer. */
export type ResponseOf<Op extends Operation> = Data<z.output<Op['response']>>
