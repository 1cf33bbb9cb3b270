import type { CommandLineResult } from './command-line.types.ts'
import type { CommandLineLimits } from './limits.rules.ts'
import type { Reading } from './result.rules.ts'

export interface End {
  readonly ending: 'wall' | 'idle' | 'output_limit' | 'aborted' | undefined
  readonly exit_code: number | undefined
  readonly by_signal: string | undefined
  readonly not_started: string | undefined
}

export interface Finished {
  readonly ended: End
  readonly reading: Reading
  readonly retry_exit_codes: readonly number[]
  readonly limits: CommandLineLimits
  /** The end of the transcript, for people. */
  readonly tail: string
}

type Outcome = Pick<CommandLineResult, 'status' | 'is_done' | 'retryable' | 'reason' | 'exit_code'>

const tail_characters_max = 500

/**
 * The outcome of a command line's run; first match wins.
 *
 * | if | status | retryable |
 * |---|---|---|
 * | nothing was run | failed_to_start | no |
 * | it was past the time, or silent for too long | timeout | yes |
 * | it wrote too much | output_limit | no |
 * | we were asked to end it | killed | no |
 * | a signal of somebody else ended it | killed | yes |
 * | it ended with a code other than 0 | exited | if the adapter says so, or a signal stands behind the code |
 * | it says itself that it failed, or gave nothing | exited | yes |
 * | otherwise | exited, done | |
 */
export function outcomeOf(finished: Finished): Outcome {
  const { ended, reading, limits } = finished
  const { ending, exit_code, by_signal, not_started } = ended
  const code = exit_code === undefined ? {} : { exit_code }
  const failed = (status: Outcome['status'], retryable: boolean, reason: string): Outcome => ({
    status,
    is_done: false,
    retryable,
    reason,
    ...code,
  })
  if (not_started !== undefined) return failed('failed_to_start', false, withTail(not_started, finished))
  if (ending === 'wall') return failed('timeout', true, `Timed out after ${limits.wall_ms} ms.`)
  if (ending === 'idle') return failed('timeout', true, `No output for ${limits.idle_ms} ms.`)
  if (ending === 'output_limit')
    return failed(
      'output_limit',
      false,
      `More output than ${limits.output_bytes_max} bytes or ${limits.output_lines_max} lines.`,
    )
  if (ending === 'aborted') return failed('killed', false, 'The run was stopped.')
  if (by_signal !== undefined) return failed('killed', true, withTail(`Killed by ${by_signal}.`, finished))
  if (exit_code !== 0)
    return failed('exited', mayDiffer(finished), withTail(`Exited with code ${exit_code}.`, finished))
  if (reading.failure !== undefined) return failed('exited', true, `The program reported a failure: ${reading.failure}`)
  if (reading.text === undefined) return failed('exited', true, 'Exited without a result.')
  return { status: 'exited', is_done: true, retryable: false, ...code }
}

/** Codes above 128 are how shells and bubblewrap report signals. */
function mayDiffer({ ended: { exit_code = 0 }, retry_exit_codes }: Finished): boolean {
  return retry_exit_codes.includes(exit_code) || exit_code > 128
}

function withTail(reason: string, { reading, tail }: Finished): string {
  const said = reading.failure ?? tail.slice(-tail_characters_max).trim()
  return said === '' ? reason : `${reason} Output: ${said}`
}
