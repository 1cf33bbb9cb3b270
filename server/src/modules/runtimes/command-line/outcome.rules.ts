import type { CommandLineResult } from './command-line.types.ts'
import type { CommandLineLimits } from './limits.rules.ts'
import type { Reading } from './result.rules.ts'

export interface End {
  readonly ending: 'wall' | 'idle' | 'output_limit' | 'aborted' | undefined
  readonly exit_code: number | undefined
  readonly by_signal: string | undefined
  readonly not_started: string | undefined
}

export interface FinishedProgram {
  readonly programEnd: End
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
export function outcomeOf(finishedProgram: FinishedProgram): Outcome {
  const { programEnd, reading, limits } = finishedProgram
  const { ending, exit_code, by_signal, not_started } = programEnd
  const code = exit_code === undefined ? {} : { exit_code }
  const failure = (status: Outcome['status'], retryable: boolean, reason: string): Outcome => ({
    status,
    is_done: false,
    retryable,
    reason,
    ...code,
  })
  if (not_started !== undefined) return failure('failed_to_start', false, withTail(not_started, finishedProgram))
  if (ending === 'wall') return failure('timeout', true, `Timed out after ${limits.wall_ms} ms.`)
  if (ending === 'idle') return failure('timeout', true, `No output for ${limits.idle_ms} ms.`)
  if (ending === 'output_limit')
    return failure(
      'output_limit',
      false,
      `More output than ${limits.output_bytes_max} bytes or ${limits.output_lines_max} lines.`,
    )
  if (ending === 'aborted') return failure('killed', false, 'The run was stopped.')
  if (by_signal !== undefined) return failure('killed', true, withTail(`Killed by ${by_signal}.`, finishedProgram))
  if (exit_code !== 0)
    return failure('exited', mayDiffer(finishedProgram), withTail(`Exited with code ${exit_code}.`, finishedProgram))
  if (reading.failure !== undefined)
    return failure('exited', true, `The program reported a failure: ${reading.failure}`)
  if (reading.text === undefined) return failure('exited', true, 'Exited without a result.')
  return { status: 'exited', is_done: true, retryable: false, ...code }
}

/** Codes above 128 are how shells and bubblewrap report signals. */
function mayDiffer({ programEnd: { exit_code = 0 }, retry_exit_codes }: FinishedProgram): boolean {
  return retry_exit_codes.includes(exit_code) || exit_code > 128
}

function withTail(reason: string, { reading, tail }: FinishedProgram): string {
  const failureText = reading.failure ?? tail.slice(-tail_characters_max).trim()
  return failureText === '' ? reason : `${reason} Output: ${failureText}`
}
