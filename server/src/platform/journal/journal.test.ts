import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { EventType } from '@muster/contract/events'
import { describe, expect, it } from 'vitest'
import { testDatabase } from '../../../test/database.ts'
import { sql } from '../db/sql.ts'
import { createDispatch } from '../dispatch/dispatch.ts'
import { newId } from '../ids.ts'
import { silent_log } from '../log.ts'
import { system_principal } from '../principal.ts'
import { erasePayload } from './erase.ts'
import type { JournalEvent } from './events.ts'
import { createJournalLag, journalHealth } from './lag.ts'
import { createListeners } from './listeners.ts'
import { listenForSealed, notifySealed } from './notifications.ts'
import { type EventFilters, head, read } from './reader.ts'
import { createJournal } from './record.ts'
import { newSignerPem, signerFrom } from './seal.ts'
import { createSealedSignal } from './sealed-signal.ts'
import { createHeads } from './sealing/heads.ts'
import { startSealing } from './sealing/sealing-loop.ts'
import { createSequencer, type SealedBatch } from './sealing/sequencer.ts'
import { createVerifier } from './verify/verify.ts'

const database = await testDatabase()
const { db, engine, journal } = database
const many_sessions = db.engine_name === 'postgres'
const signer = signerFrom(newSignerPem())
const sequencer = createSequencer({ engine, signer })
const verify = createVerifier({ engine })

const say = (type: EventType, n: number, more: object = {}) => ({ type, actor: system_principal, data: { n }, ...more })
const numbersOf = (events: readonly JournalEvent[]) => events.map((event) => event.number)
const sequence = (length: number, from = 1) => Array.from({ length }, (_, index) => from + index)
const saidBy = (events: readonly JournalEvent[]) => events.map((event) => event.data.n)

async function record(organization_id: string, events: Parameters<typeof journal.record>[2]): Promise<void> {
  await engine.transact(async (tx) => journal.record(tx, organization_id, events))
}

async function sealAll(): Promise<number> {
  let events = 0
  for (;;) {
    const sealed = await sequencer.seal()
    events += sealed.events
    if (!sealed.more && !sealed.waiting) return events
  }
}

function readAll(organization_id: string, filters: EventFilters = {}): Promise<readonly JournalEvent[]> {
  return db.transact({ organization_id }, async (tx) => {
    const events: JournalEvent[] = []
    for (let after = 0; ; ) {
      const page = await read(tx, organization_id, { after, limit: 7, order: 'oldest', filters })
      events.push(...page.events)
      after = page.cursor
      if (!page.more) return events
    }
  })
}

function deferred(): { readonly promise: Promise<void>; readonly resolve: () => void } {
  let resolve: () => void = () => {}
  const promise = new Promise<void>((done) => {
    resolve = done
  })
  return { promise, resolve }
}

/** A transaction that has its place in the order of transactions, and commits when it is told. */
async function heldTransaction(organization_id: string, n: number) {
  const begun = deferred()
  const commit = deferred()
  const committed = engine.transact(async (tx) => {
    await tx.row(sql`select pg_current_xact_id()::text`)
    journal.record(tx, organization_id, [say('task.ready', n), say('task.done', n)])
    begun.resolve()
    await commit.promise
  })
  await begun.promise
  return async (): Promise<void> => {
    commit.resolve()
    await committed
  }
}

