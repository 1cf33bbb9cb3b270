import { Command } from 'commander'
import { integer } from '../arguments.ts'
import type { Context } from '../context.ts'
import { exportEnvironment } from '../process-io.ts'

interface UpOptions {
  readonly host?: string
  readonly port?: number
  readonly dataDir?: string
  readonly behindProxy?: boolean
  readonly fast?: boolean
}

/** `muster up`: all services in this process, until the first Ctrl-C; the second ends it at once. */
export function upCommand({ io, exitWith }: Context): Command {
  return new Command('up')
    .description('start Muster in this process')
    .option('--host <host>', 'address to bind to (MUSTER_HOST)')
    .option('--port <port>', 'port to bind to (MUSTER_PORT)', integer(0, 65_535))
    .option('--data-dir <dir>', 'data directory (MUSTER_DATA_DIR)')
    .option('--behind-proxy', 'allow an address beyond loopback without TLS, as a proxy in front has it')
    .option('--fast', 'do not wait for the disk: a power cut may lose what was acknowledged')
    .action(async (options: UpOptions) => {
      exportEnvironment(environmentOf(options))
      // Loaded here alone, so that every other command starts without the server.
      const { main } = await import('@muster/server/app/main')
      const code = await main({ signal: io.signal })
      exitWith(code === 0 ? 0 : 1)
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
