/** Bounds retries so that they cannot become a storm: a retry budget for each provider, and growing waits. */

/** Of a hundred calls ten may be tried again, and a few in any case. */
const deposit_share = 0.1
const reserve = 10
const capacity = 100
const first_wait_ms = 200
const wait_ms_max = 5_000

/** A bucket of retries, filled by calls. */
export interface RetryBudget {
  readonly tokens: number
}

export const fullBudget: RetryBudget = { tokens: reserve }

export function afterCall({ tokens }: RetryBudget): RetryBudget {
  return { tokens: Math.min(capacity, tokens + deposit_share) }
}

/** Undefined: no retry is left. */
export function afterRetry({ tokens }: RetryBudget): RetryBudget | undefined {
  return tokens < 1 ? undefined : { tokens: tokens - 1 }
}

/**
 * How long to wait before try number `tries` + 1: what the provider asked for, else exponential with full jitter
 * (`random` in [0, 1)). Undefined: longer than anybody should be kept waiting.
 */
export function waitMs(retry: {
  readonly attempts: number
  readonly retry_after_ms: number | undefined
  readonly retry_after_ms_max: number
  readonly random: number
}): number | undefined {
  const { attempts, retry_after_ms, retry_after_ms_max, random } = retry
  if (retry_after_ms !== undefined) return retry_after_ms <= retry_after_ms_max ? retry_after_ms : undefined
  return Math.round(random * Math.min(wait_ms_max, first_wait_ms * 2 ** (attempts - 1)))
}
