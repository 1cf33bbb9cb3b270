import { identityModule } from '../modules/identity/identity.module.ts'
import { type Config, readConfig } from '../platform/config.ts'
import { type DataDirectory, openDataDirectory } from '../platform/data-directory.ts'
import { createRequestTransactions } from '../platform/db/request-transactions.ts'
import { MusterError } from '../platform/errors.ts'
import { createJournal } from '../platform/journal/record.ts'
import { createLog } from '../platform/log.ts'
import { connectedExtensions } from '../platform/module/extension-point.ts'
import { connectDatabase, type OpenedDatabase, openDatabase } from './database.ts'
import { programBuilder } from './program-builder.ts'

export interface RecoveredKey {
  readonly organization: { readonly id: string; readonly name: string }
  readonly key_id: string
  readonly key: string
  /** Whether the data directory's `first-key`, which the command line uses, holds it now. */
  readonly is_first_key: boolean
}

/**
 * Makes a key that may do everything, for whoever has the server's shell. An embedded database must be stopped first: one
 * process alone may open it. On PostgreSQL the servers may run on.
 */
export async function recoverKey(organization: string | undefined): Promise<RecoveredKey> {
  const config = readConfig()
  if (config.database_url !== undefined) {
    await using database = await connectDatabase(config.database_url)
    return await recoverIn(database, organization)
  }
  await using directory = await openDataDirectory(config.data_dir, { onStop: () => {} })
  return await recoverEmbedded(config, directory, organization)
}

async function recoverEmbedded(
  config: Config,
  directory: DataDirectory,
  organization: string | undefined,
): Promise<RecoveredKey> {
  const log = createLog({ level: config.log_level })
  await using database = await openDatabase({ config, directory, log })
  const recovered = await recoverIn(database, organization)
  if (recovered.is_first_key) directory.writeSecret('first-key', recovered.key)
  return recovered
}

async function recoverIn(database: OpenedDatabase, ref: string | undefined): Promise<RecoveredKey> {
  const { db, engine, epoch } = database
  const means = {
    db,
    transactions: createRequestTransactions(db),
    // A running server seals what is written, or the next one that starts.
    journal: createJournal({ epoch, onRecorded: () => {} }),
    extensions: connectedExtensions(),
  }
  const { identity } = programBuilder(means, { engine, manifests: [] }).addWithEngine('identity', identityModule).parts
  const organizations = await engine.transact((tx) => identity.organizations(tx, ref))
  const [one] = organizations
  if (one === undefined || organizations.length > 1) throw unclear(ref, organizations)
  const first = await engine.transact((tx) => identity.firstOrganization(tx))
  const { organization_id: id, key_id, key } = await identity.recoverKey(one.organization_id)
  const is_first_key = db.engine_name === 'pglite' && first?.organization_id === id
  return { organization: { id, name: one.name }, key_id, key, is_first_key }
}

function unclear(
  ref: string | undefined,
  organizations: readonly { organization_id: string; name: string }[],
): MusterError {
  if (organizations.length === 0)
    return new MusterError(
      'not_found',
      ref === undefined ? 'The database has no organization.' : `No such organization: ${ref}.`,
    )
  const names = organizations.map(({ organization_id, name }) => `${organization_id} (${name})`).join(', ')
  return new MusterError('invalid', `There are several organizations: ${names}.`, {
    field: 'organization',
    remedy: 'Choose one with --organization ID.',
  })
}
