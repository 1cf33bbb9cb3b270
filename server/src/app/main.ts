import { ConfigError, readConfig } from '../platform/config.ts'
import { openDataDirectory } from '../platform/data-directory.ts'
import { DirectoryHeldError } from '../platform/directory-lock.ts'
import { createLog } from '../platform/log.ts'
import { compose } from './compose.ts'
import { openDatabase } from './database.ts'
import { firstKey } from './first-run.ts'
import { openSecrets } from './secrets.ts'
import { serve } from './serve.ts'
import { openSigner } from './signer.ts'
import { startWork } from './work.ts'

export interface Started {
  readonly address: string
  /** The first organization's owner's key, where this process may know it. */
  readonly key: string | undefined
  /** Whether the database was empty before. */
  readonly fresh: boolean
  /** Whether the settings want the sample goal on an empty database. */
  readonly sample: boolean
}

export interface MainOptions {
  /** Aborted: stop gracefully. */
  readonly signal?: AbortSignal
  /** Called once requests are taken. */
  onStarted?(started: Started): void
  /** Where log lines go; absent: standard error. */
  readonly log_destination?: { write(line: string): void }
}

/** Runs the server until it is told to stop. Gives the exit code: 0 stopped as asked, 1 could not start. */
export async function main(options: MainOptions = {}): Promise<number> {
  try {
    await run(options)
    return 0
  } catch (error) {
    if (!(error instanceof ConfigError) && !(error instanceof DirectoryHeldError)) throw error
    process.stderr.write(`${error.message}\n`)
    return 1
  }
}

async function run(options: MainOptions): Promise<void> {
  const config = readConfig()
  const log = createLog({ level: config.log_level, destination: options.log_destination })
  const stop = new AbortController()
  const stopped = new Promise<void>((resolve) => stop.signal.addEventListener('abort', () => resolve()))
  options.signal?.addEventListener('abort', () => stop.abort())
  if (options.signal?.aborted) stop.abort()

  await using directory = await openDataDirectory(config.data_dir, { onStop: () => stop.abort() })
  await using database = await openDatabase({ config, directory, log })
  const secrets = openSecrets(config, directory)
  const program = compose({ config, database, directory, secrets, log })
  await using _threads = program.threads
  await using _gateway = program.gateway
  const first = await firstKey(program, { directory })
  await using _work = await startWork(program, { config, database, log, signer: openSigner(config, directory) })
  if (!config.services.includes('api')) {
    log.info({ services: config.services }, 'started without the API')
    await stopped
    return
  }
  await using server = await serve(program, { config, database, log })
  directory.publish(server.address)
  program.links.listening(server.address)
  log.info({ address: server.address, data_dir: directory.path }, 'Muster takes requests')
  options.onStarted?.({ address: server.address, ...first, sample: config.sample })
  await stopped
  log.info({}, 'stopping: leases are given back, requests under way are finished')
}