describe('sealing', () => {
  it.runIf(many_sessions)(
    'shows every row to every reader once, though rows are committed in reverse order',
    async () => {
      const organization_id = newId()
      const commits: (() => Promise<void>)[] = []
      for (const n of sequence(5)) commits.push(await heldTransaction(organization_id, n))
      const readers = sequence(3).map(() => ({ after: 0, seen: [] as JournalEvent[] }))
      const everybodyReads = () =>
        db.transact({ organization_id }, async (tx) => {
          for (const reader of readers) {
            const page = await read(tx, organization_id, { after: reader.after, limit: 100, order: 'oldest' })
            reader.after = page.cursor
            reader.seen.push(...page.events)
          }
        })
      for (const commit of commits.reverse()) {
        await commit()
        await sequencer.seal()
        await everybodyReads()
      }
      for (const { seen } of readers) {
        expect(numbersOf(seen)).toEqual(sequence(10))
        expect(saidBy(seen)).toEqual([1, 1, 2, 2, 3, 3, 4, 4, 5, 5])
        expect(new Set(seen.map((event) => event.id)).size).toBe(10)
      }
    },
  )

  it.runIf(many_sessions)('is held back by an open transaction only until that ends', async () => {
    const organization_id = newId()
    const commit = await heldTransaction(organization_id, 1)
    await record(organization_id, [say('goal.created', 2)])
    expect(await sequencer.seal()).toMatchObject({ events: 0, waiting: true })
    expect(await readAll(organization_id)).toEqual([])
    expect(await createJournalLag({ engine })()).toMatchObject({ held_by_pid: expect.any(Number) })
    await commit()
    expect(await sealAll()).toBe(3)
    expect(saidBy(await readAll(organization_id))).toEqual([1, 1, 2])
  })

  it('numbers without gaps while two sequencers work and others write', async () => {
    const organization_ids = [newId(), newId()]
    const other = createSequencer({ engine, signer: signerFrom(newSignerPem()) })
    let writing = true
    const sealing = [sequencer, other].map(async ({ seal }) => {
      while (writing) await seal()
    })
    await Promise.all(
      sequence(60).map((n) => record(organization_ids[n % 2] ?? '', [say('task.ready', n), say('task.done', n)])),
    )
    writing = false
    await Promise.all(sealing)
    await sealAll()
    for (const organization_id of organization_ids) {
      const events = await readAll(organization_id)
      expect(numbersOf(events)).toEqual(sequence(60))
      expect(new Set(events.map((event) => event.id)).size).toBe(60)
      expect(await verify(organization_id)).toMatchObject({ valid: true, events: 60, unsealed: 0 })
    }
  })

  it('numbers by the age of transactions, also where their numbers get one digit more', async () => {
    const organization_id = newId()
    for (const n of sequence(40)) await record(organization_id, [say('task.ready', n)])
    const [cursor] = await database.sql('select epoch, next_xid::text as next_xid from journal_cursor')
    // Old transactions of an epoch of its own: 81 to 120, of which the sequencer takes so many at once.
    await database.sql(
      `update journal_entries e set epoch = 9000, xid = (80 + o.n)::text::xid8
       from (select id, row_number() over (order by xid) as n from journal_entries where organization_id = $1) o
       where e.organization_id = $1 and e.id = o.id`,
      [organization_id],
    )
    await database.sql(`update journal_cursor set epoch = 9000, next_xid = '0'`)
    expect(await sealAll()).toBe(40)
    expect(await sealAll()).toBe(0)
    expect(saidBy(await readAll(organization_id))).toEqual(sequence(40))
    expect(await verify(organization_id)).toMatchObject({ valid: true, events: 40 })
    // Behind the cursor again, for the tests that follow.
    await database.sql('update journal_entries set epoch = 0 where epoch = 9000')
    await database.sql('update journal_cursor set epoch = $1, next_xid = $2::text::xid8', [
      cursor?.epoch,
      cursor?.next_xid,
    ])
  })

  it('cuts what one transaction did into segments of at most 512 events', async () => {
    const organization_id = newId()
    await record(
      organization_id,
      sequence(1200).map((n) => say('task.cancelled', n)),
    )
    await sealAll()
    expect(saidBy(await readAll(organization_id))).toEqual(sequence(1200))
    expect(await verify(organization_id)).toMatchObject({ valid: true, segments: 3, events: 1200 })
  })

  it('goes on by itself when something is recorded, and tells of it after the commit', async () => {
    const organization_id = newId()
    const dispatch = createDispatch()
    const own = createJournal({ epoch: 1, onRecorded: () => dispatch.wake('journal') })
    const told: SealedBatch[] = []
    const whole = deferred()
    await using _sealing = startSealing({
      sequencer,
      dispatch,
      log: silent_log,
      onSealed(sealed) {
        told.push(sealed)
        const last = told.flatMap(({ heads }) => heads).filter((one) => one.organization_id === organization_id)
        if (last.at(-1)?.last_number === 3) whole.resolve()
      },
    })
    for (const n of sequence(3))
      await engine.transact(async (tx) => own.record(tx, organization_id, [say('goal.done', n)]))
    await whole.promise
    expect(told.every(({ organization_ids }) => organization_ids.length > 0)).toBe(true)
    expect(await db.transact({ organization_id }, (tx) => head(tx, organization_id))).toBe(3)
  })

  it('seals what is left when it is disposed of', async () => {
    const organization_id = newId()
    {
      await using _sealing = startSealing({
        sequencer,
        dispatch: createDispatch(),
        log: silent_log,
        onSealed: () => {},
      })
      await record(organization_id, [say('goal.done', 1)])
    }
    expect(numbersOf(await readAll(organization_id))).toEqual([1])
  })
})

