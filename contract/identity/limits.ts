import { hour_ms } from '../units.ts'

/** The limits of identity; the unit stands last in each name. */
export const identityLimits = {
  /** Of a call, an answer, or what a key may use in a minute. */
  model_tokens_max: 100_000_000,
  failed_authentications_per_minute_max: 20,
  guessed_lookups_at_once_max: 4,
  guessed_lookups_waiting_max: 64,
  session_ms: 30 * 24 * hour_ms,
} as const
