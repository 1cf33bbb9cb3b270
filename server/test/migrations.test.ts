import { expect, it } from 'vitest'
import { migrate } from '../src/platform/db/migrate.ts'
import { openPglite } from '../src/platform/db/pglite/pglite.ts'

const migrations = new URL('../migrations/', import.meta.url)

it('refuses a database of the layout before the first release, and changes nothing in it', async () => {
  const source = await openPglite({ durable: false, shared_buffers_mb: 16 })
  try {
    await source.use(async (connection) => {
      await connection.simple(`create table migrations (name text primary key, applied_at timestamptz not null default now());
        insert into migrations (name) values ('0001_platform.sql'), ('0009_planner.sql')`)
    })
    await expect(migrate(source, migrations)).rejects.toThrow(
      /made by a Muster from before its first release.*MUSTER_DATA_DIR.*DATABASE_URL/s,
    )
    const tables = await source.use((connection) =>
      connection.query({
        text: "select relname from pg_class where relkind = 'r' and relnamespace = 'public'::regnamespace",
        values: [],
        name: undefined,
      }),
    )
    expect(tables.rows).toEqual([{ relname: 'migrations' }])
  } finally {
    await source[Symbol.asyncDispose]()
  }
})

it('refuses one whose files had the names of today before the first release', async () => {
  const source = await openPglite({ durable: false, shared_buffers_mb: 16 })
  try {
    await source.use((connection) =>
      connection.simple(`create table migrations (name text primary key, applied_at timestamptz not null default now());
        insert into migrations (name) values ('0001_platform_tables.sql')`),
    )
    await expect(migrate(source, migrations)).rejects.toThrow(/made by a Muster from before its first release/)
  } finally {
    await source[Symbol.asyncDispose]()
  }
})