describe('reading', () => {
  it('filters, pages in both directions and keeps organizations apart', async () => {
    const [organization_id, stranger, project_id, goal_id, task_id] = [newId(), newId(), newId(), newId(), newId()]
    for (const n of sequence(20)) {
      const about = n % 2 === 0 ? { project_id, goal_id, ...(n % 4 === 0 && { task_id }) } : { project_id: newId() }
      await record(organization_id, [say(n % 5 === 0 ? 'approval.opened' : 'task.ready', n, about)])
      await record(stranger, [say('task.ready', n, { project_id, goal_id })])
      if (n % 3 === 0) await sealAll()
    }
    await sealAll()
    const even = sequence(10).map((n) => 2 * n)
    expect(saidBy(await readAll(organization_id, { goal_id }))).toEqual(even)
    expect(saidBy(await readAll(organization_id, { project_id, task_id }))).toEqual([4, 8, 12, 16, 20])
    expect(saidBy(await readAll(organization_id, { families: ['approval'] }))).toEqual([5, 10, 15, 20])
    expect(saidBy(await readAll(organization_id, { types: ['approval.opened'], goal_id }))).toEqual([10, 20])
    expect(await readAll(organization_id, { goal_id: newId() })).toEqual([])
    await db.transact({ organization_id: stranger }, async (tx) => {
      expect(await head(tx, organization_id)).toBe(0)
      expect((await read(tx, organization_id, { limit: 10, order: 'oldest' })).events).toEqual([])
    })
    await db.transact({ organization_id }, async (tx) => {
      const newest = await read(tx, organization_id, { limit: 3, order: 'newest', filters: { goal_id } })
      expect(numbersOf(newest.events)).toEqual([20, 18, 16])
      const next = await read(tx, organization_id, {
        limit: 10,
        order: 'newest',
        before: newest.cursor,
        filters: { goal_id },
      })
      expect(numbersOf(next.events)).toEqual([14, 12, 10, 8, 6, 4, 2])
      expect(next.more).toBe(false)
      const between = await read(tx, organization_id, { limit: 10, order: 'newest', after: 5, before: 9 })
      expect(numbersOf(between.events)).toEqual([8, 7, 6])
    })
  })

  it('looks at a bounded number of segments and says where to go on', async () => {
    const organization_id = newId()
    for (const n of sequence(70)) {
      await record(organization_id, [say(n === 70 ? 'goal.done' : 'task.ready', n)])
      await sealAll()
    }
    await db.transact({ organization_id }, async (tx) => {
      const filters = { types: ['goal.done'] as const }
      const first = await read(tx, organization_id, { limit: 10, order: 'oldest', filters })
      expect(first).toEqual({ events: [], cursor: 64, more: true })
      const second = await read(tx, organization_id, { after: first.cursor, limit: 10, order: 'oldest', filters })
      expect(numbersOf(second.events)).toEqual([70])
      expect(second).toMatchObject({ cursor: 70, more: false })
    })
  })

  it('finds events by time, and knows of those sealed much later', async () => {
    const organization_id = newId()
    await record(organization_id, [say('task.ready', 1)])
    await database.clock.advance(60_000)
    await record(organization_id, [say('task.ready', 2)])
    await sealAll()
    const [first, second] = await readAll(organization_id)
    expect(saidBy(await readAll(organization_id, { from: second?.at }))).toEqual([2])
    expect(saidBy(await readAll(organization_id, { to: first?.at }))).toEqual([1])
  })
})

