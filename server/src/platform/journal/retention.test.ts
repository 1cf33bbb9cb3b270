import { describe, expect, it } from 'vitest'
import { testDatabase } from '../../../test/database.ts'
import { newId } from '../ids.ts'
import { system_principal } from '../principal.ts'
import { read } from './reader.ts'
import { createJournalRetention } from './retention.ts'
import { newSignerPem, signerFrom } from './seal.ts'
import { createSequencer } from './sealing/sequencer.ts'
import { createVerifier } from './verify/verify.ts'

const database = await testDatabase()
const { db, engine, journal, clock } = database
const sequencer = createSequencer({ engine, signer: signerFrom(newSignerPem()) })
const verify = createVerifier({ engine })
const days = 10
const retire = createJournalRetention({ engine, journal, days })
const day_ms = 86_400_000

async function record(organization_id: string, count: number): Promise<void> {
  const events = Array.from({ length: count }, (_, n) => ({
    type: 'goal.created' as const,
    actor: system_principal,
    data: { n },
  }))
  await engine.transact(async (tx) => journal.record(tx, organization_id, events))
}

async function seal(): Promise<void> {
  for (;;) {
    const sealed = await sequencer.seal()
    if (!sealed.more && !sealed.waiting) return
  }
}

const numbers = (organization_id: string) =>
  db.transact({ organization_id }, async (tx) => {
    const page = await read(tx, organization_id, { limit: 2_000, order: 'oldest' })
    return page.events.map(({ number }) => number)
  })

/** A chain with three old events and two young ones, in a segment each; the old ones are removed. */
async function retiredChain(): Promise<string> {
  const organization_id = newId()
  for (const count of [1, 2]) {
    await record(organization_id, count)
    await seal()
  }
  await clock.advance(days * day_ms + 1)
  await record(organization_id, 2)
  await seal()
  await retire()
  return organization_id
}

describe('events that are older than they are kept', () => {
  it('go, the others stay with their numbers, and the chain verifies from there', async () => {
    const organization_id = await retiredChain()
    expect(await numbers(organization_id)).toEqual([4, 5])
    // The event that tells it has no number yet, and verifying does not wait for it.
    expect(await verify(organization_id)).toMatchObject({ valid: true, retired_through: 3, unsealed: 1 })
    await seal()
    expect(await numbers(organization_id)).toEqual([4, 5, 6])
    expect(await verify(organization_id)).toMatchObject({ valid: true, retired_through: 3, problems: [] })
  })

  it('go once, however often it is asked, also at the same time', async () => {
    const organization_id = await retiredChain()
    await Promise.all([retire(), retire()])
    await seal()
    expect(await numbers(organization_id)).toEqual([4, 5, 6])
  })

  it('stay where an entry goes on in a segment that stays, and where they are the newest of the chain', async () => {
    const organization_id = newId()
    // One entry over two segments, since a segment holds 512 events.
    await record(organization_id, 513)
    await seal()
    await clock.advance(days * day_ms + 1)
    await retire()
    expect(await verify(organization_id)).toMatchObject({ valid: true, retired_through: 0, events: 513 })
  })
})

describe('a chain whose beginning was taken away', () => {
  it('does not verify where no event of it says so', async () => {
    const organization_id = newId()
    await record(organization_id, 1)
    await seal()
    const [{ head }] = (await database.sql(
      `with gone as (delete from journal_entries where organization_id = $1)
       delete from journal_segments where organization_id = $1 returning head`,
      [organization_id],
    )) as [{ head: Buffer }]
    await database.sql(`insert into journal_retired (organization_id, through_number, head) values ($1, 1, $2)`, [
      organization_id,
      head,
    ])
    await record(organization_id, 1)
    await seal()
    const { valid, problems } = await verify(organization_id)
    expect([valid, problems.map(({ problem }) => problem)]).toEqual([false, ['retired']])
  })

  it('does not verify where something else waits for its number', async () => {
    const organization_id = await retiredChain()
    await seal()
    await database.sql(`update journal_retired set through_number = 4 where organization_id = $1`, [organization_id])
    await record(organization_id, 1)
    const { valid, problems } = await verify(organization_id)
    expect([valid, problems.map(({ problem }) => problem)]).toEqual([false, ['gap', 'retired']])
  })

  it('does not verify where the head was changed in which it ended', async () => {
    const organization_id = await retiredChain()
    await seal()
    await database.sql(`update journal_retired set head = sha256('another') where organization_id = $1`, [
      organization_id,
    ])
    const { valid, problems } = await verify(organization_id)
    expect([valid, problems.map(({ problem }) => problem)]).toEqual([false, ['chain', 'retired']])
  })
})
