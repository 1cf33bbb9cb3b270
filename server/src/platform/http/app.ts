import multipart from '@fastify/multipart'
import { limits } from '@muster/contract/limits'
import { type FastifyInstance, fastify } from 'fastify'
import { MusterError } from '../errors.ts'
import { newId } from '../ids.ts'
import { failureOf, failureText } from './envelope.ts'
import { shapeOfPath } from './failure-shapes.ts'
import { sendFailure } from './reply.ts'
import { requestIdOf } from './request.ts'

/** The longest time for a whole request with its body: a gigabyte of uploads over a slow line. */
const request_timeout_ms = 15 * 60_000
const header_timeout_ms = 30_000
/** A name of 200 characters, each three bytes of UTF-8, each byte three characters of a path. */
const param_characters_max = 9 * limits.name_characters_max

/** Creates the HTTP library's instance (`newApp`): it parses, logs and answers nothing by itself. */
export function newApp({ behind_proxy }: { readonly behind_proxy: boolean }): FastifyInstance {
  const app: FastifyInstance = fastify({
    logger: false,
    // Only the last hop is our proxy; anybody can write the earlier ones in X-Forwarded-For.
    trustProxy: behind_proxy ? (_address, hop) => hop === 0 : false,
    requestTimeout: request_timeout_ms,
    return503OnClosing: false,
    exposeHeadRoutes: false,
    routerOptions: { ignoreTrailingSlash: true, maxParamLength: param_characters_max },
    frameworkErrors(error, request, reply) {
      const request_id = requestIdOf(request.headers)
      reply.header('x-request-id', request_id)
      sendFailure(reply, failureOf(error), { request_id, request: request.raw, shape: shapeOfPath(request.url) })
    },
    clientErrorHandler(error, socket) {
      if (error.code === 'ECONNRESET' || !socket.writable) socket.destroy()
      else socket.end(unreadable())
    },
  })
  app.server.headersTimeout = header_timeout_ms
  // Bodies stay unread until the request has passed all other tests (invariant 24).
  app.removeAllContentTypeParsers()
  app.register(multipart)
  app.addContentTypeParser('*', (_request, payload, callback) => callback(null, payload))
  return app
}

/** The answer to bytes that are no HTTP request. */
function unreadable(): string {
  const failure = failureOf(
    new MusterError('unparseable', 'This is not HTTP, or its headers are too large or came too slowly.'),
  )
  const text = failureText(failure, newId())
  const head = ['HTTP/1.1 400 Bad Request', 'Content-Type: application/json; charset=utf-8', 'Connection: close']
  return [...head, `Content-Length: ${Buffer.byteLength(text)}`, '', text].join('\r\n')
}
