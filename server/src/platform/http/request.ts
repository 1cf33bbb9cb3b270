import { createHash } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import type { Operation } from '@muster/contract/operation'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Caller, Idempotency } from '../caller.ts'
import { invariant, MusterError } from '../errors.ts'
import { newId } from '../ids.ts'
import { hasBody, readBody } from './body/body.ts'
import type { ParseBody } from './body/parse-body.ts'
import { parseInput } from './body/validation.ts'
import { idempotencyKeyOf } from './gate/gate.ts'
import { formLimits, readForm } from './multipart.ts'
import { pathParameters } from './paths.ts'
import type { UntypedRequest, UploadedFile } from './route.ts'

interface AdmittedRequest extends Pick<UntypedRequest, 'is_secure' | 'prove'> {
  readonly operation: Operation
  readonly request: FastifyRequest
  readonly reply: FastifyReply
  readonly request_id: string
  readonly caller: Omit<Caller, 'idempotency'> | undefined
  readonly signal: AbortSignal
  readonly parseBody: ParseBody
}

/** Reads an admitted request and validates all of it, so that a handler sees only valid input. */
export async function requestOf(admittedRequest: AdmittedRequest): Promise<UntypedRequest> {
  const { operation, request, request_id, caller, signal } = admittedRequest
  const isForm = operation.body_content === 'multipart' && hasBody(request.raw)
  const chunks = isForm ? [] : await readBody(operation, request.raw)
  const params = parseInput(operation.params, pathParameters(operation, request.params))
  refuseBrokenQuery(request.url)
  const query = parseInput(operation.query, request.query)
  const idempotency = idempotencyOf(admittedRequest, chunks)
  const form = isForm ? await readForm(operation, request.parts(formLimits)) : undefined
  return {
    params,
    query,
    body: form === undefined ? await admittedRequest.parseBody(operation, chunks, signal) : form.body,
    files: form?.files ?? noFiles(),
    headers: firstOfEach(request.headers),
    request_id,
    is_secure: admittedRequest.is_secure,
    prove: admittedRequest.prove,
    signal,
    get caller() {
      invariant(caller, `${operation.id} has no caller`)
      return idempotency === undefined ? caller : { ...caller, idempotency }
    },
  }
}

/** The caller's own id for the request where it can stand in a log line as it is, else a new one. */
export function requestIdOf(headers: IncomingHttpHeaders): string {
  const requestId = headers['x-request-id']
  return typeof requestId === 'string' && /^[A-Za-z0-9._:-]{1,128}$/.test(requestId) ? requestId : newId()
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

function idempotencyOf(
  { operation, request, reply }: AdmittedRequest,
  chunks: readonly Buffer[],
): Idempotency | undefined {
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
  const firstValues: Record<string, string | undefined> = {}
  for (const [name, value] of Object.entries(headers)) firstValues[name] = Array.isArray(value) ? value[0] : value
  return firstValues
}

async function* noFiles(): AsyncGenerator<UploadedFile> {}
