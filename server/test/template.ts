import { createHash } from 'node:crypto'
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import pg from 'pg'
import type { ConnectionSource } from '../src/platform/db/connection.ts'
import { migrate } from '../src/platform/db/migrate.ts'
import { openPglite } from '../src/platform/db/pglite/pglite.ts'
import { openPostgres } from '../src/platform/db/postgres.ts'

const migrations = new URL('../migrations/', import.meta.url)
const cache = fileURLToPath(new URL('../../node_modules/.cache/muster/', import.meta.url))
const left_over_ms = 60 * 60_000

/** In a schema of its own, so that who reads the catalogue finds the product alone. */
const movableClock = `
  create schema testing;
  create table testing.test_clock (offset_ms bigint not null, stopped_at timestamptz);
  insert into testing.test_clock values (0, null);
  grant usage on schema testing to public;
  grant select on testing.test_clock to public;
  create or replace function muster_now() returns timestamptz language sql stable as $$
    select coalesce((select stopped_at from testing.test_clock), statement_timestamp())
      + (select offset_ms from testing.test_clock) * interval '1 millisecond' $$;`

/** A migrated PGlite as a tar archive, made once for each state of the migrations. */
export async function pgliteTemplate(): Promise<Uint8Array> {
  const file = `${cache}pglite-${stamp()}.tar`
  try {
    return readFileSync(file)
  } catch {
    await using source = await openPglite({ durable: false, shared_buffers_mb: 16 })
    await prepare(source)
    const archive = await source.dump()
    mkdirSync(cache, { recursive: true })
    // Other test processes may make it at the same time; each puts a whole file in place.
    const own = `${file}.${process.pid}`
    writeFileSync(own, archive)
    renameSync(own, file)
    removeOldArchives(file)
    return archive
  }
}

/** Of migrations that have changed since. A fresh one may be another process's. */
function removeOldArchives(kept: string): void {
  for (const name of readdirSync(cache)) {
    const file = `${cache}${name}`
    const modified_at = statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0
    if (file !== kept && Date.now() - modified_at > left_over_ms) rmSync(file, { force: true })
  }
}

/** Makes a database out of a migrated template; the first caller makes the template too. */
export async function databaseFromTemplate(
  server: string,
  name: string,
): Promise<{ url: string; drop(): Promise<void> }> {
  const template = `muster_test_template_${stamp()}`
  await asOwner(server, async (client) => {
    await client.query('select pg_advisory_lock(7700001)')
    const { rowCount } = await client.query('select from pg_database where datname = $1', [template])
    if (rowCount === 0) await makeTemplate(server, client, template)
    await client.query(`create database ${name} template ${template}`)
  })
  return {
    url: withDatabase(server, name),
    drop: () => asOwner(server, async (client) => void (await client.query(`drop database ${name}`))),
  }
}

/** Makes a database without any table. */
export async function emptyPostgres(server: string, name: string): Promise<{ url: string; drop(): Promise<void> }> {
  await asOwner(server, async (client) => void (await client.query(`create database ${name}`)))
  return {
    url: withDatabase(server, name),
    drop: () => asOwner(server, async (client) => void (await client.query(`drop database ${name}`))),
  }
}

async function makeTemplate(server: string, client: pg.Client, template: string): Promise<void> {
  await dropLeftOvers(client)
  const unfinished = `${template}_unfinished`
  await client.query(`drop database if exists ${unfinished} with (force)`)
  await client.query(`create database ${unfinished}`)
  {
    await using source = openPostgres({
      url: withDatabase(server, unfinished),
      connections: 1,
      statement_timeout_ms: 60_000,
      onError: () => {},
    })
    await prepare(source)
  }
  await client.query(`alter database ${unfinished} rename to ${template}`)
}

/** Of runs that were killed, and templates of migrations that have changed since. */
async function dropLeftOvers(client: pg.Client): Promise<void> {
  const { rows } = await client.query<{ datname: string }>(`
    select datname from pg_database d where datname ~ '^muster_test_([0-9a-z]+_[0-9a-f]{8}|template_[0-9a-f]+)$'
    and not exists (select from pg_stat_activity a where a.datname = d.datname)`)
  for (const { datname } of rows) {
    const made_at = Number.parseInt(datname.split('_')[2] ?? '', 36)
    if (datname.startsWith('muster_test_template_') || Date.now() - made_at > left_over_ms)
      await client.query(`drop database if exists ${datname}`)
  }
}

async function prepare(source: ConnectionSource): Promise<void> {
  await migrate(source, migrations)
  await source.use((connection) => connection.simple(movableClock))
}

function stamp(): string {
  const hash = createHash('sha256').update(movableClock)
  for (const name of readdirSync(migrations).sort())
    hash.update(`${name}\n`).update(readFileSync(new URL(name, migrations)))
  return hash.digest('hex').slice(0, 16)
}

function withDatabase(server: string, name: string): string {
  const url = new URL(server)
  url.pathname = `/${name}`
  return url.href
}

async function asOwner<T>(server: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: server })
  await client.connect()
  try {
    return await work(client)
  } finally {
    await client.end()
  }
}
