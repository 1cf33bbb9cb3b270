import { once } from 'node:events'
import type { IncomingMessage, Server } from 'node:http'
import type { Duplex } from 'node:stream'
import { eventSocket } from '@muster/contract/dashboard/operations'
import { limits } from '@muster/contract/limits'
import { type WebSocket, WebSocketServer } from 'ws'
import { MusterError } from '../errors.ts'
import { parseInput } from '../http/body/validation.ts'
import { failureOf, failureText } from '../http/envelope.ts'
import { requestIdOf } from '../http/request.ts'
import { type HttpRequest, type Route, route } from '../http/route.ts'
import type { Http } from '../http/server.ts'
import type { Log } from '../log.ts'
import { keyIdOf } from '../principal.ts'
import type { ConnectionLimits } from './connection-limits.ts'
import { filtersOf } from './event-stream.ts'
import type { EndReason, Feeds, Subscription } from './feeds.ts'
import { textOf } from './wire.ts'

export interface SocketsOptions {
  readonly server: Server
  readonly admit: Http['admit']
  readonly feeds: Feeds
  readonly connection_limits: ConnectionLimits
  readonly log: Log
  readonly heartbeat_ms?: number
}

/** Codes from 4000 on are ours; 1001 is "going away" (RFC 6455 §7.4). A client may go on with `after` in all cases. */
export const close_codes = { slow: 4008, revoked: 4001, shutdown: 1001, failed: 1011 } as const

const close_reasons: Readonly<Record<EndReason, string>> = {
  slow: 'too slow; reconnect with after=',
  revoked: 'the key was revoked',
  shutdown: 'the server is shutting down; reconnect with after=',
}

/** Browsers cannot set headers on a WebSocket, so a key may also come as one of the subprotocols that are offered. */
const key_protocol = 'muster.key.'
const plain_protocol = 'muster.v1'
const message_bytes_max = 4_096
/** How long a client may take to answer the close of a stopping server. */
const goodbye_ms = 1_000

/** The route for plain requests to the socket's address. */
export const socketRoute: Route = route(eventSocket, () => {
  throw new MusterError('invalid', 'This path only supports WebSockets.', {
    field: 'Upgrade',
    remedy: 'Connect with a WebSocket client, or read /api/v1/events/stream.',
  })
})

/** `WS /ws`: accepts upgrades, admits them like any other request, and feeds them until either side leaves. */
export function attachSockets(options: SocketsOptions): AsyncDisposable {
  const { server, connection_limits, feeds, log } = options
  const sockets = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    perMessageDeflate: false,
    maxPayload: message_bytes_max,
    handleProtocols: (offeredProtocols) =>
      offeredProtocols.has(plain_protocol) ? plain_protocol : ([...offeredProtocols][0] ?? false),
  })
  const openConnections = new Set<Promise<void>>()
  const connections = new Map<WebSocket, Subscription>()
  let isClosing = false

  /** Undefined for an invalid handshake, which the library has answered. */
  function acceptUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<WebSocket | undefined> {
    return new Promise((resolve) => {
      socket.once('close', () => resolve(undefined))
      sockets.handleUpgrade(request, socket, head, resolve)
    })
  }

  async function upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    const { organization_id, key_id, query } = await admitSocket(options, request)
    using _connection = connection_limits.take(organization_id)
    const { after } = query
    using subscription = await feeds.subscribe({ organization_id, key_id, after, filters: filtersOf(query) })
    if (socket.destroyed) return
    if (isClosing) throw new MusterError('unavailable', 'The server is shutting down.', { retry_after_ms: 1_000 })
    const connection = await acceptUpgrade(request, socket, head)
    if (connection === undefined) return
    connections.set(connection, subscription)
    connection.on('close', () => connections.delete(connection))
    await converse(connection, subscription, options)
  }

  const onUpgrade = (request: IncomingMessage, socket: Duplex, head: Buffer): void => {
    // Until the library takes the socket over, nobody else handles its errors.
    socket.on('error', () => socket.destroy())
    const work = upgrade(request, socket, head).catch((error: unknown) => refuse(socket, { error, request, log }))
    openConnections.add(work)
    void work.finally(() => openConnections.delete(work))
  }
  server.on('upgrade', onUpgrade)

  return {
    async [Symbol.asyncDispose]() {
      isClosing = true
      server.off('upgrade', onUpgrade)
      const closings = [...connections.keys()].map((connection) => once(connection, 'close'))
      for (const subscription of connections.values()) subscription[Symbol.dispose]()
      const grace = setTimeout(() => {
        for (const connection of connections.keys()) connection.terminate()
      }, goodbye_ms)
      await Promise.all([...openConnections, ...closings])
      clearTimeout(grace)
      sockets.close()
    },
  }
}

