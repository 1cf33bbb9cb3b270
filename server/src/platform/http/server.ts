import type { IncomingMessage } from 'node:http'
import type { Operation } from '@muster/contract/operation'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { Caller } from '../caller.ts'
import { invariant, MusterError } from '../errors.ts'
import type { Log } from '../log.ts'
import type { Metrics } from '../metrics.ts'
import { callerIdOf } from '../principal.ts'
import type { Bounded } from '../threads/bounded.ts'
import { createAccessLog } from './access-log.ts'
import { newApp } from './app.ts'
import { checkBodyHeaders } from './body/body.ts'
import { createParseBody, type ParseBody } from './body/parse-body.ts'
import { type SignalOf, trackConnections } from './connections.ts'
import { failureOf } from './envelope.ts'
import { shapeOfPath } from './failure-shapes.ts'
import type { Page } from './files/page.ts'
import { registerFiles, type StaticFile, senderOf } from './files/static-files.ts'
import { clearedCookie, credentialOf } from './gate/credentials.ts'
import { createGate, type Gate, type GateOptions } from './gate/gate.ts'
import { destinationOf } from './gate/origins.ts'
import { allowedMethods, isPagePath, routePathOf } from './paths.ts'
import { sendAnswer, sendFailure } from './reply.ts'
import { requestIdOf, requestOf } from './request.ts'
import type { Route } from './route.ts'

export interface HttpOptions extends GateOptions {
  readonly routes: readonly Route[]
  /** Files of ours that anybody may read, such as the scripts of the API's pages. */
  readonly files?: readonly StaticFile[]
  /** For browsers, at `/` and wherever nothing else is. */
  readonly page?: Page
  readonly log: Log
  readonly metrics: Metrics
  /** Absent: bodies of any size are read at once. */
  readonly bounded?: Pick<Bounded, 'run'>
  /** Whether the last hop's X-Forwarded-For says who calls. */
  readonly behind_proxy: boolean
}

export interface Http {
  readonly app: FastifyInstance
  /**
   * Tests key, permission and rate of a WebSocket upgrade, as for any other request. Throws the refusal; `failureOf`
   * and `failureText` turn it into an answer.
   */
  admit(operation: Operation, request: IncomingMessage): Promise<Omit<Caller, 'idempotency'>>
}

interface Arrival {
  readonly request_id: string
  readonly started: number
  operation?: Operation
  caller?: Omit<Caller, 'idempotency'> | undefined
}

type ArrivedOf = (request: FastifyRequest) => Arrival

/**
 * The API over HTTP. A request is tested in a fixed order: path, method, key, permission, rate, size, type, and only
 * then is the body read (invariant 24). Answers and refusals are in the envelope.
 */
export function createHttp(options: HttpOptions): Http {
  const gate = createGate(options)
  const app = newApp(options)
  const arrivedOf = trackArrivals(app, options)
  refuseInEnvelope(app, options, arrivedOf)
  answerTheRest(app, options)
  registerFiles(app, filesOf(options))
  const signalOf = trackConnections(app)
  const parseBody = createParseBody(options.bounded)
  for (const route of options.routes) addRoute(app, route, { ...options, gate, arrivedOf, signalOf, parseBody })
  return {
    app,
    async admit(operation, request) {
      const { headers, socket } = request
      // The proxy appended the last address; anybody can write the earlier ones.
      const forwardedAddress = options.behind_proxy
        ? String(headers['x-forwarded-for'] ?? '')
            .split(',')
            .at(-1)
            ?.trim()
        : ''
      const address = forwardedAddress || (socket.remoteAddress ?? 'unknown')
      const { origin } = destinationOf(request, options.behind_proxy)
      const request_id = requestIdOf(headers)
      const caller = await gate.admit(operation, { headers, address, request_id, origin, is_delicate: true })
      invariant(caller, `${operation.id} needs a key`)
      return caller
    },
  }
}

/** Gives every request its id and its headers as it comes, and its line in the log as it ends. */
function trackArrivals(app: FastifyInstance, options: HttpOptions): ArrivedOf {
  const arrivals = new WeakMap<FastifyRequest, Arrival>()
  const logAccess = createAccessLog(options)
  app.addHook('onRequest', async (request, reply) => {
    const arrival: Arrival = { request_id: requestIdOf(request.headers), started: performance.now() }
    arrivals.set(request, arrival)
    reply.headers({
      'x-request-id': arrival.request_id,
      'x-content-type-options': 'nosniff',
      'cache-control': 'no-store',
    })
    let isLogged = false
    const logOnce = (): void => {
      if (isLogged) return
      isLogged = true
      const { request_id, operation, caller, started } = arrival
      const { method, params } = request
      const ms = Math.round(performance.now() - started)
      const status = reply.raw.statusCode
      logAccess({ request_id, operation, caller: about(caller), params, method, path: pathOf(request), status, ms })
    }
    // A client that goes away ends a request too, and there is no `finish` then.
    reply.raw.once('finish', logOnce).once('close', logOnce)
  })
  return (request) => {
    const arrival = arrivals.get(request)
    invariant(arrival, 'every request passes the first hook')
    return arrival
  }
}

