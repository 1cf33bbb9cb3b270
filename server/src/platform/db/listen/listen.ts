import type { Log } from '../../log.ts'
import { keepSession } from './kept-session.ts'

export interface ListenOptions {
  readonly url: string
  readonly channel: string
  /** Shown as the connection's application. */
  readonly name: string
  readonly log: Log
  onNotification(payload: string): void
  /** Called whenever the connection starts to listen, also after it was lost: notifications in between were missed. */
  onHearing?(): void
}

/** Listens on a channel over a connection of its own (PostgreSQL only), which is opened again when it is lost. */
export function listen({ url, channel, name, log, onNotification, onHearing }: ListenOptions): AsyncDisposable {
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
