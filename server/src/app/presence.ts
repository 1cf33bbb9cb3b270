import { limits } from '@muster/contract/limits'
import { judgePresence, type MissingLock } from '../modules/worker/rules/presence.rules.ts'
import { processStore } from '../modules/worker/store/process.store.ts'
import type { Engine } from '../platform/db/db.ts'
import { keepSession } from '../platform/db/kept-session.ts'
import type { Log } from '../platform/log.ts'

/** Who of the installation's processes is gone, and the proof that this one is not. */
export interface Presence extends AsyncDisposable {
  /** Resolves when this process holds its lock. */
  readonly ready: Promise<void>
  /** Processes that are gone, whose leases nobody keeps. */
  dead(): Promise<readonly string[]>
  /**
   * Whether this process lost its own session a moment ago. Then others have probably lost theirs too, and what the
   * database says of their locks and heartbeats is no proof that they are gone.
   */
  isRecovering(): boolean
}

export interface PresenceOptions {
  readonly engine: Engine
  /** Absent: the embedded database, which has one process. */
  readonly database_url: string | undefined
  /** The worker of this process; absent: it has none, and only watches the others. */
  readonly process_id: string | undefined
  readonly log: Log
  /** The session was lost and is back: a heartbeat is due. */
  onRecovered(): void
}

/** How long a lock stays free before its process counts as dead: many times what taking it again needs. */
const grace_ms = 4_000
/** After a lost session: every process that lives has sent a heartbeat by then. */
const recovery_ms = limits.heartbeat_ms + grace_ms

/**
 * Holds the session advisory lock that says "this process lives" for as long as it does, on a connection of its own that
 * is opened again when it is lost, and watches the locks of the others. The embedded database has one process and one
 * connection: there the directory's lock says it, and every other process is gone.
 */
export function createPresence(options: PresenceOptions): Presence {
  const { engine, database_url, process_id } = options
  if (database_url === undefined)
    return {
      ready: Promise.resolve(),
      dead: () => engine.transact((tx) => processStore.others(tx, process_id)),
      isRecovering: () => false,
      async [Symbol.asyncDispose]() {},
    }
  return createSharedPresence({ ...options, database_url })
}

function createSharedPresence(options: PresenceOptions & { readonly database_url: string }): Presence {
  const { engine, database_url, process_id, log } = options
  let missing: ReadonlyMap<string, MissingLock> = new Map()
  let lost_at = Number.NEGATIVE_INFINITY
  const isRecovering = (): boolean => performance.now() - lost_at < recovery_ms
  const session = keepSession({
    url: database_url,
    name: 'presence',
    log,
    async establish(client) {
      if (process_id !== undefined) await client.query('select pg_advisory_lock(hashtextextended($1, 0))', [process_id])
      if (lost_at > Number.NEGATIVE_INFINITY) {
        lost_at = performance.now()
        options.onRecovered()
      }
    },
    onLost() {
      lost_at = performance.now()
      missing = new Map()
    },
  })
  return {
    ready: session.ready,
    isRecovering,
    async dead() {
      const sightings = await engine.transact((tx) => processStore.sightings(tx, process_id))
      if (isRecovering()) return []
      const judged = judgePresence(missing, sightings, { now_ms: performance.now(), grace_ms })
      missing = judged.missing
      return judged.dead
    },
    [Symbol.asyncDispose]: () => session[Symbol.asyncDispose](),
  }
}
