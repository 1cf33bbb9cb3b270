import { mib } from '../units.ts'

/** The limits of the judge; the unit stands last in each name. */
export const judgeLimits = {
  conflicts_max: 3,
  agreement_days_default: 30,
  agreement_days_max: 3_650,
  cited_bytes_max: 64 * mib,
} as const
