import { isIP } from 'node:net'
import { limits } from '@muster/contract/limits'
import { isSecretKey } from './secrets.ts'
import { nearest } from './text/nearest.ts'

export const services = ['api', 'planner', 'worker', 'judge', 'scheduler'] as const
export type Service = (typeof services)[number]

export const logLevels = ['trace', 'debug', 'info', 'warn', 'error', 'silent'] as const
export type LogLevel = (typeof logLevels)[number]

export interface Config {
  readonly data_dir: string
  readonly host: string
  /** 0: any free one. */
  readonly port: number
  /** Absent: the embedded database in the data directory. */
  readonly database_url: string | undefined
  /** Whether an empty database gets the sample goal. */
  readonly sample: boolean
  readonly services: readonly Service[]
  /** Runs of the built-in agent at the same time. */
  readonly worker_slots: number
  /** Runs of agents that think at the same time: they mostly wait for answers. */
  readonly model_slots: number
  readonly log_level: LogLevel
  /** Command lines of agents at the same time. */
  readonly cli_slots: number
  /** A folder of adapter files beside those that come with Muster. */
  readonly cli_adapters: string | undefined
  /** Where command lines have their folders: of this machine alone, and passable by everybody; absent: below the temporary folder. */
  readonly cli_runs: string | undefined
  /** Folders whose repositories agents may work in. */
  readonly cli_repositories: readonly string[]
  /** Whether command lines may run with nothing that confines them, where bubblewrap does not work. */
  readonly cli_unconfined: boolean
  /** Whether command lines may run whose calls of models nobody can count. */
  readonly cli_unmetered: boolean
  /** Where agents of this process reach the gateway; absent: where this process listens. */
  readonly gateway_url: string | undefined
  /** All variables: the PATH of command lines, and what their adapters pass on. */
  readonly environment: Environment
  /** The PEM text of the Ed25519 key that signs the journal; absent: the one in the data directory. */
  readonly journal_signer: string | undefined
  /** Encrypts the keys of providers; absent: the one in the data directory. */
  readonly secret_key: string | undefined
  /** Private addresses at which providers of models may be: CIDR ranges, single addresses, or `loopback`. */
  readonly model_addresses: readonly string[]
  /** How long attempts to call models are kept. */
  readonly attempt_days: number
  /** How long the log lines of runs are kept. */
  readonly log_days: number
  /** How long runs are kept whose results were not accepted; accepted ones are kept with their tasks. */
  readonly run_days: number
  /** How long the events of the journal are kept. */
  readonly journal_days: number
  /** Where the newest heads of the journal are posted. */
  readonly journal_post: string | undefined
  /** Whether a proxy of ours stands in front, ends TLS and says who calls. */
  readonly behind_proxy: boolean
  /** The embedded database acknowledges before the disk has it. */
  readonly fast: boolean
  /** For the kill harness alone: where this process ends itself. `platform/kill-points.ts` reads it. */
  readonly kill_point: string | undefined
}

/** A setting that cannot be: said to the operator before anything starts. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'
}

type Environment = Readonly<Record<string, string | undefined>>

const settings = [
  'MUSTER_DATA_DIR',
  'MUSTER_HOST',
  'MUSTER_PORT',
  'MUSTER_SAMPLE',
  'MUSTER_SERVICES',
  'MUSTER_WORKER_SLOTS',
  'MUSTER_MODEL_SLOTS',
  'MUSTER_CLI_SLOTS',
  'MUSTER_CLI_ADAPTERS',
  'MUSTER_CLI_RUNS',
  'MUSTER_CLI_REPOSITORIES',
  'MUSTER_CLI_UNCONFINED',
  'MUSTER_CLI_UNMETERED',
  'MUSTER_GATEWAY_URL',
  'MUSTER_LOG_LEVEL',
  'MUSTER_JOURNAL_SIGNER',
  'MUSTER_JOURNAL_POST',
  'MUSTER_SECRET_KEY',
  'MUSTER_MODEL_ADDRESSES',
  'MUSTER_ATTEMPT_DAYS',
  'MUSTER_LOG_DAYS',
  'MUSTER_RUN_DAYS',
  'MUSTER_JOURNAL_DAYS',
  'MUSTER_BEHIND_PROXY',
  'MUSTER_FAST',
] as const
type Setting = (typeof settings)[number] | 'DATABASE_URL' | 'PORT' | 'MUSTER_TEST_KILL_POINT'

/** Variables that others read: the command line its key, the tests theirs. */
const ofOthers = /^MUSTER_(KEY|TEST_.+)$/