describe('verification', () => {
  async function sealedOrganization(): Promise<string> {
    const organization_id = newId()
    for (const n of sequence(4)) {
      await record(organization_id, [say('task.ready', n), say('task.done', n, { task_id: newId() })])
      await sealAll()
    }
    return organization_id
  }

  const problemsOf = async (organization_id: string) => {
    const found = await verify(organization_id)
    expect(found.valid).toBe(found.problems.length === 0)
    return new Set(found.problems.map(({ problem }) => problem))
  }
  const entryAt = (organization_id: string, first_number: number) =>
    database.sql(
      'select parts -> 0 ->> 0 as id from journal_segments where organization_id = $1 and first_number = $2',
      [organization_id, first_number],
    )

  it('is green for what nobody touched, and says what it cannot see', async () => {
    const organization_id = await sealedOrganization()
    await record(organization_id, [say('goal.done', 9)])
    const found = await verify(organization_id)
    expect(found).toMatchObject({ valid: true, segments: 4, events: 8, unsealed: 1, erased_payloads: 0, problems: [] })
    expect(found.head).toMatchObject({ segment: 7, last_number: 8, sha256: expect.stringMatching(/^[0-9a-f]{64}$/) })
    expect(found.public_key).toContain('BEGIN PUBLIC KEY')
    expect(found.cannot_see.join(' ')).toMatch(/before it was sealed.*rewrite of the whole chain/)
    expect(await verify(newId())).toMatchObject({ valid: true, segments: 0, events: 0 })
  })

  it('goes red on a changed event', async () => {
    const organization_id = await sealedOrganization()
    const [entry] = await entryAt(organization_id, 3)
    await database.sql(
      `update journal_entries set events = replace(events::text, 'task.ready', 'task.failed')::json where id = $1`,
      [entry?.id],
    )
    expect(await problemsOf(organization_id)).toEqual(new Set(['root']))
  })

  it('goes red on a changed time', async () => {
    const organization_id = await sealedOrganization()
    const [entry] = await entryAt(organization_id, 3)
    await database.sql(`update journal_entries set at = at - interval '1 day' where id = $1`, [entry?.id])
    expect(await problemsOf(organization_id)).toEqual(new Set(['root']))
  })

  it('goes red on a removed event: its entry, its segment, the end of the chain', async () => {
    const [one, two, three] = [await sealedOrganization(), await sealedOrganization(), await sealedOrganization()]
    const [entry] = await entryAt(one, 5)
    await database.sql('delete from journal_entries where id = $1', [entry?.id])
    expect(await problemsOf(one)).toContain('missing')
    await database.sql('delete from journal_segments where organization_id = $1 and first_number = 3', [two])
    expect(await problemsOf(two)).toEqual(new Set(['gap', 'chain', 'missing']))
    await database.sql('delete from journal_segments where organization_id = $1 and first_number = 7', [three])
    expect(await problemsOf(three)).toContain('missing')
  })

  it('goes red on events that were added to a sealed entry, and on entries put behind the cursor', async () => {
    const [one, two] = [await sealedOrganization(), await sealedOrganization()]
    const [entry] = await entryAt(one, 3)
    await database.sql(
      `update journal_entries set events = jsonb_set(events::jsonb, '{rows}', (events::jsonb -> 'rows') || (events::jsonb -> 'rows' -> 0))::json where id = $1`,
      [entry?.id],
    )
    expect(await problemsOf(one)).toContain('leaf')
    await database.sql(
      `insert into journal_entries (organization_id, id, epoch, xid, events)
       select organization_id, $2, epoch, xid, events from journal_entries where organization_id = $1 order by xid limit 1`,
      [two, newId()],
    )
    expect(await problemsOf(two)).toEqual(new Set(['missing']))
  })

  it('goes red on swapped segments', async () => {
    const organization_id = await sealedOrganization()
    for (const [from, to] of [
      [3, 1003],
      [5, 3],
      [1003, 5],
    ])
      await database.sql(
        'update journal_segments set first_number = $3 where organization_id = $1 and first_number = $2',
        [organization_id, from, to],
      )
    expect(await problemsOf(organization_id)).toContain('chain')
  })

  it('goes red on a wrong signature and on an unknown signer', async () => {
    const [one, two] = [await sealedOrganization(), await sealedOrganization()]
    await database.sql(
      `update journal_segments set signature = set_byte(signature, 5, get_byte(signature, 5) # 1) where organization_id = $1 and first_number = 1`,
      [one],
    )
    expect(await problemsOf(one)).toEqual(new Set(['signature']))
    await database.sql(
      `update journal_segments set signer = 'somebody' where organization_id = $1 and first_number = 1`,
      [two],
    )
    expect(await problemsOf(two)).toEqual(new Set(['signature']))
  })

  it('stays green when a payload is erased, and the payload is gone', async () => {
    const organization_id = await sealedOrganization()
    const target = (await readAll(organization_id))[3]
    const erase = () => db.transact({ organization_id }, (tx) => erasePayload(tx, organization_id, target?.id ?? ''))
    expect(
      await db.transact({ organization_id: newId() }, (tx) => erasePayload(tx, organization_id, target?.id ?? '')),
    ).toBe(false)
    expect(await erase()).toBe(true)
    expect(await erase()).toBe(false)
    expect(await verify(organization_id)).toMatchObject({ valid: true, events: 8, erased_payloads: 1 })
    const events = await readAll(organization_id)
    expect(saidBy(events)).toEqual([1, 1, 2, undefined, 3, 3, 4, 4])
    expect(events[3]).toMatchObject({
      id: target?.id,
      type: 'task.done',
      task_id: target?.task_id,
      data: { erased: true },
    })
    // An erased payload cannot be guessed: its salt is gone as well.
    const [row] = await database.sql('select events::text as text from journal_entries where id = $1', [
      `${target?.id.slice(0, -6)}000000`,
    ])
    expect(String(row?.text).match(/salt/g)).toHaveLength(1)
  })
})

