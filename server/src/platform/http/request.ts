import { createHash } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import type { Operation } from '@muster/contract/operation'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Caller, Idempotency } from '../caller.ts'
import { invariant, MusterError } from '../errors.ts'
import { newId } from '../ids.ts'
import { hasBody, readBody } from './body.ts'
import { idempotencyKeyOf } from './gate.ts'
import { formLimits, readForm } from './multipart.ts'
import type { ParseBody } from './parse-body.ts'
import type { UntypedRequest, UploadedFile } from './route.ts'
import { parsed } from './validation.ts'

interface Given extends Pick<UntypedRequest, 'is_secure' | 'prove'> {
  readonly operation: Operation
  readonly request: FastifyRequest
  readonly reply: FastifyReply
  readonly request_id: string
  readonly caller: Omit<Caller, 'idempotency'> | undefined
  readonly signal: AbortSignal
  readonly parseBody: ParseBody
}

/** Reads an admitted request and validates all of it, so that a handler sees only valid input. */
export async function requestOf(given: Given): Promise<UntypedRequest> {
  const { operation, request, request_id, caller, signal } = given
  const isForm = operation.body_content === 'multipart' && hasBody(request.raw)
  const chunks = isForm ? [] : await readBody(operation, request.raw)
  const params = parsed(operation.params, request.params)
  refuseBrokenQuery(request.url)
  const query = parsed(operation.query, request.query)
  const idempotency = idempotencyOf(given, chunks)
  const form = isForm ? await readForm(operation, request.parts(formLimits)) : undefined
  return {
    params,
    query,
    body: form === undefined ? await given.parseBody(operation, chunks, signal) : form.body,
    files: form?.files ?? noFiles(),
    headers: firstOfEach(request.headers),
    request_id,
    is_secure: given.is_secure,
    prove: given.prove,
    signal,
    get caller() {
      invariant(caller, `${operation.id} has no caller`)
      return idempotency === undefined ? caller : { ...caller, idempotency }
    },
  }
}

/** The caller's own id for the request where it can stand in a log line as it is, else a new one. */
export function requestIdOf(headers: IncomingHttpHeaders): string {
  const given = headers['x-request-id']
  return typeof given === 'string' && /^[A-Za-z0-9._:-]{1,128}$/.test(given) ? given : newId()
}

/** A query that is no UTF-8 would be misread, so it is refused. */
function refuseBrokenQuery(url: string): void {
  const at = url.indexOf('?')
  if (at < 0) return
  try {
    decodeURIComponent(url.slice(at))
  } catch {
    throw new MusterError('unparseable', 'The query is not percent-encoded UTF-8.')
  }
}

function idempotencyOf({ operation, request, reply }: Given, chunks: readonly Buffer[]): Idempotency | undefined {
  const key = operation.idempotent === 'key' ? idempotencyKeyOf(request.headers) : undefined
  if (key === undefined) return undefined
  // The same body sent to another path or query is another request.
  const hash = createHash('sha256').update(`${request.url}\n`)
  for (const chunk of chunks) hash.update(chunk)
  const body_sha256 = hash.digest('hex')
  const onReplayed = (): void => void reply.header('idempotent-replayed', 'true')
  return { key, operation: operation.id, body_sha256, onReplayed }
}

function firstOfEach(headers: IncomingHttpHeaders): Record<string, string | undefined> {
  const found: Record<string, string | undefined> = {}
  for (const [name, value] of Object.entries(headers)) found[name] = Array.isArray(value) ? value[0] : value
  return found
}

async function* noFiles(): AsyncGenerator<UploadedFile> {}
