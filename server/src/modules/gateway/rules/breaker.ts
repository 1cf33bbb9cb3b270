/**
 * A circuit breaker for one provider.
 *
 * closed ──failures in a row──► open ──after a while──► half_open ──one success──► closed
 *                                ▲                          │
 *                                └──────one failure─────────┘
 */
export interface Breaker {
  readonly state: 'closed' | 'open' | 'half_open'
  readonly failures: number
  /** Until when it is open; with `half_open`, the deadline of the one probe. */
  readonly until_ms: number
}

const failures_max = 5
const open_ms = 15_000

export const closedBreaker: Breaker = { state: 'closed', failures: 0, until_ms: 0 }

/** Whether a call may pass now, and the breaker behind it: of a half-open one only one call is the probe. */
export function pass(breaker: Breaker, now_ms: number): { readonly passes: boolean; readonly breaker: Breaker } {
  if (breaker.state === 'closed') return { passes: true, breaker }
  if (now_ms < breaker.until_ms) return { passes: false, breaker }
  return { passes: true, breaker: { ...breaker, state: 'half_open', until_ms: now_ms + open_ms } }
}

export function afterSuccess(): Breaker {
  return closedBreaker
}

export function afterFailure(breaker: Breaker, now_ms: number): Breaker {
  const failures = breaker.failures + 1
  const opens = breaker.state !== 'closed' || failures >= failures_max
  return opens ? { state: 'open', failures, until_ms: now_ms + open_ms } : { ...breaker, failures }
}
