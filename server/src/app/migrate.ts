import { readConfig } from '../platform/config.ts'
import { openDataDirectory } from '../platform/data-directory.ts'
import { createLog } from '../platform/log.ts'
import { openDatabase } from './database.ts'

/** Brings the database that the settings name up to date, and nothing else. */
export async function migrateDatabase(): Promise<void> {
  const config = readConfig()
  const log = createLog({ level: config.log_level })
  await using directory = await openDataDirectory(config.data_dir, { onStop: () => {} })
  await using _database = await openDatabase({ config, directory, log })
}
