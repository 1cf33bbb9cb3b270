import { randomBytes } from 'node:crypto'
import { afterAll } from 'vitest'
import type { ConnectionSource } from '../src/platform/db/connection.ts'
import { createDatabase, type Database } from '../src/platform/db/db.ts'
import { openPglite } from '../src/platform/db/pglite/pglite.ts'
import { openPostgres } from '../src/platform/db/postgres.ts'
import { decodeEntry, type EncodedEntry } from '../src/platform/journal/encoding.ts'
import type { StoredEvent } from '../src/platform/journal/events.ts'
import { createJournal, type Journal } from '../src/platform/journal/record.ts'
import { databaseFromTemplate, emptyPostgres, pgliteTemplate } from './template.ts'

/** The database's time in tests: it goes on by itself until it is stopped, and it can be moved on. */
export interface TestClock {
  /** Lets time stand still, for tests that take their time while leases and answers wait. */
  stop(): Promise<void>
  /** Moves `muster_now()` on and then wakes who asked to be woken. */
  advance(ms: number): Promise<void>
  /** Called after each advance; what waits for a database time looks again. */
  onAdvance(woken: () => void): void
}

export interface TestDatabase extends Database {
  readonly clock: TestClock
  /** A journal of epoch 1, for what is built without the whole program. */
  readonly journal: Journal
  /** What an organization's journal holds, oldest transaction first, sealed or not. */
  events(organization_id: string): Promise<readonly StoredEvent[]>
  /** Set on PostgreSQL, for a second process or a session of one's own. */
  readonly url: string | undefined
  /** Runs SQL as the owner: to look behind what modules give out, or to break something on purpose. */
  sql(text: string, values?: readonly unknown[]): Promise<Record<string, unknown>[]>
}

let opened: Promise<TestDatabase> | undefined

/**
 * The migrated database of this test process: PGlite, or with `DB=postgres` a database of its own on the server that
 * `MUSTER_TEST_DATABASE_URL` names. Tests stay apart by their organizations. Call it at the top of a test file:
 *
 * @example const database = await testDatabase()
 */
export function testDatabase(): Promise<TestDatabase> {
  if (opened === undefined) {
    opened = open()
    const opening = opened
    afterAll(async () => {
      opened = undefined
      await (await opening)[Symbol.asyncDispose]()
    })
  }
  return opened
}

async function open(): Promise<TestDatabase> {
  const { source, url, drop } = process.env.DB === 'postgres' ? await openOnPostgres() : await openEmbedded()
  const database = createDatabase(source)
  const woken: (() => void)[] = []
  const sql: TestDatabase['sql'] = (text, values = []) =>
    source.use(async (connection) => {
      const { rows } = await connection.query({ text, values, name: undefined })
      return rows as Record<string, unknown>[]
    })
  return {
    ...database,
    url,
    sql,
    async events(organization_id) {
      const rows = await sql('select id, events from journal_entries where organization_id = $1 order by xid, id', [
        organization_id,
      ])
      // Written by `record`, which encodes like this.
      return rows.flatMap(({ id, events }) => decodeEntry(String(id), events as EncodedEntry))
    },
    journal: createJournal({ epoch: 1, onRecorded: () => {} }),
    clock: {
      stop: async () => void (await sql('update testing.test_clock set stopped_at = statement_timestamp()')),
      async advance(ms) {
        await sql('update testing.test_clock set offset_ms = offset_ms + $1', [ms])
        for (const wake of woken) wake()
      },
      onAdvance: (wake) => void woken.push(wake),
    },
    async [Symbol.asyncDispose]() {
      await source[Symbol.asyncDispose]()
      await drop()
    },
  }
}

/** A database without any table, apart from the one that tests share. */
export async function emptyDatabase(): Promise<Opened> {
  if (process.env.DB !== 'postgres') {
    const source = await openPglite({ durable: false, shared_buffers_mb: 16 })
    return { source, url: undefined, drop: async () => void (await source[Symbol.asyncDispose]()) }
  }
  const { url, drop } = await emptyPostgres(serverUrl(), newDatabaseName())
  const source = openOwn(url)
  return {
    source,
    url,
    async drop() {
      await source[Symbol.asyncDispose]()
      await drop()
    },
  }
}

interface Opened {
  readonly source: ConnectionSource
  readonly url: string | undefined
  drop(): Promise<void>
}

async function openEmbedded(): Promise<Opened> {
  const source = await openPglite({ template: await pgliteTemplate(), durable: false, shared_buffers_mb: 16 })
  return { source, url: undefined, drop: async () => {} }
}

async function openOnPostgres(): Promise<Opened> {
  const { url, drop } = await databaseFromTemplate(serverUrl(), newDatabaseName())
  return { source: openOwn(url), url, drop }
}

function openOwn(url: string): ConnectionSource {
  return openPostgres({
    url,
    connections: 20,
    statement_timeout_ms: 5_000,
    onError: (error) => process.stderr.write(`test database: ${error.message}\n`),
  })
}

function serverUrl(): string {
  const server = process.env.MUSTER_TEST_DATABASE_URL
  if (server === undefined) throw new Error('DB=postgres needs MUSTER_TEST_DATABASE_URL')
  return server
}

function newDatabaseName(): string {
  return `muster_test_${Date.now().toString(36)}_${randomBytes(4).toString('hex')}`
}
