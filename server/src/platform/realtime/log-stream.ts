import { Readable } from 'node:stream'
import type { FeedReset } from '@muster/contract/dashboard/feeds'
import { limits } from '@muster/contract/limits'
import { linkSignals } from '@muster/contract/platform/linked-signal'
import { cutText } from '@muster/contract/texts/graphemes'
import { streamTaskLog } from '@muster/contract/worker/operations'
import { pause } from '../concurrency/pause.ts'
import type { Db, TenantTx } from '../db/db.ts'
import { notFound } from '../errors.ts'
import { type RawAnswer, type Route, raw, route } from '../http/route.ts'
import { isUuid } from '../ids.ts'
import type { ConnectionLimits } from './connection-limits.ts'

export interface LogLine {
  readonly id: string
  readonly run_id: string
  readonly at: string
  readonly level: 'debug' | 'info' | 'warn' | 'error'
  readonly text: string
}

export interface LogPage {
  /** In the order of their ids, at most `limit`. */
  readonly lines: readonly LogLine[]
  /** Whether the task has ended, read before the lines: then no more lines follow. */
  readonly ended: boolean
}

/**
 * Reads lines of a task after a line's id; given by the module that owns the log. Undefined for a task that the
 * organization does not have.
 */
export type ReadLogs = (
  tx: TenantTx,
  organization_id: string,
  query: { readonly task_id: string; readonly after: string | undefined; readonly limit: number },
) => Promise<LogPage | undefined>

export interface LogStreams extends AsyncDisposable {
  readonly route: Route
  /**
   * Signals that a task has new lines or has ended, in this process; changes by other processes are found by looking.
   */
  wake(task_id: string): void
}

export interface LogStreamOptions {
  readonly db: Db
  readonly readLogs: ReadLogs
  readonly connection_limits: ConnectionLimits
  readonly heartbeat_ms?: number
  /** How soon it looks again after new lines; without new lines it looks ever less often. */
  readonly look_ms?: number
}

const lines_at_once = 500
const slowest_ms = 5_000

/** `GET /api/v1/logs/{task_id}/stream`: existing lines, then new ones, then `event: end`. */
export function createLogStreams(options: LogStreamOptions): LogStreams {
  const { db, readLogs, connection_limits, heartbeat_ms = limits.live_heartbeat_ms, look_ms = 1_000 } = options
  const stop = new AbortController()
  const { rest, wake } = createWaiters()
  const settings = { rest, look_ms, heartbeat_ms }

  function reader(organization_id: string, task_id: string) {
    return (after: string | undefined) =>
      db.transact({ organization_id }, (tx) => readLogs(tx, organization_id, { task_id, after, limit: lines_at_once }))
  }

  return {
    wake,
    route: route(
      streamTaskLog,
      async ({ caller, params, query, headers, signal: requestSignal }): Promise<RawAnswer> => {
        const { organization_id } = caller
        const { task_id } = params
        const { after, reset } = cursorOf(headers['last-event-id'] || query.after)
        const read = reader(organization_id, task_id)
        const first = await read(after)
        if (first === undefined) throw notFound('task', task_id)
        const connection = connection_limits.take(organization_id)
        const { signal, unlink } = linkSignals(requestSignal, stop.signal)
        const stream = Readable.from(piecesOf(first, { ...settings, task_id, read, signal, after, reset }), {
          objectMode: false,
        })
        stream.once('close', () => {
          unlink()
          connection[Symbol.dispose]()
        })
        return raw(stream)
      },
    ),
    async [Symbol.asyncDispose]() {
      stop.abort()
    },
  }
}

/** The pieces of a log's stream of server-sent events. */
async function* piecesOf(first: LogPage, options: FollowOptions): AsyncGenerator<string> {
  const { task_id, read, rest, signal, after, reset, look_ms, heartbeat_ms } = options
  yield ': log\n\n'
  if (reset) yield `event: reset\ndata: ${JSON.stringify(reset)}\n\n`
  let cursor = after
  let page: LogPage | undefined = first
  let silent_since = performance.now()
  for (let wait_ms = look_ms; page !== undefined; page = await read(cursor)) {
    if (page.lines.length > 0) {
      yield page.lines.map((line) => `id: ${line.id}\nevent: log\ndata: ${JSON.stringify(line)}\n\n`).join('')
      cursor = page.lines.at(-1)?.id
      wait_ms = look_ms
      silent_since = performance.now()
    }
    if (page.lines.length === lines_at_once) continue
    if (page.ended) break
    await rest(task_id, wait_ms, signal)
    if (signal.aborted)
      return yield ': closed, the server is shutting down; reconnect with the last ID\nretry: 1000\n\n'
    wait_ms = Math.min(slowest_ms, wait_ms * 1.5)
    if (performance.now() - silent_since < heartbeat_ms) continue
    yield ': heartbeat\n\n'
    silent_since = performance.now()
  }
  yield 'event: end\ndata: {}\n\n'
}

/** The streams that wait, by task. */
function createWaiters() {
  const waitersByTask = new Map<string, Set<() => void>>()
  return {
    wake(task_id: string): void {
      for (const wake of waitersByTask.get(task_id) ?? []) wake()
    },

    /** Resolves when the task is woken, or the signal aborts, or after `ms`. */
    async rest(task_id: string, ms: number, signal: AbortSignal): Promise<void> {
      const linked = linkSignals(signal)
      const wake = (): void => linked.abort()
      const taskWaiters = waitersByTask.get(task_id) ?? new Set()
      waitersByTask.set(task_id, taskWaiters.add(wake))
      await pause(ms, linked.signal)
      linked.unlink()
      taskWaiters.delete(wake)
      if (taskWaiters.size === 0) waitersByTask.delete(task_id)
    },
  }
}

interface FollowOptions {
  readonly task_id: string
  readonly read: (after: string | undefined) => Promise<LogPage | undefined>
  readonly signal: AbortSignal
  readonly after: string | undefined
  readonly reset: FeedReset | undefined
  readonly rest: ReturnType<typeof createWaiters>['rest']
  readonly look_ms: number
  readonly heartbeat_ms: number
}

/** A cursor that is no line begins the log again, and says so. */
function cursorOf(text: string | undefined): { readonly after: string | undefined; readonly reset?: FeedReset } {
  if (text === undefined || text === '') return { after: undefined }
  if (isUuid(text)) return { after: text }
  const after = cutText(text, limits.name_characters_max)
  return { after: undefined, reset: { type: 'reset', reason: 'unknown', after, cursor: 0 } }
}
