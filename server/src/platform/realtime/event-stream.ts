import { Readable } from 'node:stream'
import { streamEvents } from '@muster/contract/dashboard/operations'
import { feedFilters } from '@muster/contract/events'
import { limits } from '@muster/contract/limits'
import { type HttpRequest, type RawAnswer, type Route, raw, route } from '../http/route.ts'
import type { EventFilters } from '../journal/reader.ts'
import { keyIdOf } from '../principal.ts'
import type { ConnectionLimits } from './connection-limits.ts'
import type { Feeds, Subscription } from './feeds.ts'
import { textOf } from './wire.ts'

export interface EventStreamOptions {
  readonly feeds: Feeds
  readonly connection_limits: ConnectionLimits
  readonly heartbeat_ms?: number
}

/** `GET /api/v1/events/stream` */
export function eventStreamRoute({
  feeds,
  connection_limits,
  heartbeat_ms = limits.live_heartbeat_ms,
}: EventStreamOptions): Route {
  return route(streamEvents, async ({ caller, query, headers, signal }): Promise<RawAnswer> => {
    const { organization_id } = caller
    const key_id = keyIdOf(caller.principal)
    const connection = connection_limits.take(organization_id)
    try {
      const after = headers['last-event-id'] || query.after
      const subscription = await feeds.subscribe({ organization_id, key_id, after, filters: filtersOf(query) })
      return raw(streamOf({ pieces: piecesOf(subscription, heartbeat_ms), subscription, connection, signal }))
    } catch (error) {
      connection[Symbol.dispose]()
      throw error
    }
  })
}

export function filtersOf(query: HttpRequest<typeof streamEvents>['query']): EventFilters {
  const { project_id, goal_id, task_id, family } = query
  return { project_id, goal_id, task_id, families: family === undefined ? undefined : feedFilters[family] }
}

/**
 * The pieces of a stream of server-sent events. It begins with the cursor, and each heartbeat repeats it, so that a
 * client which reconnects after a long silence has little to read.
 */
async function* piecesOf(subscription: Subscription, heartbeat_ms: number): AsyncGenerator<string> {
  const { reset } = subscription
  const notice = reset && `event: reset\ndata: ${JSON.stringify(reset)}\n`
  yield `: events\nid: ${subscription.cursor()}\n${notice ?? ''}\n`
  for (;;) {
    const events = await subscription.next(heartbeat_ms)
    if (events === undefined) break
    if (events.length === 0) yield `: heartbeat\nid: ${subscription.cursor()}\n\n`
    else yield events.map((event) => `id: ${event.number}\ndata: ${textOf(event)}\n\n`).join('')
  }
  yield `: closed, ${reasons[String(subscription.ended.reason)] ?? 'ended'}\nretry: 1000\n\n`
}

const reasons: Readonly<Record<string, string>> = {
  slow: 'client too slow; reconnect with the last ID',
  revoked: 'the key was revoked',
  shutdown: 'the server is shutting down; reconnect with the last ID',
}

/** Cuts off a reader that takes nothing any more; it can reconnect with its last id. */
function streamOf(options: {
  readonly pieces: AsyncGenerator<string>
  readonly subscription: Subscription
  readonly connection: Disposable
  readonly signal: AbortSignal
}): Readable {
  const { pieces, subscription, connection, signal } = options
  const stream = Readable.from(pieces, { objectMode: false })
  const leave = (): void => {
    subscription[Symbol.dispose]()
    connection[Symbol.dispose]()
  }
  signal.addEventListener('abort', leave)
  if (signal.aborted) leave()
  stream.once('close', leave)
  subscription.ended.addEventListener('abort', () => {
    if (subscription.ended.reason === 'slow') stream.destroy()
  })
  return stream
}
