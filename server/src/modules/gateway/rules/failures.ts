/** What follows from each way a request to a provider can fail: one table, as docs/how-to/models.md shows it. */
import type { FailureOutcome } from '../gateway.types.ts'

export interface Consequence {
  /** Nothing: the hold is given back. Unknown: the hold is charged, unless the usage was told. */
  readonly used: 'nothing' | 'unknown'
  /** Whether the same target is asked again, before the first content. */
  readonly retried: boolean
  /** Whether the next target is asked, before the first content. */
  readonly falls_back: boolean
  /** Whether it counts against the provider's circuit breaker. */
  readonly trips: boolean
}

export const consequences: Readonly<Record<FailureOutcome, Consequence>> = {
  unreachable: { used: 'nothing', retried: true, falls_back: true, trips: true },
  connect_timeout: { used: 'nothing', retried: true, falls_back: true, trips: true },
  rate_limited: { used: 'nothing', retried: true, falls_back: true, trips: false },
  overloaded: { used: 'nothing', retried: true, falls_back: true, trips: true },
  refused: { used: 'nothing', retried: false, falls_back: false, trips: false },
  denied: { used: 'nothing', retried: false, falls_back: true, trips: false },
  first_token_timeout: { used: 'unknown', retried: false, falls_back: true, trips: true },
  idle_timeout: { used: 'unknown', retried: false, falls_back: true, trips: true },
  total_timeout: { used: 'unknown', retried: false, falls_back: false, trips: true },
  broken: { used: 'unknown', retried: true, falls_back: true, trips: true },
  malformed: { used: 'unknown', retried: true, falls_back: true, trips: true },
  over_long: { used: 'unknown', retried: false, falls_back: false, trips: true },
  client_gone: { used: 'unknown', retried: false, falls_back: false, trips: false },
  lost: { used: 'unknown', retried: false, falls_back: false, trips: false },
}

/** How a provider's status of a refusal is understood. */
export function outcomeOfStatus(status: number): FailureOutcome {
  if (status === 429) return 'rate_limited'
  if (status === 401 || status === 403) return 'denied'
  if (status === 408 || status >= 500) return 'overloaded'
  return status >= 400 ? 'refused' : 'malformed'
}

/** `Retry-After` in seconds or as a date (RFC 9110 §10.2.3); undefined for what is neither. */
export function retryAfterMs(header: string | undefined, now_ms: number): number | undefined {
  if (header === undefined) return undefined
  if (/^\d{1,9}(\.\d{1,9})?$/.test(header.trim())) return Math.ceil(Number(header) * 1000)
  const at = Date.parse(header)
  return Number.isNaN(at) ? undefined : Math.max(0, at - now_ms)
}
