import { type ExitCode, exitCodes } from '@muster/contract/platform/exit-codes'
import { MusterError } from '@muster/sdk/errors'
import { oneLine } from './terminal-text.ts'

/** Ends a command with a message and an exit code of the contract. */
export class CommandFailure extends Error {
  readonly exit_code: ExitCode

  constructor(exit_code: ExitCode, message: string) {
    super(message)
    this.name = 'CommandFailure'
    this.exit_code = exit_code
  }
}

/** The command line was wrong. */
export const usage = (message: string) => new CommandFailure(exitCodes.usage, message)

/** The exit code for whatever a command threw. */
export function exitCodeOf(error: unknown): ExitCode {
  if (error instanceof CommandFailure) return error.exit_code
  if (!(error instanceof MusterError)) return exitCodes.failed
  if (error.code === 'unreachable' || error.code === 'protocol' || error.code === 'unavailable') {
    return exitCodes.unreachable
  }
  return error.status >= 400 && error.status < 500 ? exitCodes.refused : exitCodes.failed
}

/** Describes a failure: what was wrong, with what value, and what to do. */
export function describeFailure(error: unknown): string {
  if (!(error instanceof MusterError)) return describeOther(error)
  const field = error.detail.field === undefined ? '' : ` (field ${oneLine(error.detail.field)})`
  const request = error.request_id === null ? '' : ` [${error.code}, request ${error.request_id}]`
  const remedy = error.detail.remedy ?? remedies[error.code]
  return `${error.message}${field}${request}${remedy === undefined ? '' : `\n${remedy}`}`
}

function describeOther(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  if (!('code' in error) || error.code !== 'EADDRINUSE') return error.message
  return `${error.message}\nThe port is in use. Stop the other program, or use another port: MUSTER_PORT=7701 npm start`
}

const remedies: Partial<Record<string, string>> = {
  unreachable: 'Is Muster running? Start it with `npm start`, or set MUSTER_HOST and MUSTER_PORT.',
  unauthenticated: 'Set MUSTER_KEY to a valid key, or run this command in the folder that contains the data directory.',
  own_work: 'Another person has to decide. A key made with `npx muster keys create NAME` counts as another person.',
}
