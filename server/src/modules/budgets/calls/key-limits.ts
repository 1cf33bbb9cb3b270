/**
 * The rates of a key, counted in this process by the minute. A call is admitted while the minute has anything left; its
 * worst case counts from then on, and what it used replaces that.
 */
import { MusterError } from '../../../platform/errors.ts'
import { createWindows, type Windows } from '../../../platform/http/gate/windows.ts'
import type { KeyedCall, RunBudget } from '../budgets.port.ts'

const minute_ms = 60_000
const keys_max = 10_000

/** Counts a call, and returns the budget that its requests are held on. Throws `rate_limited`. */
export type KeyLimits = (call: KeyedCall) => RunBudget | undefined

export function createKeyLimits(now: () => number = Date.now): KeyLimits {
  const windows = createWindows({ window_ms: minute_ms, keys_max, now })
  return ({ key_id, limits, run_budget }) => {
    if (!limits || key_id === null) return run_budget
    const { requests_per_minute, tokens_per_minute } = limits
    const tokens = `tokens ${key_id}`
    if (tokens_per_minute !== undefined)
      refuse(windows.blockedMs(tokens, tokens_per_minute), `${tokens_per_minute} tokens`)
    if (requests_per_minute !== undefined)
      refuse(windows.take(`requests ${key_id}`, requests_per_minute), `${requests_per_minute} calls`)
    return tokens_per_minute === undefined ? run_budget : countedBudget(windows, tokens, run_budget)
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
    hold(held) {
      if (inner?.hold(held) === false) return false
      holds.push(windows.add(key, held.tokens))
      return true
    },
    settle(held, used) {
      inner?.settle(held, used)
      const ends_at = holds.shift() ?? 0
      if (used.tokens > held.tokens) windows.add(key, used.tokens - held.tokens)
      else windows.release(key, held.tokens - used.tokens, ends_at)
    },
  }
}
