import { limits } from '@muster/contract/limits'
import type { Config } from '../../platform/config.ts'
import type { Route } from '../../platform/http/route.ts'
import type { Http } from '../../platform/http/server.ts'
import { nil_id } from '../../platform/ids.ts'
import { listenForSealed } from '../../platform/journal/notifications.ts'
import type { Log } from '../../platform/log.ts'
import { createConnectionLimits } from '../../platform/realtime/connection-limits.ts'
import { eventStreamRoute } from '../../platform/realtime/event-stream.ts'
import { createFeeds } from '../../platform/realtime/feeds.ts'
import { createLogStreams } from '../../platform/realtime/log-stream.ts'
import { attachSockets, socketRoute } from '../../platform/realtime/sockets.ts'
import type { Program } from '../compose.ts'
import { createStack } from '../stack.ts'

export interface Live {
  readonly routes: readonly Route[]
  /** Takes WebSockets of a server; disposing says goodbye to all who listen. */
  attach(http: Http): AsyncDisposable
}

/** The live feeds over WebSocket and server-sent events, from segments by cursor. */
export function openLive(program: Program, { config, log }: { readonly config: Config; readonly log: Log }): Live {
  const { db, sealed, leases, planner } = program
  const max = limits.websockets_per_organization_max
  const feeds = createFeeds({ db, sealed, log })
  const logs = createLogStreams({
    db,
    connection_limits: createConnectionLimits({ what: 'log streams', max }),
    async readLogs(tx, organization_id, { task_id, after, limit }) {
      const [state] = await planner.states(tx, [{ organization_id, task_id }])
      if (!state) return undefined
      const lines = await leases.logs(tx, organization_id, { task_id, after: after ?? nil_id, limit })
      return { lines, ended: state.ended }
    },
  })
  const streams = eventStreamRoute({ feeds, connection_limits: createConnectionLimits({ what: 'event streams', max }) })
  return {
    routes: [streams, logs.route, socketRoute],
    attach({ app, admit }) {
      const stack = createStack()
      stack.use(feeds)
      stack.use(logs)
      if (config.database_url !== undefined) stack.use(listenForSealed({ url: config.database_url, sealed, log }))
      stack.use(
        attachSockets({
          server: app.server,
          admit,
          feeds,
          connection_limits: createConnectionLimits({ what: 'WebSockets', max }),
          log,
        }),
      )
      return stack
    },
  }
}
