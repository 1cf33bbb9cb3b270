import type { IncomingMessage } from 'node:http'
import { Readable } from 'node:stream'
import type { ErrorShape, Operation } from '@muster/contract/operation'
import type { FastifyReply } from 'fastify'
import { invariant } from '../errors.ts'
import { exactJsonText } from '../json/exact-json.ts'
import { hasBody } from './body/body.ts'
import { type Failure, successText } from './envelope.ts'
import { writtenFailure } from './failure-shapes.ts'
import { answer, isAnswer, isRaw, type RawAnswer } from './route.ts'

/** The rest of a refused body is read and discarded up to this size; beyond it the connection is closed. */
const discarded_bytes_max = 16 * 1024 * 1024

const mediaTypes = {
  json: 'application/json; charset=utf-8',
  bare: 'application/json; charset=utf-8',
  bytes: 'application/octet-stream',
  events: 'text/event-stream; charset=utf-8',
  page: 'text/html; charset=utf-8',
  text: 'text/plain; charset=utf-8',
  websocket: 'text/plain; charset=utf-8',
} as const satisfies Record<Operation['content'], string>

/** Sends a handler's answer in the form of its operation. */
export function sendAnswer(
  reply: FastifyReply,
  {
    operation,
    request_id,
    result,
  }: { readonly operation: Operation; readonly request_id: string; readonly result: unknown },
): FastifyReply {
  if (isRaw(result)) return sendRaw(reply, operation, result)
  const { data, status, headers } = isAnswer(result) ? result : answer(result)
  const isJson = operation.content === 'json' || operation.content === 'bare'
  invariant(isJson, `${operation.id} answers with data, which is not its way`)
  if (headers) reply.headers({ ...headers })
  const text = operation.content === 'bare' ? exactJsonText(data) : successText(data, request_id)
  return sendJson(reply, status ?? operation.status, text)
}

/** Sends a refusal in the envelope or in its operation's own shape, with the headers that go with it. */
export function sendFailure(
  reply: FastifyReply,
  failure: Failure,
  {
    request_id,
    request,
    shape = 'envelope',
  }: { readonly request_id: string; readonly request: IncomingMessage; readonly shape?: ErrorShape | undefined },
): FastifyReply {
  const { retry_after_ms } = failure.detail
  if (retry_after_ms !== undefined) reply.header('retry-after', String(Math.ceil(retry_after_ms / 1000)))
  if (failure.status === 401) reply.header('www-authenticate', 'Bearer realm="muster"')
  if (isMuchUnread(request)) reply.header('connection', 'close')
  const { status, text, headers } = writtenFailure(failure, request_id, shape)
  return sendJson(reply.headers(headers), status, text)
}

function sendRaw(reply: FastifyReply, operation: Operation, { body, status, headers }: RawAnswer): FastifyReply {
  reply.code(status ?? operation.status).header('content-type', mediaTypes[operation.content])
  if (operation.content === 'events') reply.header('x-accel-buffering', 'no')
  if (headers) reply.headers({ ...headers })
  if (typeof body === 'string') return reply.send(body)
  if (body instanceof Uint8Array) return reply.send(Buffer.from(body.buffer, body.byteOffset, body.byteLength))
  return reply.send(body instanceof Readable ? body : Readable.from(body))
}

function sendJson(reply: FastifyReply, status: number, text: string): FastifyReply {
  return reply.code(status).header('content-type', mediaTypes.json).send(text)
}

/** Discards a body that is not read any more; says whether it is too much, so that the connection has to end. */
function isMuchUnread(request: IncomingMessage): boolean {
  if (request.readableEnded || !hasBody(request)) return false
  const length = request.headers['content-length']
  return length === undefined || Number(length) > discarded_bytes_max
}
