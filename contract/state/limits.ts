import { mib } from '../units.ts'

export const stateLimits = {
  document_bytes_max: 1 * mib,
} as const
