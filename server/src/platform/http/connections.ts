import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { FastifyInstance } from 'fastify'

/** Gives each request a signal that aborts waiting, streaming and computing for it. */
export type SignalOf = (response: ServerResponse) => AbortSignal

/**
 * Closes the server in order and soon (`trackConnections`): requests under way are aborted by their signals and
 * answered; connections without a request are closed at once. Node alone would wait for idle connections of browsers
 * and HTTP clients. A WebSocket counts as a connection without a request: its goodbye has to be sent before the server
 * closes.
 */
export function trackConnections(app: FastifyInstance): SignalOf {
  const idle = new Set<Socket>()
  const openRequests = new Set<AbortController>()
  let isClosing = false

  app.server.on('connection', (socket: Socket) => {
    idle.add(socket)
    socket.once('close', () => idle.delete(socket))
  })
  app.server.on('request', ({ socket }: IncomingMessage, response: ServerResponse) => {
    idle.delete(socket)
    response.once('close', () => {
      if (isClosing) socket.destroySoon()
      else if (!socket.destroyed) idle.add(socket)
    })
  })
  app.addHook('preClose', async () => {
    isClosing = true
    for (const controller of openRequests) controller.abort(new Error('the server is stopping'))
    for (const socket of idle) socket.destroy()
  })

  return (response) => {
    const controller = new AbortController()
    if (isClosing) controller.abort(new Error('the server is stopping'))
    openRequests.add(controller)
    response.once('close', () => {
      openRequests.delete(controller)
      if (!response.writableFinished) controller.abort(new Error('the client has gone'))
    })
    return controller.signal
  }
}
