import { afterAll, expect, it } from 'vitest'
import { emptyDatabase } from '../../../test/database.ts'
import { createDatabase } from '../db/db.ts'
import { migrate } from '../db/migrate.ts'
import { newId } from '../ids.ts'
import { system_principal } from '../principal.ts'
import { currentEpoch } from './epoch.ts'
import { read } from './reader.ts'
import { createJournal } from './record.ts'
import { newSignerPem, signerFrom } from './seal.ts'
import { createSequencer } from './sealing/sequencer.ts'
import { createVerifier } from './verify/verify.ts'

const { source, drop } = await emptyDatabase()
afterAll(drop)
await migrate(source, new URL('../../../migrations/', import.meta.url))
const { db, engine } = createDatabase(source)
const sequencer = createSequencer({ engine, signer: signerFrom(newSignerPem()) })
const verify = createVerifier({ engine })
const organization_id = newId()
let said = 0

async function record(epoch: number, count: number): Promise<void> {
  const journal = createJournal({ epoch, onRecorded: () => {} })
  for (let left = count; left > 0; left--) {
    said += 1
    const data = { n: said }
    await engine.transact(async (tx) =>
      journal.record(tx, organization_id, [{ type: 'task.ready', actor: system_principal, data }]),
    )
  }
}

async function seal(): Promise<void> {
  for (;;) {
    const { more, waiting } = await sequencer.seal()
    if (!more && !waiting) return
  }
}

const owner = (text: string) => source.use((connection) => connection.simple(text))

/** As a restore on a server that has given fewer transaction ids: those of the journal are ahead of it. */
function moveToFreshServer(): Promise<void> {
  const later = (column: string) => `${column} = (${column}::text::bigint + 1000000)::text::xid8`
  return owner(`update journal_entries set ${later('xid')}; update journal_cursor set ${later('next_xid')}`)
}

it('begins anew where the transaction ids of the journal are another server’s, and everything keeps its order', async () => {
  expect(await engine.transact(currentEpoch)).toBe(1)
  await record(1, 3)
  await seal()
  await record(1, 2)
  // Two entries had not been sealed when the dump was made.
  await moveToFreshServer()
  expect([await engine.transact(currentEpoch), await engine.transact(currentEpoch)]).toEqual([2, 2])
  await record(2, 2)
  expect((await verify(organization_id)).unsealed).toBe(4)
  await seal()
  await record(2, 1)
  await seal()
  expect(await verify(organization_id)).toMatchObject({ valid: true, events: 8, unsealed: 0, problems: [] })
  const page = await db.transact({ organization_id }, (tx) =>
    read(tx, organization_id, { after: 0, limit: 20, order: 'oldest', filters: {} }),
  )
  expect(page.events.map(({ data }) => data.n)).toEqual([1, 2, 3, 4, 5, 6, 7, 8])
  expect(await engine.transact(currentEpoch)).toBe(2)
})

it('is raised again by each restore', async () => {
  await record(2, 1)
  await moveToFreshServer()
  expect(await engine.transact(currentEpoch)).toBe(3)
  await record(3, 1)
  await moveToFreshServer()
  expect(await engine.transact(currentEpoch)).toBe(4)
  await record(4, 1)
  await seal()
  expect(await verify(organization_id)).toMatchObject({ valid: true, events: 11, unsealed: 0 })
})
