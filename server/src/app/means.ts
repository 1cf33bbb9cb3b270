import { createDirectoryBlobs } from '../platform/blobs/directory.ts'
import type { Config } from '../platform/config.ts'
import type { DataDirectory } from '../platform/data-directory.ts'
import { createRequestTransactions } from '../platform/db/request-transactions.ts'
import { createDispatch } from '../platform/dispatch/dispatch.ts'
import { createRelay } from '../platform/dispatch/relay.ts'
import { createJournalLag } from '../platform/journal/lag.ts'
import { createJournal } from '../platform/journal/record.ts'
import { createSealedState } from '../platform/journal/sealed-state.ts'
import { createVerifier } from '../platform/journal/verify/verify.ts'
import type { Log } from '../platform/log.ts'
import { createExtensions } from '../platform/module/extension-point.ts'
import type { Manifest } from '../platform/module/module.ts'
import { createProcessList } from '../platform/processes.ts'
import type { SecretBox } from '../platform/secrets.ts'
import { openBounded } from './bounded.ts'
import type { OpenedDatabase } from './database.ts'

export interface ComposeOptions {
  readonly config: Config
  readonly database: OpenedDatabase
  readonly directory: Pick<DataDirectory, 'path'>
  /** Keeps the keys of providers. */
  readonly secrets: SecretBox
  readonly log: Log
}

export type Means = ReturnType<typeof createMeans>

/** What the platform gives to every module. What reads beyond the tenant is given as a function that reads just that. */
export function createMeans({ config, database, directory, secrets, log }: ComposeOptions) {
  const { db, engine, epoch } = database
  const relay = config.database_url === undefined ? undefined : createRelay({ engine, log })
  const dispatch = createDispatch(relay)
  const seals = config.services.includes('scheduler')
  const manifests: Manifest[] = []
  let address: string | undefined
  return {
    config,
    db,
    secrets,
    log,
    dispatch,
    transactions: createRequestTransactions(db),
    journal: createJournal({
      epoch,
      onRecorded() {
        dispatch.wake('journal')
        if (!seals) relay?.('journal')
      },
    }),
    bounded: openBounded(),
    extensions: createExtensions(),
    blobs: createDirectoryBlobs({
      directory: `${directory.path}/blobs`,
      durable: !config.fast,
      onDamaged: (ref) => log.error({ ...ref }, 'Content in the blob store is damaged or missing.'),
    }),
    lag: createJournalLag({ engine }),
    verify: createVerifier({ engine }),
    sealed_state: createSealedState({ engine }),
    processes: createProcessList({ engine }),
    /** When this process last lost the database; see its presence. */
    outageAt: database.outageAt,
    /** Where this process listens, once it does. */
    address: () => address,
    listening(opened_address: string) {
      address = opened_address
    },
    /** Of the modules that were added so far, in their order. */
    manifests,
  }
}
