import { afterAll, describe, expect, it } from 'vitest'
import { migrationsDirectory } from '../../app/database.ts'
import { createDatabase } from './db.ts'
import { migrate } from './migrate.ts'
import { openPglite } from './pglite/pglite.ts'
import { sql } from './sql.ts'
import { createStorageCheck } from './storage-check.ts'

const source = await openPglite({ durable: false, shared_buffers_mb: 16 })
await migrate(source, migrationsDirectory())
const changes: (string | undefined)[] = []
const database = createDatabase(source, { onStorage: (outage) => void changes.push(outage?.cause) })
afterAll(() => database[Symbol.asyncDispose]())
const write = () => database.engine.transact((tx) => tx.execute(sql`update journal_cursor set next_xid = next_xid`))
const setReadOnly = (value: 'on' | 'off') =>
  source.use((connection) => connection.simple(`set default_transaction_read_only = ${value}`))

describe('a database that takes no writes', () => {
  it('is said to be so by the failed write and by readiness, with a remedy, until it takes them again', async () => {
    const check = createStorageCheck(database.engine, database.storage)
    expect(await check({ thorough: false })).toEqual({ status: 'ok' })
    await setReadOnly('on')
    // Nothing is known before somebody writes; whoever looks for what is wrong finds it.
    expect(await check({ thorough: false })).toEqual({ status: 'ok' })
    await expect(write()).rejects.toMatchObject({ code: 'unavailable', detail: { remedy: expect.any(String) } })
    expect(await check({ thorough: false })).toMatchObject({
      status: 'failing',
      message: 'The database is read-only.',
    })
    await setReadOnly('off')
    const later = createStorageCheck(database.engine, database.storage)
    expect(await later({ thorough: false })).toEqual({ status: 'ok' })
    expect(changes).toEqual(['The database is read-only', undefined])
  })

  it('is found by a thorough look before anybody writes', async () => {
    await setReadOnly('on')
    const check = createStorageCheck(database.engine, database.storage)
    expect(await check({ thorough: true })).toMatchObject({ status: 'failing' })
    await setReadOnly('off')
  })
})
