import { fieldOf, tableOf } from '@muster/contract/platform/objects'
import { pino } from 'pino'
import type { LogLevel } from './config.ts'

/**
 * Structured log lines. Fields that have a meaning everywhere: `request_id`, `operation`, `organization_id`, `goal_id`,
 * `task_id`, `run_id`, `err`. Never content, never keys.
 */
export interface Log {
  debug(fields: object, message: string): void
  info(fields: object, message: string): void
  warn(fields: object, message: string): void
  error(fields: object, message: string): void
  /** A log whose every line has these fields. */
  child(fields: Readonly<Record<string, unknown>>): Log
}

/** Writes JSON lines to `destination`, by default stderr: stdout is for the output of commands. */
export function createLog(options: {
  readonly level: LogLevel
  readonly destination?: { write(line: string): void } | undefined
}): Log {
  return pino(
    {
      level: options.level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (level) => ({ level }) },
      // Errors keep message and stack, and none of the fields that libraries add.
      serializers: { err: briefly },
      // Fields that may hold a credential never reach a line, whoever logs them.
      redact: { paths: ['authorization', 'key', '*.authorization', '*.key', 'headers["x-api-key"]'], remove: true },
    },
    options.destination ?? standardError(),
  )
}

/** A line that cannot be written (no reader, a full disk) is lost; the program runs on. */
function standardError() {
  const destination = pino.destination({ fd: 2, sync: true })
  destination.on('error', () => {})
  return destination
}

/** A log that writes nothing, for tests and tools. */
export const silent_log: Log = {
  debug: () => {},
  info: () => {},
  warn: () => {},
  error: () => {},
  child: () => silent_log,
}

/** What errors of the database say besides. */
const database_fields = ['code', 'constraint', 'table'] as const

function briefly(error: unknown): unknown {
  if (!(error instanceof Error)) return { message: String(error) }
  const { name, message, stack } = error
  const cause = error.cause === undefined ? {} : { cause: briefly(error.cause) }
  return { type: name, message, ...tableOf(database_fields, (field) => fieldOf(error, field)), stack, ...cause }
}
