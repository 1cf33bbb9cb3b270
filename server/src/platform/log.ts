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

/** JSON lines on `destination`, stderr where none is given: stdout belongs to what a command gives out. */
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
      // Of an error what tells where it came from, and nothing that a library has hung on to it.
      serializers: { err: briefly },
      // What could carry a credential never reaches a line, whoever logs it.
      redact: { paths: ['authorization', 'key', '*.authorization', '*.key', 'headers["x-api-key"]'], remove: true },
    },
    options.destination ?? pino.destination({ fd: 2, sync: true }),
  )
}

/** For tests and tools that say things in another way. */
export const silent_log: Log = {
  debug: () => {},
  info: () => {},
  warn: () => {},
  error: () => {},
  child: () => silent_log,
}

function briefly(error: unknown): unknown {
  if (!(error instanceof Error)) return { message: String(error) }
  const { name, message, stack } = error
  const { code, constraint, table } = error as { code?: unknown; constraint?: unknown; table?: unknown }
  const cause = error.cause === undefined ? {} : { cause: briefly(error.cause) }
  return { type: name, message, code, constraint, table, stack, ...cause }
}
