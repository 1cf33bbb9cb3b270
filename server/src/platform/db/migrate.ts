import { readdir, readFile } from 'node:fs/promises'
import { ConfigError } from '../config.ts'
import { invariant } from '../errors.ts'
import type { Connection, ConnectionSource } from './connection.ts'

/** The first migration of the layout that no release ever had. */
const first_unreleased = '0001_platform.sql'
const unreleased_message =
  'This database was made by a Muster from before its first release, and its tables cannot be carried over. ' +
  'Move the data directory away or name another one in MUSTER_DATA_DIR; for PostgreSQL, name an empty database in DATABASE_URL.'

/**
 * Applies the numbered migrations that the database has not seen, each in a transaction, as the database's owner.
 * Another process that migrates at the same time waits. With `names` only those, for a database of an earlier version.
 * Returns the names of those applied.
 */
export async function migrate(source: ConnectionSource, directory: URL, names?: readonly string[]): Promise<string[]> {
  const present = (await readdir(directory)).filter((name) => /^\d{4}_.+\.sql$/.test(name)).sort()
  const files = names === undefined ? present : present.filter((name) => names.includes(name))
  return source.use(async (connection) => {
    await connection.simple(`create table if not exists migrations (
      name text primary key, applied_at timestamptz not null default now())`)
    const appliedNames = new Set(await appliedMigrations(connection))
    if (appliedNames.has(first_unreleased) || (await isUnreleased(connection, appliedNames)))
      throw new ConfigError(unreleased_message)
    const unknown = [...appliedNames].filter((name) => !files.includes(name))
    invariant(unknown.length === 0, `the database is ahead of this program: it has ${unknown.join(', ')}`)
    const pendingNames = files.filter((name) => !appliedNames.has(name))
    for (const name of pendingNames) await apply(connection, name, await readFile(new URL(name, directory), 'utf8'))
    return pendingNames
  })
}

/** Files of the same names were there before the first release; what they made has no table of queued jobs. */
async function isUnreleased(connection: Connection, appliedNames: ReadonlySet<string>): Promise<boolean> {
  if (!appliedNames.has('0001_platform_tables.sql')) return false
  const { rows } = await connection.query({
    text: `select to_regclass('jobs') is null as yes`,
    values: [],
    name: undefined,
  })
  return (rows as { yes: boolean }[])[0]?.yes === true
}

async function appliedMigrations(connection: Connection): Promise<string[]> {
  const { rows } = await connection.query({
    text: 'select name from migrations order by name',
    values: [],
    name: undefined,
  })
  return (rows as { name: string }[]).map((row) => row.name)
}

async function apply(connection: Connection, name: string, text: string): Promise<void> {
  try {
    await connection.simple(`begin; select pg_advisory_xact_lock(7700000); set local statement_timeout = 0;\n${text}`)
    const appliedNames = await appliedMigrations(connection)
    if (!appliedNames.includes(name))
      await connection.query({ text: 'insert into migrations (name) values ($1)', values: [name], name: undefined })
    await connection.simple(appliedNames.includes(name) ? 'rollback' : 'commit')
  } catch (error) {
    await connection.simple('rollback').catch(() => {})
    throw new Error(`Migration ${name} failed: ${error instanceof Error ? error.message : String(error)}`, {
      cause: error,
    })
  }
}
