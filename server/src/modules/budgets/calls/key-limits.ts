/**
 * The rates of a key, counted in this process by the minute. A call is admitted while the minute has anything left; its
 * worst case counts from then on, and what it used replaces that.
 */
import { MusterError } from '../../../platform/errors.ts'
import { createWindows, type Windows } from '../../../platform/http/windows.ts'
import type { ModelCall, RunBudget } from '../../gateway/gateway.port.ts'

const minute_ms = 60_000
const keys_max = 10_000

/** Gives the call as it may go on. Throws `rate_limited`. */
export type KeyLimits = (call: ModelCall) => ModelCall

export function createKeyLimits(now: () => number = Date.now): KeyLimits {
  const windows = createWindows({ window_ms: minute_ms, keys_max, now })
  return (call) => {
    const { key_id, limits } = call
    if (!limits || key_id === null) return call
    const { requests_per_minute, tokens_per_minute } = limits
    const tokens = `tokens ${key_id}`
    if (tokens_per_minute !== undefined)
      refuse(windows.blockedMs(tokens, tokens_per_minute), `${tokens_per_minute} tokens`)
    if (requests_per_minute !== undefined)
      refuse(windows.take(`requests ${key_id}`, requests_per_minute), `${requests_per_minute} calls`)
    return tokens_per_minute === undefined
      ? call
      : { ...call, run_budget: countedBudget(windows, tokens, call.run_budget) }
  }
}

function refuse(retry_after_ms: number | undefined, of: string): void {
  if (retry_after_ms === undefined) return
  throw new MusterError('rate_limited', `Rate limit reached: this API key can use ${of} per minute.`, {
    retry_after_ms,
  })
}

/** The budget of a run, where there is one, after the count of its key. */
function countedBudget(windows: Windows, key: string, inner: RunBudget | undefined): RunBudget {
  const holds: number[] = []
  return {
    hold(worst) {
      if (inner?.hold(worst) === false) return false
      holds.push(windows.add(key, worst.tokens))
      return true
    },
    settle(worst, actual) {
      inner?.settle(worst, actual)
      const ends_at = holds.shift() ?? 0
      if (actual.tokens > worst.tokens) windows.add(key, actual.tokens - worst.tokens)
      else windows.release(key, worst.tokens - actual.tokens, ends_at)
    },
  }
}
