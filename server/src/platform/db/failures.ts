import { MusterError } from '../errors.ts'

/** What to do about a driver's error, by SQLSTATE. A table, so that adding a case is adding a line. */
const retryable: ReadonlySet<string> = new Set([
  '40001', // serialization_failure
  '40P01', // deadlock_detected
])

const unavailable: ReadonlySet<string> = new Set([
  '08000', // connection_exception
  '08003', // connection_does_not_exist
  '08006', // connection_failure
  '53300', // too_many_connections
  '57014', // query_canceled: the statement's limit
  '57P01', // admin_shutdown
  '57P02', // crash_shutdown
  '57P03', // cannot_connect_now
  '25P03', // idle_in_transaction_session_timeout
])

const duplicate = '23505'

export function codeOf(error: unknown): string | undefined {
  const code = (error as { code?: unknown } | null)?.code
  return typeof code === 'string' ? code : undefined
}

export function isRetryable(error: unknown): boolean {
  return retryable.has(codeOf(error) ?? '')
}

/** Whether a unique constraint refused the row; `constraint` narrows it to one. */
export function isDuplicate(error: unknown, constraint?: string): boolean {
  if (codeOf(error) !== duplicate) return false
  return constraint === undefined || (error as { constraint?: string }).constraint === constraint
}

/** Turns what the driver says into one of the contract's errors where a caller can act on it; else leaves it alone. */
export function translate(error: unknown): unknown {
  if (error instanceof MusterError) return error
  const code = codeOf(error) ?? ''
  const lost = code.startsWith('E') || isLostConnection(error)
  if (unavailable.has(code) || retryable.has(code) || lost)
    return new MusterError('unavailable', 'The database does not answer just now; nothing was changed. Try again.', {
      retry_after_ms: 1000,
      remedy: 'See `muster doctor` for what the server says about its database.',
    })
  return error
}

function isLostConnection(error: unknown): boolean {
  const message = error instanceof Error ? error.message : ''
  return /connection terminated|timeout exceeded when trying to connect|client has encountered a connection error/i.test(
    message,
  )
}

/** Whether trying the items of a failed batch one by one would be pointless: the database itself is the trouble. */
export function isCommonFailure(error: unknown): boolean {
  return error instanceof MusterError && error.code === 'unavailable'
}