/**
 * The settings of the server from the environment. Throws `ConfigError` for unknown `MUSTER_*` names, for values that
 * cannot be read and for settings that contradict each other. `MUSTER_PORT` wins over `PORT`, which platforms set.
 */
export function readConfig(env: Environment = process.env): Config {
  refuseUnknown(env)
  const value = (key: Setting): string | undefined => (env[key] === undefined || env[key] === '' ? undefined : env[key])
  const config: Config = {
    data_dir: value('MUSTER_DATA_DIR') ?? limits.data_directory_default,
    host: value('MUSTER_HOST') ?? limits.host_default,
    port: integer(value('MUSTER_PORT') === undefined ? 'PORT' : 'MUSTER_PORT', value('MUSTER_PORT') ?? value('PORT'), {
      absent: limits.port_default,
      min: 0,
      max: 65_535,
    }),
    database_url: databaseUrl(value('DATABASE_URL')),
    sample: flag('MUSTER_SAMPLE', value('MUSTER_SAMPLE'), true),
    services: serviceList(value('MUSTER_SERVICES')),
    worker_slots: integer('MUSTER_WORKER_SLOTS', value('MUSTER_WORKER_SLOTS'), { absent: 16, min: 1, max: 1024 }),
    model_slots: integer('MUSTER_MODEL_SLOTS', value('MUSTER_MODEL_SLOTS'), { absent: 64, min: 1, max: 10_000 }),
    cli_slots: integer('MUSTER_CLI_SLOTS', value('MUSTER_CLI_SLOTS'), { absent: 2, min: 1, max: 256 }),
    cli_adapters: value('MUSTER_CLI_ADAPTERS'),
    cli_runs: value('MUSTER_CLI_RUNS'),
    cli_repositories: (value('MUSTER_CLI_REPOSITORIES') ?? '').split(',').flatMap((path) => path.trim() || []),
    cli_unconfined: isAllowed('MUSTER_CLI_UNCONFINED', value('MUSTER_CLI_UNCONFINED')),
    cli_unmetered: isAllowed('MUSTER_CLI_UNMETERED', value('MUSTER_CLI_UNMETERED')),
    gateway_url: httpUrl('MUSTER_GATEWAY_URL', value('MUSTER_GATEWAY_URL')),
    environment: env,
    log_level: oneOf('MUSTER_LOG_LEVEL', value('MUSTER_LOG_LEVEL') ?? 'info', logLevels),
    journal_signer: value('MUSTER_JOURNAL_SIGNER'),
    journal_post: httpUrl('MUSTER_JOURNAL_POST', value('MUSTER_JOURNAL_POST')),
    secret_key: secretKey(value('MUSTER_SECRET_KEY')),
    model_addresses: addressList(value('MUSTER_MODEL_ADDRESSES')),
    attempt_days: integer('MUSTER_ATTEMPT_DAYS', value('MUSTER_ATTEMPT_DAYS'), {
      absent: limits.model_attempt_days_default,
      min: 1,
      max: limits.model_attempt_days_max,
    }),
    log_days: days('MUSTER_LOG_DAYS', value('MUSTER_LOG_DAYS'), limits.log_days_default),
    run_days: days('MUSTER_RUN_DAYS', value('MUSTER_RUN_DAYS'), limits.run_days_default),
    journal_days: days('MUSTER_JOURNAL_DAYS', value('MUSTER_JOURNAL_DAYS'), limits.journal_days_default),
    behind_proxy: flag('MUSTER_BEHIND_PROXY', value('MUSTER_BEHIND_PROXY'), false),
    fast: flag('MUSTER_FAST', value('MUSTER_FAST'), false),
    kill_point: value('MUSTER_TEST_KILL_POINT'),
  }
  checkConfig(config)
  return config
}

/** Refuses settings that contradict each other; flags of the command line may have changed some. */
export function checkConfig(config: Config): void {
  if (!isLoopback(config.host) && !config.behind_proxy)
    throw new ConfigError(
      `MUSTER_HOST=${config.host} would send keys over the network in clear text. Put a TLS proxy in front and set MUSTER_BEHIND_PROXY=1 (or --behind-proxy), or listen on 127.0.0.1.`,
    )
  if (config.fast && config.database_url !== undefined)
    throw new ConfigError(
      'MUSTER_FAST applies only to the embedded database, but DATABASE_URL is set. Remove one of them.',
    )
  if (config.database_url === undefined && config.services.length < services.length)
    throw new ConfigError(
      'MUSTER_SERVICES omits services, but the embedded database supports one process only. Set DATABASE_URL, or run all services.',
    )
}

