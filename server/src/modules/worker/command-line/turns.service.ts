import { setImmediate as nextTurn } from 'node:timers/promises'

/**
 * Who waits for what, in this process. It is shared by all runs because what they wait for is: git keeps no two work
 * trees of one repository from being made at once, and fails where they are.
 */
const last = new Map<string, Promise<unknown>>()

/** Acts after all who asked for the same before, one at a time, with room for others between two. */
export async function inTurn<T>(what: string, act: () => T | Promise<T>): Promise<T> {
  const before = last.get(what)
  const mine = (async () => {
    // How it went for those before is theirs to hear.
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
