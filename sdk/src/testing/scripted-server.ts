import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type ErrorCode, errorTable } from '@muster/contract/errors'

/** A request as the script sees it. */
export interface SeenRequest {
  readonly method: string
  readonly url: string
  readonly path: string
  readonly query: URLSearchParams
  readonly headers: IncomingMessage['headers']
  readonly body: Buffer
  json(): unknown
}

/** What the script does with a request: the answer is its own, misbehaviour included. */
export type Step = (request: SeenRequest, response: ServerResponse) => void | Promise<void>

export interface ScriptedServer {
  readonly base_url: string
  readonly seen: readonly SeenRequest[]
  /** Adds answers for the next requests of a route, in order. */
  on(route: string, ...steps: Step[]): void
  /** The answer of a route whenever its script has run out. */
  always(route: string, step: Step): void
  /** Closes it, and fails on calls that nobody scripted and on answers that nobody fetched. */
  [Symbol.asyncDispose](): Promise<void>
}

/** A server on loopback that speaks the real protocol from a script and misbehaves on request. */
export async function startScriptedServer(): Promise<ScriptedServer> {
  const scripts = new Map<string, Step[]>()
  const fallbacks = new Map<string, Step>()
  const seen: SeenRequest[] = []
  const unexpected: string[] = []

  const server = createServer(async (incoming, response) => {
    const request = await readRequest(incoming)
    seen.push(request)
    const route = `${request.method} ${request.path}`
    const step = scripts.get(route)?.shift() ?? fallbacks.get(route)
    if (step === undefined) {
      unexpected.push(route)
      response.writeHead(418).end('nobody scripted this')
    } else await step(request, response)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo

  return {
    base_url: `http://127.0.0.1:${port}`,
    seen,
    on: (route, ...steps) => void scripts.set(route, [...(scripts.get(route) ?? []), ...steps]),
    always: (route, step) => void fallbacks.set(route, step),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
      const left = [...scripts].filter(([, steps]) => steps.length > 0).map(([route]) => route)
      if (unexpected.length > 0 || left.length > 0) {
        throw new Error(`unexpected calls: ${unexpected.join(', ') || 'none'}; left over: ${left.join(', ') || 'none'}`)
      }
    },
  }
}

const metadata = { timestamp: '2026-01-01T00:00:00.000Z', request_id: 'request-1' }

/** Answers with data in the envelope. */
export const ok =
  (data: unknown, status = 200): Step =>
  (_request, response) =>
    sendJson(response, status, { success: true, data, error: null, metadata })

/** Answers with an error in the envelope, under the status that its code has. */
export const fail =
  (code: ErrorCode, message: string, detail: object = {}): Step =>
  (_request, response) =>
    sendJson(response, errorTable[code].status, {
      success: false,
      data: null,
      error: { code, message, detail, request_id: metadata.request_id },
      metadata,
    })

/** Cuts the connection without an answer. */
export const cut: Step = (_request, response) => void response.socket?.destroy()

/** Sends a head and some pieces of a stream, then does what it is told: end, cut, or stay silent. */
export const streaming =
  (pieces: readonly string[], then: 'end' | 'cut' | 'stay'): Step =>
  (_request, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    for (const piece of pieces) response.write(piece)
    if (then === 'end') response.end()
    // The cut comes after what was written has left, else it would be lost with the connection.
    else if (then === 'cut') response.write('', () => setImmediate(() => response.socket?.destroy()))
    else response.flushHeaders()
  }

export function sendJson(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
}

async function readRequest(incoming: IncomingMessage): Promise<SeenRequest> {
  const pieces: Buffer[] = []
  for await (const piece of incoming) pieces.push(piece as Buffer)
  const body = Buffer.concat(pieces)
  const url = new URL(incoming.url ?? '/', 'http://loopback')
  return {
    method: incoming.method ?? '',
    url: incoming.url ?? '',
    path: url.pathname,
    query: url.searchParams,
    headers: incoming.headers,
    body,
    json: () => JSON.parse(body.toString('utf8')),
  }
}
