import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { FastifyInstance } from 'fastify'

/** Gives each request a signal that tells who waits, streams or computes for it to stop. */
export type SignalOf = (response: ServerResponse) => AbortSignal

/**
 * Lets the server close in good order and soon: requests under way are told to end by their signals and are answered;
 * connections without one are closed at once. Node alone would wait for connections that never asked for anything, as
 * browsers and HTTP clients keep them. A WebSocket counts as one without a request: who wants to say goodbye on it does
 * so before the server closes.
 */
export function trackConnections(app: FastifyInstance): SignalOf {
  const idle = new Set<Socket>()
  const open = new Set<AbortController>()
  let closing = false

  app.server.on('connection', (socket: Socket) => {
    idle.add(socket)
    socket.once('close', () => idle.delete(socket))
  })
  app.server.on('request', ({ socket }: IncomingMessage, response: ServerResponse) => {
    idle.delete(socket)
    response.once('close', () => {
      if (closing) socket.destroySoon()
      else if (!socket.destroyed) idle.add(socket)
    })
  })
  app.addHook('preClose', async () => {
    closing = true
    for (const controller of open) controller.abort(new Error('the server is stopping'))
    for (const socket of idle) socket.destroy()
  })

  return (response) => {
    const controller = new AbortController()
    if (closing) controller.abort(new Error('the server is stopping'))
    open.add(controller)
    response.once('close', () => {
      open.delete(controller)
      if (!response.writableFinished) controller.abort(new Error('the client has gone'))
    })
    return controller.signal
  }
}
