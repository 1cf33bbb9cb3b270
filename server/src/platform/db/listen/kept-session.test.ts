import { afterAll, describe, expect, it } from 'vitest'
import { testDatabase } from '../../../../test/database.ts'
import { silent_log } from '../../log.ts'
import { keepSession } from './kept-session.ts'

const { url, sql } = await testDatabase()

/** Session locks are PostgreSQL's; the embedded database has one session, which nobody takes away. */
describe.skipIf(url === undefined)('a kept session', () => {
  const lock = 918_273
  let established = 0
  const lost: number[] = []
  let onEstablished: () => void = () => {}
  const session = keepSession({
    url: url ?? '',
    name: 'kept session test',
    log: silent_log,
    async establish(client) {
      await client.query('select pg_advisory_lock($1)', [lock])
      established += 1
      onEstablished()
    },
    onLost: () => void lost.push(established),
  })
  afterAll(() => session[Symbol.asyncDispose]())
  const holders = () => sql(`select pid from pg_locks where locktype = 'advisory' and objid = $1 and granted`, [lock])

  it('takes its lock again after the server ended the session', async () => {
    await session.ready
    const [before] = await holders()
    const again = new Promise<void>((resolve) => {
      onEstablished = resolve
    })
    await sql('select pg_terminate_backend($1)', [before?.pid])
    await again
    const [after] = await holders()
    expect(after?.pid).not.toBe(before?.pid)
    expect([established, lost]).toEqual([2, [1]])
  })
})
