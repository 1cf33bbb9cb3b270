import { createServer, connect as open, type Server, type Socket } from 'node:net'

export interface LoopbackProxy {
  readonly port: number
  /** Where to go from now on. */
  aim(port: number): void
  /** The next so many connections on which an answer comes are dropped in its place. */
  loseNext(connections: number): void
  close(): Promise<void>
}

/**
 * Stands between a client and a server on loopback. What the client sends goes through; an answer that is to be lost does
 * not: at its first byte both sides are cut off. With `losesAll` that is every answer.
 */
export async function createProxy({ losesAll = false }: { readonly losesAll?: boolean } = {}): Promise<LoopbackProxy> {
  const sockets = new Set<Socket>()
  let aimed_at = 0
  let to_lose = 0
  const server = createServer((near) => {
    const far = open(aimed_at, '127.0.0.1')
    const cut = (): void => {
      near.destroy()
      far.destroy()
      sockets.delete(near)
    }
    sockets.add(near)
    for (const socket of [near, far]) socket.on('error', cut).on('close', cut)
    near.pipe(far)
    far.on('data', (bytes) => {
      if (losesAll || to_lose > 0) {
        to_lose = Math.max(0, to_lose - 1)
        cut()
      } else if (!near.write(bytes)) far.pause()
    })
    near.on('drain', () => far.resume())
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    port: portOf(server),
    aim(port) {
      aimed_at = port
    },
    loseNext(connections) {
      to_lose = connections
    },
    async close() {
      const closed = new Promise((resolve) => server.close(resolve))
      for (const socket of sockets) socket.destroy()
      await closed
    },
  }
}

function portOf(server: Server): number {
  const address = server.address()
  if (typeof address !== 'object' || address === null) throw new Error('the proxy does not listen')
  return address.port
}