/** The addresses that only this machine reaches. */
export function isLoopback(host: string): boolean {
  const bare = host.replace(/^\[|\]$/g, '').toLowerCase()
  return bare === 'localhost' || bare === '::1' || /^(::ffff:)?127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/.test(bare)
}

function refuseUnknown(env: Environment): void {
  for (const key of Object.keys(env)) {
    if (!key.startsWith('MUSTER_') || ofOthers.test(key) || settings.some((setting) => setting === key)) continue
    throw new ConfigError(`Unknown setting ${key}. Did you mean ${nearest(key, settings)}?`)
  }
}

function days(key: Setting, value: string | undefined, absent: number): number {
  return integer(key, value, { absent, min: 1, max: limits.retention_days_max })
}

function integer(
  key: Setting,
  text: string | undefined,
  { absent, min, max }: { readonly absent: number; readonly min: number; readonly max: number },
): number {
  if (text === undefined) return absent
  const number = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN
  if (number >= min && number <= max) return number
  throw new ConfigError(`${key} is ${JSON.stringify(text)}; it must be an integer from ${min} to ${max}.`)
}

function flag(key: Setting, text: string | undefined, absent: boolean): boolean {
  if (text === undefined) return absent
  if (/^(1|true|yes|on)$/i.test(text)) return true
  if (/^(0|false|no|off)$/i.test(text)) return false
  throw new ConfigError(`${key} is ${JSON.stringify(text)}; it must be 1 or 0.`)
}

/** A dangerous setting needs its own word, so that a copied 1 does not switch it on. */
function isAllowed(key: Setting, text: string | undefined): boolean {
  if (text === undefined || text === 'refuse') return false
  if (text === 'allow') return true
  throw new ConfigError(`${key} is ${JSON.stringify(text)}; it must be allow or refuse.`)
}

function oneOf<const Word extends string>(key: Setting, text: string, words: readonly Word[]): Word {
  const match = words.find((word) => word === text)
  if (match !== undefined) return match
  throw new ConfigError(
    `${key} has ${JSON.stringify(text)}; it must be ${words.join(', ')}. Did you mean ${nearest(text, words)}?`,
  )
}

function serviceList(text: string | undefined): readonly Service[] {
  if (text === undefined) return services
  const names = text.split(',').map((word) => oneOf('MUSTER_SERVICES', word.trim(), services))
  return services.filter((service) => names.includes(service))
}

function databaseUrl(text: string | undefined): string | undefined {
  if (text === undefined) return undefined
  if (/^postgres(ql)?:\/\//.test(text) && URL.canParse(text)) return text
  // The value may hold a password, so it is not repeated.
  throw new ConfigError('DATABASE_URL must look like postgres://user:password@host:5432/database.')
}

function secretKey(text: string | undefined): string | undefined {
  if (text === undefined || isSecretKey(text)) return text
  // The value is a secret, so it is not repeated.
  throw new ConfigError(
    'MUSTER_SECRET_KEY must be 32 random bytes in base64, for example from `openssl rand -base64 32`.',
  )
}

function addressList(text: string | undefined): readonly string[] {
  const words = (text ?? '')
    .split(',')
    .map((word) => word.trim())
    .filter((word) => word !== '')
  const wrong = words.find((word) => !isAddressRange(word))
  if (wrong === undefined) return words
  throw new ConfigError(
    `MUSTER_MODEL_ADDRESSES has ${JSON.stringify(wrong)}; it must be loopback, addresses such as 10.0.0.7, and ranges such as 10.0.0.0/8.`,
  )
}

/** `loopback`, or an address with or without the bits of its network. */
function isAddressRange(word: string): boolean {
  if (word === 'loopback') return true
  const [address = '', bits, more] = word.split('/')
  const size = { 0: 0, 4: 32, 6: 128 }[isIP(address)] ?? 0
  return size > 0 && more === undefined && (bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= size))
}

function httpUrl(key: Setting, text: string | undefined): string | undefined {
  if (text === undefined) return undefined
  if (/^https?:\/\//.test(text) && URL.canParse(text)) return text
  throw new ConfigError(`${key} must be a URL that starts with http:// or https://.`)
}
