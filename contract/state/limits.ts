import { mib } from '../units.ts'

/** The limits of state; the unit stands last in each name. */
export const stateLimits = {
  document_bytes_max: 1 * mib,
} as const
