/** One look of this process at another one in the database. */
export interface ProcessSighting {
  readonly id: string
  /** Nobody holds the advisory lock of the process. */
  readonly is_lock_free: boolean
  /** Its last heartbeat. */
  readonly seen_at: string
}

/** A process that was seen without its lock: since when, and its last heartbeat at that time. */
export interface MissingLock {
  readonly since_ms: number
  readonly seen_at: string
}

/**
 * Decides whether a process is dead: its lock stayed free for the grace period and no heartbeat came meanwhile, since a
 * living process takes its lock again soon after it lost its session.
 */
export function judgePresence(
  earlierLocks: ReadonlyMap<string, MissingLock>,
  sightings: readonly ProcessSighting[],
  { now_ms, grace_ms }: { readonly now_ms: number; readonly grace_ms: number },
): { readonly dead: readonly string[]; readonly missing: ReadonlyMap<string, MissingLock> } {
  const missingLocks = new Map<string, MissingLock>()
  const dead: string[] = []
  for (const { id, is_lock_free, seen_at } of sightings) {
    if (!is_lock_free) continue
    const before = earlierLocks.get(id)
    const lock = before?.seen_at === seen_at ? before : { since_ms: now_ms, seen_at }
    missingLocks.set(id, lock)
    if (now_ms - lock.since_ms >= grace_ms) dead.push(id)
  }
  return { dead, missing: missingLocks }
}