describe('listeners', () => {
  it('do each effect once, in the transaction that moves the cursor, also after a failure', async () => {
    const organization_id = newId()
    await database.sql('create table if not exists testing.effects (organization_id uuid, event_id uuid)')
    await database.sql('grant all on testing.effects to public')
    for (const n of sequence(5)) await record(organization_id, [say('goal.done', n), say('task.done', n)])
    await sealAll()
    let fails = true
    const signal = createSealedSignal()
    const make = () => {
      const listeners = createListeners({ engine, sealed: signal, log: silent_log, sweep_ms: 3_600_000 })
      listeners.listen('effects', ['goal.done'], async (tx, organization, events) => {
        for (const event of events)
          await tx.execute(sql`insert into testing.effects values (${organization}, ${event.id})`)
        if (fails && organization === organization_id) throw new Error('after the effect')
      })
      return listeners
    }
    const effects = () =>
      database.sql('select distinct event_id from testing.effects where organization_id = $1', [organization_id])
    const all = () => database.sql('select event_id from testing.effects where organization_id = $1', [organization_id])
    {
      await using listeners = make()
      await listeners.settle()
      expect(await all()).toEqual([])
    }
    fails = false
    {
      await using listeners = make()
      await listeners.settle()
      await listeners.settle()
      expect(await all()).toHaveLength(5)
    }
    await record(organization_id, [say('goal.done', 6)])
    await sealAll()
    {
      await using one = make()
      await using two = make()
      await Promise.all([one.settle(), two.settle()])
      await Promise.all([one.settle(), two.settle()])
    }
    expect(await all()).toHaveLength(6)
    expect(await effects()).toHaveLength(6)
  })

  it.runIf(many_sessions)('leave what another process is doing to that process', async () => {
    const organization_id = newId()
    const [begun, finish] = [deferred(), deferred()]
    const handled: string[] = []
    const make = (who: string, work: () => Promise<void>) => {
      const listeners = createListeners({ engine, sealed: createSealedSignal(), log: silent_log, sweep_ms: 3_600_000 })
      listeners.listen('shared', ['goal.done'], async (_tx, organization) => {
        if (organization !== organization_id) return
        handled.push(who)
        await work()
      })
      return listeners
    }
    await using one = make('one', async () => {
      begun.resolve()
      await finish.promise
    })
    await using two = make('two', async () => {})
    await Promise.all([one.settle(), two.settle()])
    await record(organization_id, [say('goal.done', 1)])
    await sealAll()
    // Its cursor's row is there before the two meet at it.
    await database.sql(`insert into journal_listeners values ($1, 'shared', 1)`, [organization_id])
    const working = one.settle()
    await begun.promise
    await two.settle()
    finish.resolve()
    await working
    await two.settle()
    expect(handled).toEqual(['one'])
  })
})