function refuseInEnvelope(app: FastifyInstance, { log, behind_proxy }: HttpOptions, arrivedOf: ArrivedOf): void {
  app.setErrorHandler((error, request, reply) => {
    const { request_id, operation, caller } = arrivedOf(request)
    const failure = failureOf(error)
    if (failure.code === 'internal')
      log.error({ request_id, operation: operation?.id, ...about(caller), err: error }, 'request failed')
    // The cookie is cleared, since a browser would go on sending the bad key until its address is refused.
    if (failure.code === 'unauthenticated' && operation?.permission !== 'none' && cameByCookie(request))
      reply.header('set-cookie', clearedCookie(destinationOf(request.raw, behind_proxy)))
    return sendFailure(reply, failure, {
      request_id,
      request: request.raw,
      shape: operation?.errors ?? shapeOfPath(request.url),
    })
  })
}

/** Requests without an operation get the page where a browser asks for one, else a refusal. */
function answerTheRest(app: FastifyInstance, options: HttpOptions): void {
  const { routes, page } = options
  const sendPage = page && senderOf(page.index)
  const takenPaths = [
    ...routes.map(({ operation }) => operation.path),
    ...filesOf(options).map(({ path }) => path),
    '/assets',
  ]
  app.setNotFoundHandler((request, reply) => {
    const methods = allowedMethods(routes, request.url)
    if (methods.length === 0) {
      if (sendPage && isPagePath(request, takenPaths)) return sendPage(request, reply)
      throw new MusterError('not_found', `No such path: ${pathOf(request)}.`)
    }
    reply.header('allow', methods.join(', '))
    const message = `${pathOf(request)} supports ${methods.join(', ')}, not ${request.method}.`
    throw new MusterError('method_not_allowed', message, { value: request.method })
  })
}

function filesOf({ files = [], page }: HttpOptions): readonly StaticFile[] {
  return page ? [...files, page.index, ...page.files] : files
}

function cameByCookie({ headers }: FastifyRequest): boolean {
  return credentialOf(headers)?.by === 'cookie'
}

interface RouteParts extends Pick<HttpOptions, 'behind_proxy'> {
  readonly gate: Gate
  readonly arrivedOf: ArrivedOf
  readonly signalOf: SignalOf
  readonly parseBody: ParseBody
}

function addRoute(app: FastifyInstance, route: Route, parts: RouteParts): void {
  const { gate, arrivedOf, signalOf, behind_proxy, parseBody } = parts
  const { operation } = route
  const isStream = operation.content === 'events' || operation.content === 'websocket'
  app.route({
    method: operation.method,
    url: routePathOf(operation),
    exposeHeadRoute: operation.method === 'GET' && !isStream,
    async onRequest(request) {
      const arrival = arrivedOf(request)
      const { headers, ip: address, raw } = request
      const { request_id } = arrival
      const { origin } = destinationOf(raw, behind_proxy)
      arrival.operation = operation
      const is_delicate = operation.method !== 'GET'
      arrival.caller = await gate.admit(operation, { headers, address, request_id, origin, is_delicate })
      checkBodyHeaders(operation, request.raw)
    },
    async handler(request, reply) {
      const { request_id, caller } = arrivedOf(request)
      const signal = signalOf(reply.raw)
      const { is_secure } = destinationOf(request.raw, behind_proxy)
      const prove = (key: string) => gate.prove(key, { address: request.ip, request_id })
      const about = { operation, request_id, caller, signal, is_secure, prove }
      const validRequest = await requestOf({ ...about, request, reply, parseBody })
      return sendAnswer(reply, { operation, request_id, result: await route.handle(validRequest) })
    },
  })
}

const path_characters_max = 200

function pathOf(request: FastifyRequest): string {
  return (request.url.split('?', 1)[0] ?? '').slice(0, path_characters_max)
}

function about(caller: Omit<Caller, 'idempotency'> | undefined) {
  return caller && { organization_id: caller.organization_id, caller_id: callerIdOf(caller.principal) }
}
