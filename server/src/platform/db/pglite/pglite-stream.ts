import { EventEmitter } from 'node:events'
import type { PgliteThread } from './pglite-thread.ts'
import { frames } from './protocol.ts'

const authenticated = Buffer.from([0x52, 0, 0, 0, 8, 0, 0, 0, 0, 0x5a, 0, 0, 0, 5, 0x49])

/** A socket for `pg.Client`: whole protocol exchanges go to the thread, and its bytes come back as data. */
export function pgliteStream(thread: PgliteThread): EventEmitter {
  const collect = frames()
  const stream = new EventEmitter()
  let hasStarted = false
  let pendingBytes: Buffer[] = []
  const send = (): void => {
    const bytes = Buffer.concat(pendingBytes)
    pendingBytes = []
    thread.ask({ kind: 'exchange', bytes }).then(
      // The thread gives only bytes for an exchange.
      (answer) => stream.emit('data', Buffer.from((answer as Uint8Array).buffer)),
      (error) => stream.emit('error', error),
    )
  }
  const write = (bytes: Buffer): boolean => {
    if (!hasStarted) {
      hasStarted = true
      queueMicrotask(() => stream.emit('data', authenticated))
      return true
    }
    const exchange = collect(bytes)
    if (!exchange) return true
    if (pendingBytes.length === 0) process.nextTick(send)
    pendingBytes.push(...exchange)
    return true
  }
  const end = (): void => void queueMicrotask(() => stream.emit('close'))
  return Object.assign(stream, {
    writable: true,
    connect: () => queueMicrotask(() => stream.emit('connect')),
    write,
    end,
    destroy: end,
    setNoDelay: () => {},
    setKeepAlive: () => {},
    ref: () => {},
    unref: () => {},
  })
}
