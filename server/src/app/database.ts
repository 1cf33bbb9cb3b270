import { existsSync } from 'node:fs'
import { limits } from '@muster/contract/limits'
import type { Config } from '../platform/config.ts'
import type { DataDirectory } from '../platform/data-directory.ts'
import { createDatabase, type Database } from '../platform/db/db.ts'
import { migrate } from '../platform/db/migrate.ts'
import { openPglite } from '../platform/db/pglite/pglite.ts'
import { openPostgres } from '../platform/db/postgres.ts'
import { currentEpoch, storedEpoch } from '../platform/journal/epoch.ts'
import type { Log } from '../platform/log.ts'

export interface OpenedDatabase extends Database {
  /** The installation's epoch: a restore on another server raises it. */
  readonly epoch: number
}

const shared_buffers_mb = 32

/** The database that the settings name, migrated. The embedded one is built aside and renamed when it is whole. */
export async function openDatabase(options: OpenDatabaseOptions): Promise<OpenedDatabase> {
  const { config, log } = options
  const source =
    config.database_url === undefined ? await openEmbedded(options) : openExternal(config.database_url, log)
  const appliedMigrations = await migrate(source, migrationsDirectory()).catch(async (error: unknown) => {
    // Its thread or its connections would keep the process alive.
    await source[Symbol.asyncDispose]()
    throw error
  })
  if (appliedMigrations.length > 0) log.info({ migrations: appliedMigrations }, 'the database was migrated')
  const database = createDatabase(source, {
    onStorage(outage) {
      if (outage === undefined) log.warn({}, 'the database is writable again')
      else log.error({ cause: outage.cause, remedy: outage.remedy }, 'the database cannot write')
    },
    onUnstorable: (err) => log.warn({ err }, 'a request brought a value that the database cannot store'),
  })
  return Object.assign(database, { epoch: await database.engine.transact(currentEpoch) })
}

/** A database on PostgreSQL as it stands, beside the servers that use it: nothing is migrated under them. */
export async function connectDatabase(url: string): Promise<OpenedDatabase> {
  const database = createDatabase(openExternal(url))
  return Object.assign(database, { epoch: await database.engine.transact(storedEpoch) })
}

export interface OpenDatabaseOptions {
  readonly config: Config
  readonly directory: DataDirectory
  readonly log: Log
  /** The embedded database has died and cannot be opened again. */
  onUnrecoverable?(error: Error): void
}

async function openEmbedded({ config, directory, log, onUnrecoverable }: OpenDatabaseOptions) {
  const durable = !config.fast
  const data_dir = await directory.folder('database', async (path) => {
    const first = await openPglite({ data_dir: path, durable, shared_buffers_mb })
    await first[Symbol.asyncDispose]()
  })
  const options = { data_dir, durable, shared_buffers_mb }
  return openPglite(options, {
    onLost: (err) => log.error({ err }, 'the embedded database has died; it is opened again'),
    onReopened: () => log.warn({}, 'the embedded database is open again'),
    ...(onUnrecoverable && { onUnrecoverable }),
  })
}

function openExternal(url: string, log?: Log) {
  return openPostgres({
    url,
    connections: 20,
    statement_timeout_ms: limits.statement_ms,
    onError: (err) => log?.warn({ err }, 'an idle database connection was lost'),
  })
}

/** Beside the source, or beside the bundle in `server/dist` or `cli/dist`. */
export function migrationsDirectory(): URL {
  const places = ['../../migrations/', '../migrations/', '../../server/migrations/'].map(
    (place) => new URL(place, import.meta.url),
  )
  const migrationsFolder = places.find((place) => existsSync(new URL('0001_platform_tables.sql', place)))
  if (!migrationsFolder) throw new Error(`The migrations are missing; looked in ${places.map(String).join(', ')}.`)
  return migrationsFolder
}
