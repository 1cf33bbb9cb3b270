import type { ConnectionSource } from '../platform/db/connection.ts'

/**
 * Holds the session advisory lock that says "this process lives", on a connection of its own, for as long as it does. The
 * sweeper ends the leases of a process whose lock is free. The embedded database has one process and one connection:
 * there the directory's lock says it, and nothing is held.
 */
export async function holdPresence(source: ConnectionSource, process_id: string): Promise<AsyncDisposable> {
  if (source.engine === 'pglite') return { async [Symbol.asyncDispose]() {} }
  let release: () => void = () => {}
  const released = new Promise<void>((resolve) => {
    release = resolve
  })
  let held: () => void = () => {}
  const holding = new Promise<void>((resolve) => {
    held = resolve
  })
  const session = source.use(async (connection) => {
    await connection.query({
      text: 'select pg_advisory_lock(hashtextextended($1, 0))',
      values: [process_id],
      name: undefined,
    })
    held()
    await released
    await connection.query({ text: 'select pg_advisory_unlock_all()', values: [], name: undefined })
  })
  await Promise.race([holding, session])
  return {
    async [Symbol.asyncDispose]() {
      release()
      await session.catch(() => {})
    },
  }
}
