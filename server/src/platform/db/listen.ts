import type { Log } from '../log.ts'
import { keepSession } from './kept-session.ts'

export interface Listening {
  readonly url: string
  readonly channel: string
  /** Shown as the connection's application. */
  readonly name: string
  readonly log: Log
  onNotification(payload: string): void
  /** Called whenever the connection hears, the first time and again after it was lost: what came meanwhile went unheard. */
  onHearing?(): void
}

/** Hears a channel over a connection of its own (PostgreSQL only), opened again whenever it is lost. */
export function listen({ url, channel, name, log, onNotification, onHearing }: Listening): AsyncDisposable {
  return keepSession({
    url,
    name,
    log,
    onNotification,
    async establish(client) {
      await client.query(`listen ${channel}`)
      onHearing?.()
    },
  })
}
