import { Command } from 'commander'
import { integer } from '../arguments.ts'
import { exportEnvironment } from '../config.ts'
import { type Context, say } from '../context.ts'
import { describeFailure } from '../failures.ts'
import type { Io } from '../io.ts'
import { runSample } from '../sample.ts'
import { logDestination } from '../server-log.ts'

interface UpOptions {
  readonly host?: string
  readonly port?: number
  readonly dataDir?: string
  readonly behindProxy?: boolean
  readonly fast?: boolean
}

/** What the server says of itself once it takes requests. */
interface Started {
  readonly address: string
  readonly key: string | undefined
  /** Whether no start before it has told the key. */
  readonly fresh: boolean
  readonly sample: boolean
}

/** `muster up`: all services in this process, until the first Ctrl-C; the second ends it at once. */
export function upCommand(context: Context): Command {
  const { io, exitWith } = context
  return new Command('up')
    .description('start Muster')
    .option('--host <host>', 'address to bind to (MUSTER_HOST)')
    .option('--port <port>', 'port to bind to (MUSTER_PORT)', integer(0, 65_535))
    .option('--data-dir <dir>', 'data directory (MUSTER_DATA_DIR)')
    .option('--behind-proxy', 'allow a public address without TLS, behind a proxy')
    .option('--fast', 'do not wait for the disk; a power failure may lose recent writes')
    .action(async (options: UpOptions) => {
      exportEnvironment(environmentOf(options))
      const { data_directory } = await context.settings()
      // Loaded here alone, so that every other command starts without the server.
      const { main } = await import('@muster/server/app/main')
      const log_destination = logDestination(io, data_directory)
      const code = await main({
        signal: io.signal,
        log_destination,
        onStarted: (server, completeFirstStart) => {
          void welcome(io, data_directory, server).then(completeFirstStart)
        },
      })
      exitWith(code === 0 ? 0 : 1)
    })
}

/** Resolves when the first start, where this is one, has nothing left to make up for; never where it was stopped before. */
async function welcome(io: Io, data_directory: string, { address, key, fresh, sample }: Started): Promise<void> {
  say(io, `Muster is running at ${address}   (Ctrl-C to stop)`)
  say(
    io,
    `  Open the address in a browser and sign in with your API key. API docs: ${address}/docs   Data: ${data_directory}`,
  )
  if (fresh && key !== undefined) say(io, `  Your first API key, saved in ${data_directory}/first-key:\n  ${key}`)
  else if (key !== undefined) say(io, `  API key: in ${data_directory}/first-key`)
  if (!fresh || !sample || key === undefined) return
  await new Promise<void>((created) => {
    runSample(io, { address, key }, created).catch((error: unknown) => {
      if (io.signal.aborted) return
      say(io, `The sample goal failed: ${describeFailure(error)}`)
      created()
    })
  })
}

/** Options are the settings of the same names, so that there is one place that reads and checks them. */
function environmentOf(options: UpOptions): Record<string, string> {
  const settings = {
    MUSTER_HOST: options.host,
    MUSTER_PORT: options.port,
    MUSTER_DATA_DIR: options.dataDir,
    MUSTER_BEHIND_PROXY: options.behindProxy,
    MUSTER_FAST: options.fast,
  }
  return Object.fromEntries(
    Object.entries(settings).flatMap(([name, value]) => (value === undefined ? [] : [[name, String(value)]])),
  )
}
