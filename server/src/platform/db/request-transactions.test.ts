import { describe, expect, it } from 'vitest'
import { testDatabase } from '../../../test/database.ts'
import type { Caller } from '../caller.ts'
import { newId } from '../ids.ts'
import { createRequestTransactions, removeOldIdempotencyKeys } from './request-transactions.ts'
import { sql } from './sql.ts'

const database = await testDatabase()
const transactions = createRequestTransactions(database.db)

interface Key {
  readonly key: string
  readonly body?: string
  readonly operation?: string
}

function caller(
  { key, body = 'a', operation = 'notes.create' }: Key,
  of = { organization_id: newId(), key_id: newId() },
) {
  const replays: string[] = []
  const found: Caller = {
    organization_id: of.organization_id,
    principal: { kind: 'key', id: of.key_id },
    agent_id: null,
    permissions: new Set(),
    request_id: 'r',
    idempotency: { key, operation, body_sha256: body, onReplayed: () => void replays.push(key) },
  }
  return { ...found, replays }
}

const of = () => ({ organization_id: newId(), key_id: newId() })

/** Something a caller could see twice. */
async function effect(by: Caller): Promise<{ count: number }> {
  return transactions.write(by, async (tx) => {
    await tx.execute(sql`
      insert into journal_listeners (organization_id, name, next_number) values (${by.organization_id}, 'n', 1)
      on conflict (organization_id, name) do update set next_number = journal_listeners.next_number + 1`)
    const row = await tx.row<{ count: number }>(
      sql`select next_number as count from journal_listeners where organization_id = ${by.organization_id}`,
    )
    return { count: row?.count ?? 0 }
  })
}

describe('write', () => {
  it('does it each time without a key', async () => {
    const { idempotency: _none, ...by } = caller({ key: 'k' })
    expect([await effect(by), await effect(by)]).toEqual([{ count: 1 }, { count: 2 }])
  })

  it('does it once for a key, and gives the stored answer after that', async () => {
    const who = of()
    const first = caller({ key: 'k' }, who)
    const again = caller({ key: 'k' }, who)
    expect([await effect(first), await effect(again)]).toEqual([{ count: 1 }, { count: 1 }])
    expect([first.replays, again.replays]).toEqual([[], ['k']])
    expect(await effect(caller({ key: 'other' }, who))).toEqual({ count: 2 })
  })

  it('keeps keys apart by who calls', async () => {
    const organization_id = newId()
    expect(await effect(caller({ key: 'k' }, { organization_id, key_id: newId() }))).toEqual({ count: 1 })
    expect(await effect(caller({ key: 'k' }, { organization_id, key_id: newId() }))).toEqual({ count: 2 })
    expect(await effect(caller({ key: 'k' }))).toEqual({ count: 1 })
  })

  it('refuses the key for another body and for another operation', async () => {
    const who = of()
    await effect(caller({ key: 'k' }, who))
    await expect(effect(caller({ key: 'k', body: 'b' }, who))).rejects.toMatchObject({ code: 'idempotency_mismatch' })
    await expect(effect(caller({ key: 'k', operation: 'x' }, who))).rejects.toMatchObject({
      code: 'idempotency_mismatch',
    })
  })

  it('forgets the key where the write failed', async () => {
    const who = of()
    const failed = transactions.write(caller({ key: 'k' }, who), () => Promise.reject(new Error('no')))
    await expect(failed).rejects.toThrow('no')
    expect(await effect(caller({ key: 'k', body: 'b' }, who))).toEqual({ count: 1 })
  })

  it('does it once for two at the same time', async () => {
    const who = of()
    const answers = await Promise.all([1, 2, 3, 4].map(() => effect(caller({ key: 'k' }, who))))
    expect(answers).toEqual([{ count: 1 }, { count: 1 }, { count: 1 }, { count: 1 }])
  })

  it.runIf(database.db.engine_name === 'postgres')('does not wait for ever for the other one', async () => {
    const who = of()
    let finish = (): void => {}
    const blocked = new Promise<void>((resolve) => {
      finish = resolve
    })
    let started = (): void => {}
    const running = new Promise<void>((resolve) => {
      started = resolve
    })
    const slow = transactions.write(caller({ key: 'k' }, who), async () => {
      started()
      await blocked
      return { slow: true }
    })
    await running
    await expect(effect(caller({ key: 'k' }, who))).rejects.toMatchObject({ code: 'idempotency_in_flight' })
    finish()
    expect(await slow).toEqual({ slow: true })
    expect(await effect(caller({ key: 'k' }, who))).toEqual({ slow: true })
  })

  it('forgets keys after a day, whether they were cleared away or not', async () => {
    const who = of()
    const cleared = of()
    await effect(caller({ key: 'k' }, who))
    await effect(caller({ key: 'k' }, cleared))
    await database.clock.advance(25 * 60 * 60_000)
    expect(await effect(caller({ key: 'k', body: 'b' }, who))).toEqual({ count: 2 })
    await database.engine.transact(removeOldIdempotencyKeys)
    await database.engine.transact(removeOldIdempotencyKeys)
    const left = await database.sql('select from idempotency_keys where organization_id = any($1)', [
      [who.organization_id, cleared.organization_id],
    ])
    expect(left.length).toBe(1)
  })
})
