import { limits } from '@muster/contract/limits'
import { ConfigError, readConfig } from '../platform/config.ts'
import { openDataDirectory } from '../platform/data-directory.ts'
import { armKillPoints } from '../platform/kill-points.ts'
import { DirectoryHeldError } from '../platform/lock/directory-lock.ts'
import { createLog, type Log } from '../platform/log.ts'
import { compose } from './compose.ts'
import { openDatabase } from './database.ts'
import { firstKey } from './first-run.ts'
import { openSecrets } from './keys/secrets.ts'
import { openSigner } from './keys/signer.ts'
import { serve } from './services/serve.ts'
import { startWork } from './services/work.ts'

export interface Started {
  readonly address: string
  /** The first organization's owner's key, where this process may know it. */
  readonly key: string | undefined
  /** Whether the first start is not complete yet. */
  readonly fresh: boolean
  /** Whether the settings want the sample goal on an empty database. */
  readonly sample: boolean
}

export interface MainOptions {
  /** Aborted: stop gracefully. */
  readonly signal?: AbortSignal
  /**
   * Called once requests are taken. `completeFirstStart` is called once the key was told: until then every start counts
   * as the first.
   */
  onStarted?(started: Started, completeFirstStart: () => void): void
  /** Where log lines go; absent: standard error. */
  readonly log_destination?: { write(line: string): void }
}

/**
 * Runs the server until it is told to stop. Gives the exit code: 0 stopped as asked, 1 could not start or could not go on.
 * A stop that takes longer than `limits.stop_ms_max` ends the process.
 */
export async function main(options: MainOptions = {}): Promise<number> {
  try {
    const { failed } = await run(options)
    return failed ? 1 : 0
  } catch (error) {
    if (!(error instanceof ConfigError) && !(error instanceof DirectoryHeldError)) throw error
    process.stderr.write(`${error.message}\n`)
    return 1
  }
}

async function run(options: MainOptions): Promise<{ readonly failed: boolean }> {
  const config = readConfig()
  const log = createLog({ level: config.log_level, destination: options.log_destination })
  armKillPoints(config.kill_point, log)
  const lifetime = createLifetime(log, options.signal)
  await using directory = await openDataDirectory(config.data_dir, { onStop: lifetime.stop })
  await using database = await openDatabase({ config, directory, log, onUnrecoverable: lifetime.fail })
  const secrets = openSecrets(config, directory)
  const program = compose({ config, database, directory, secrets, log })
  await using _threads = program.threads
  await using _gateway = program.gateway
  const first = await firstKey(program, { directory })
  await using _work = await startWork(program, { config, database, log, signer: openSigner(config, directory) })
  if (!config.services.includes('api')) {
    log.info({ services: config.services }, 'started without the API')
    await lifetime.stopped
    return { failed: lifetime.failed() }
  }
  await using server = await serve(program, { config, database, log })
  directory.publish(server.address)
  program.listening(server.address)
  log.info({ address: server.address, data_dir: directory.path }, 'Muster is ready')
  if (options.onStarted)
    options.onStarted({ address: server.address, ...first, sample: config.sample }, directory.first_start.complete)
  else directory.first_start.complete()
  await lifetime.stopped
  log.info({}, 'stopping: leases are given back, requests under way are finished')
  return { failed: lifetime.failed() }
}

interface Lifetime {
  /** Resolves when the process is to stop. */
  readonly stopped: Promise<void>
  stop(): void
  /** Stops the process because it cannot go on. */
  fail(error: Error): void
  failed(): boolean
}

/** Until when the process runs: it is asked to stop, or a part of it died that cannot be replaced. */
function createLifetime(log: Log, signal: AbortSignal | undefined): Lifetime {
  const stopping = new AbortController()
  let failed = false
  const stop = (): void => {
    if (stopping.signal.aborted) return
    stopping.abort()
    setTimeout(() => {
      log.error({ waited_ms: limits.stop_ms_max }, 'not everything could be stopped in time; the process ends now')
      process.exit(1)
    }, limits.stop_ms_max).unref()
  }
  if (signal?.aborted) stop()
  else signal?.addEventListener('abort', stop)
  return {
    stopped: new Promise((resolve) => {
      if (stopping.signal.aborted) resolve()
      else stopping.signal.addEventListener('abort', () => resolve())
    }),
    stop,
    fail(err) {
      failed = true
      log.error(
        { err },
        'Muster cannot go on and stops; start it again once the cause is gone (see TROUBLESHOOTING.md)',
      )
      stop()
    },
    failed: () => failed,
  }
}