describe('what others hear', () => {
  it.runIf(many_sessions)('tells other processes whose journals have grown', async () => {
    const heard = deferred()
    const wanted = newId()
    const sealed = createSealedSignal()
    using _listening = sealed.listen((ids) => ids?.includes(wanted) && heard.resolve())
    await using hearing = listenForSealed({ url: database.url ?? '', sealed, log: silent_log })
    await hearing.ready
    await notifySealed(engine, [...sequence(450).map(() => newId()), wanted])
    await heard.promise
  })

  it('posts the newest heads, once more after a refusal', async () => {
    const bodies: { heads: { organization_id: string; last_number: number }[] }[] = []
    const server = createServer(async (request, response) => {
      const chunks: Buffer[] = []
      for await (const chunk of request) chunks.push(chunk as Buffer)
      bodies.push(JSON.parse(Buffer.concat(chunks).toString()))
      response.writeHead(bodies.length === 1 ? 500 : 204).end()
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const post_url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/heads`
    const lines: object[] = []
    const log = { ...silent_log, info: (fields: object) => void lines.push(fields) }
    const fact = { head: 'ab', signature: 'cd', signer: 'ef' }
    const heads = createHeads({ log, post_url, every_ms: 3_600_000 })
    heads.note([
      { organization_id: 'one', last_number: 1, ...fact },
      { organization_id: 'two', last_number: 5, ...fact },
    ])
    heads.note([{ organization_id: 'one', last_number: 2, ...fact }])
    await heads[Symbol.asyncDispose]()
    await heads[Symbol.asyncDispose]()
    await heads[Symbol.asyncDispose]()
    server.close()
    expect(bodies).toHaveLength(2)
    expect(bodies[1]?.heads.map(({ organization_id, last_number }) => [organization_id, last_number])).toEqual([
      ['one', 2],
      ['two', 5],
    ])
    expect(lines).toHaveLength(2)
  })

  it('says how late the journal is', async () => {
    const organization_id = newId()
    await sealAll()
    const health = journalHealth(createJournalLag({ engine }))
    expect(await health.check({ thorough: false })).toMatchObject({ status: 'ok', facts: { lag_ms: 0 } })
    await record(organization_id, [say('goal.done', 1)])
    await database.clock.advance(20_000)
    expect(await health.check({ thorough: false })).toMatchObject({ status: 'degraded', remedy: expect.any(String) })
    await sealAll()
    expect(await health.check({ thorough: false })).toMatchObject({ status: 'ok' })
  })
})
