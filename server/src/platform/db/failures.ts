import { fieldOf } from '@muster/contract/platform/objects'
import { MusterError } from '../errors.ts'

/** SQLSTATEs after which a transaction is tried again. A table, so that adding a case is adding a line. */
const retryable: ReadonlySet<string> = new Set([
  '40001', // serialization_failure
  '40P01', // deadlock_detected
])

export interface Outage {
  readonly cause: string
  readonly remedy: string
  /** Whether only writes fail, so that a read does not disprove it. */
  readonly is_storage?: boolean
}

const no_answer: Outage = {
  cause: 'The database does not respond',
  remedy: 'Run `muster doctor` for details.',
}
const disk_full: Outage = {
  cause: 'The database disk is full',
  remedy: 'Free up space on the database disk. Muster recovers automatically.',
  is_storage: true,
}
const read_only: Outage = {
  cause: 'The database is read-only',
  remedy: 'Make its disk writable, or point DATABASE_URL at the primary. Muster recovers automatically.',
  is_storage: true,
}
const disk_failure: Outage = {
  cause: 'The database has disk errors',
  remedy: 'Check the database disk and the database log.',
  is_storage: true,
}
const no_memory: Outage = {
  cause: 'The database is out of memory',
  remedy: 'Give the database server more memory, or lower its work_mem and max_connections.',
}
const no_connections: Outage = {
  cause: 'The database has too many connections',
  remedy: 'Raise max_connections of the database, or run fewer Muster processes.',
}
const no_resources: Outage = {
  cause: 'The database is out of resources',
  remedy: 'Check the database log for the limit that was reached.',
}

/** Outages by SQLSTATE; where the code is not listed its class (the first two characters) decides. */
const outages: Readonly<Record<string, Outage>> = {
  '08': no_answer, // connection exceptions
  '25006': read_only, // read_only_sql_transaction
  '25P03': no_answer, // idle_in_transaction_session_timeout
  '25P04': no_answer, // transaction_timeout
  '53': no_resources,
  '53100': disk_full,
  '53200': no_memory,
  '53300': no_connections,
  '53400': no_resources, // configuration_limit_exceeded
  '57': no_answer, // operator intervention: shutdown, cancelled, cannot connect now
  '58': disk_failure, // system errors, such as an input or output error
  XX001: disk_failure, // data_corrupted
  XX002: disk_failure, // index_corrupted
}

/**
 * Errors for values that no column of their type can hold. Schemas refuse them; this is for what a schema has missed.
 */
const unstorable: ReadonlySet<string> = new Set([
  '22003', // numeric_value_out_of_range
  '22007', // invalid_datetime_format
  '22008', // datetime_field_overflow
  '22009', // invalid_time_zone_displacement_value
  '22021', // character_not_in_repertoire
  '22P02', // invalid_text_representation
  '22P05', // untranslatable_character
])

const duplicate = '23505'

export function codeOf(error: unknown): string | undefined {
  const code = fieldOf(error, 'code')
  return typeof code === 'string' ? code : undefined
}

export function isRetryable(error: unknown): boolean {
  return retryable.has(codeOf(error) ?? '')
}

/** Whether a unique constraint refused the row; `constraint` narrows it to one. */
export function isDuplicate(error: unknown, constraint?: string): boolean {
  if (codeOf(error) !== duplicate) return false
  return constraint === undefined || fieldOf(error, 'constraint') === constraint
}

/** The embedded database has died, with its reason. Work under way was not committed. */
export class DatabaseLostError extends Error {
  override readonly name = 'DatabaseLostError'
  /** crash_shutdown */
  readonly code = '57P02'
  /** Whether it died for a full or read-only disk, which may recover. */
  readonly is_storage: boolean

  constructor(cause: unknown) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    super(`The embedded database has stopped: ${reason}.`, { cause })
    this.is_storage = isStorageMessage(reason)
  }
}

function isStorageMessage(message: string): boolean {
  return /no space left|read-only file system|disk quota|input\/output error|\b(ENOSPC|EROFS|EDQUOT|EIO)\b/i.test(
    message,
  )
}

function storageOutage(message: string): Outage {
  if (/read-only|EROFS/i.test(message)) return read_only
  return /input\/output|EIO/i.test(message) ? disk_failure : disk_full
}

/** Whether the database cannot hold a value that a statement was given. */
export function isUnstorable(error: unknown): boolean {
  return unstorable.has(codeOf(error) ?? '')
}

/** The contract's error for such a value in a tenant's request. */
export function unstorableValue(): MusterError {
  return new MusterError(
    'invalid',
    'The request contains a number, time or text that the database cannot store. Nothing was changed.',
  )
}

/** The outage that an error stands for; undefined for every other error. */
export function outageOf(error: unknown): Outage | undefined {
  if (error instanceof DatabaseLostError && error.is_storage) return storageOutage(error.message)
  const code = codeOf(error) ?? ''
  const outage = outages[code] ?? (code.length === 5 ? outages[code.slice(0, 2)] : undefined)
  if (outage === disk_failure && isStorageMessage(String(error)) && /no space/i.test(String(error))) return disk_full
  if (outage !== undefined) return outage
  return code.startsWith('E') || retryable.has(code) || isLostConnection(error) ? no_answer : undefined
}

/** Translates a driver's error into one of the contract's where a caller can act on it; other errors stay. */
export function translate(error: unknown): unknown {
  if (error instanceof MusterError) return error
  const outage = outageOf(error)
  if (outage === undefined) return error
  return new MusterError('unavailable', `${outage.cause}. Try again.`, {
    retry_after_ms: 1000,
    remedy: outage.remedy,
  })
}

function isLostConnection(error: unknown): boolean {
  const message = error instanceof Error ? error.message : ''
  return /connection terminated|timeout exceeded when trying to connect|client has encountered a connection error/i.test(
    message,
  )
}

/** Whether the failure concerns the database itself, so that trying a batch's items one by one is pointless. */
export function isCommonFailure(error: unknown): boolean {
  return error instanceof MusterError && error.code === 'unavailable'
}
