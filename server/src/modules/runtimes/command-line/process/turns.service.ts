import { setImmediate as nextTurn } from 'node:timers/promises'

/**
 * The last action for each resource of this process, such as a repository: git fails where two work trees of one are
 * made at once.
 */
const last = new Map<string, Promise<unknown>>()

/** Runs `act` after all earlier ones for the same resource, one at a time, yielding between two. */
export async function inTurn<T>(what: string, act: () => T | Promise<T>): Promise<T> {
  const before = last.get(what)
  const mine = (async () => {
    // Failures of earlier actions concern their own callers.
    await before?.catch(() => {})
    await nextTurn()
    return act()
  })()
  last.set(what, mine)
  try {
    return await mine
  } finally {
    if (last.get(what) === mine) last.delete(what)
  }
}
