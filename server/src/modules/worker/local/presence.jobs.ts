import { limits } from '@muster/contract/limits'
import type { Engine } from '../../../platform/db/db.ts'
import { keepSession } from '../../../platform/db/listen/kept-session.ts'
import type { Log } from '../../../platform/log.ts'
import { judgePresence, type MissingLock } from '../rules/presence.rules.ts'
import { processStore } from '../store/process.store.ts'

/** Who of the installation's processes is gone, and the proof that this one is not. */
export interface Presence extends AsyncDisposable {
  /** Resolves when this process holds its lock. */
  readonly ready: Promise<void>
  /**
   * Processes that are gone, whose leases nobody keeps. Undefined after an outage: others had it too, and what the
   * database says of their locks, heartbeats and leases is no proof that they are gone.
   */
  dead(): Promise<readonly string[] | undefined>
}

export interface PresenceOptions {
  readonly engine: Engine
  /** When the database last failed, of `performance.now`. */
  outageAt(): number
  /** Absent: the embedded database, which has one process. */
  readonly database_url: string | undefined
  /** The worker of this process; absent: it has none, and only watches the others. */
  readonly process_id: string | undefined
  readonly log: Log
  /** The session was lost and is back: a heartbeat is due. */
  onRecovered(): void
}

/** How long a lock stays free before its process counts as dead: longer than a heartbeat, so that only who missed one does. */
const grace_ms = limits.heartbeat_ms + 2_000
/** After a lost session or an outage: every process that lives has sent a heartbeat by then. */
const recovery_ms = limits.heartbeat_ms + 4_000

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
      async dead() {
        if (performance.now() - options.outageAt() < recovery_ms) return undefined
        return engine.transact((tx) => processStore.others(tx, process_id))
      },
      async [Symbol.asyncDispose]() {},
    }
  return createSharedPresence({ ...options, database_url })
}

function createSharedPresence(options: PresenceOptions & { readonly database_url: string }): Presence {
  const { engine, database_url, process_id, log } = options
  let missingLocks: ReadonlyMap<string, MissingLock> = new Map()
  let lostAt = Number.NEGATIVE_INFINITY
  let isEstablished = false
  const isRecovering = (): boolean =>
    !isEstablished || performance.now() - Math.max(lostAt, options.outageAt()) < recovery_ms
  const session = keepSession({
    url: database_url,
    name: 'presence',
    log,
    async establish(client) {
      if (process_id !== undefined) await client.query('select pg_advisory_lock(hashtextextended($1, 0))', [process_id])
      isEstablished = true
      if (lostAt > Number.NEGATIVE_INFINITY) {
        lostAt = performance.now()
        options.onRecovered()
      }
    },
    onLost() {
      isEstablished = false
      lostAt = performance.now()
      missingLocks = new Map()
    },
  })
  return {
    ready: session.ready,
    async dead() {
      const sightings = await engine.transact((tx) => processStore.sightings(tx, process_id))
      if (isRecovering()) return undefined
      const judgement = judgePresence(missingLocks, sightings, { now_ms: performance.now(), grace_ms })
      missingLocks = judgement.missing
      return judgement.dead
    },
    [Symbol.asyncDispose]: () => session[Symbol.asyncDispose](),
  }
}