interface AdmittedSocket {
  readonly organization_id: string
  readonly key_id: string | null
  readonly query: HttpRequest<typeof eventSocket>['query']
}

async function admitSocket({ admit }: SocketsOptions, request: IncomingMessage): Promise<AdmittedSocket> {
  const url = new URL(request.url ?? '/', 'http://localhost')
  if (url.pathname.replace(/\/+$/, '') !== eventSocket.path)
    throw new MusterError('not_found', `No WebSocket at ${url.pathname.slice(0, 200)}.`)
  const key = keyAmong(request.headers['sec-websocket-protocol'])
  if (key !== undefined) request.headers.authorization ??= `Bearer ${key}`
  const { organization_id, principal } = await admit(eventSocket, request)
  // The operation's own schema makes it what the type says.
  const query = parseInput(eventSocket.query, Object.fromEntries(url.searchParams)) as AdmittedSocket['query']
  return { organization_id, key_id: keyIdOf(principal), query }
}

function keyAmong(protocols: string | undefined): string | undefined {
  const offeredProtocols = (protocols ?? '').split(',').map((protocol) => protocol.trim())
  return offeredProtocols.find((protocol) => protocol.startsWith(key_protocol))?.slice(key_protocol.length)
}

/** Sends events and pings until the client leaves, stops answering pings, or the feed ends. */
async function converse(connection: WebSocket, subscription: Subscription, options: SocketsOptions): Promise<void> {
  const { heartbeat_ms = limits.live_heartbeat_ms, log } = options
  const stopBeating = beat(connection, heartbeat_ms)
  const leave = (): void => subscription[Symbol.dispose]()
  connection.on('close', leave)
  connection.on('error', (err) => log.debug({ err }, 'a WebSocket failed'))
  // The close is sent at once; it comes after events that are still in the connection's buffer.
  const onEnd = (): void => sayGoodbye(connection, subscription)
  subscription.ended.addEventListener('abort', onEnd)
  try {
    if (subscription.reset) await sendAll(connection, [JSON.stringify(subscription.reset)])
    for (;;) {
      const events = await subscription.next(heartbeat_ms)
      if (events === undefined) break
      await sendAll(connection, events.map(textOf))
    }
  } catch (err) {
    if (connection.readyState === connection.OPEN) log.warn({ err }, 'a live feed failed')
    connection.close(close_codes.failed, 'the feed failed; reconnect with after=')
  } finally {
    stopBeating()
  }
}

function sayGoodbye(connection: WebSocket, subscription: Subscription): void {
  if (connection.readyState !== connection.OPEN) return
  // The feed gives no other reasons.
  const reason = subscription.ended.reason as EndReason
  const text = close_reasons[reason]
  connection.close(close_codes[reason], text.endsWith('=') ? `${text}${subscription.cursor()}` : text)
}

/** Resolves when all of it was sent, which slows a fast feed down to its client. */
async function sendAll(connection: WebSocket, texts: readonly string[]): Promise<void> {
  const last = texts.length - 1
  for (const [index, text] of texts.entries()) {
    if (index < last) connection.send(text)
    else
      await new Promise<void>((resolve, reject) =>
        connection.send(text, (error) => (error ? reject(error) : resolve())),
      )
  }
}

/** A client that answers no ping until the next one is gone, whatever TCP reports. */
function beat(connection: WebSocket, heartbeat_ms: number): () => void {
  let hasAnswered = true
  connection.on('pong', () => {
    hasAnswered = true
  })
  const timer = setInterval(() => {
    if (!hasAnswered) return connection.terminate()
    hasAnswered = false
    connection.ping()
  }, heartbeat_ms).unref()
  return () => clearInterval(timer)
}

function refuse(
  socket: Duplex,
  { error, request, log }: { readonly error: unknown; readonly request: IncomingMessage; readonly log: Log },
): void {
  const failure = failureOf(error)
  const request_id = requestIdOf(request.headers)
  if (failure.code === 'internal') log.error({ request_id, operation: eventSocket.id, err: error }, 'request failed')
  if (socket.destroyed || !socket.writable) return
  const text = failureText(failure, request_id)
  const { retry_after_ms } = failure.detail
  const head = [
    `HTTP/1.1 ${failure.status} ${failure.code}`,
    'Content-Type: application/json; charset=utf-8',
    `Content-Length: ${Buffer.byteLength(text)}`,
    `X-Request-ID: ${request_id}`,
    ...(retry_after_ms === undefined ? [] : [`Retry-After: ${Math.ceil(retry_after_ms / 1000)}`]),
    'Connection: close',
  ]
  socket.end([...head, '', text].join('\r\n'))
}
