import { minute_ms } from '../units.ts'

/** The limits of tools; the unit stands last in each name. */
export const toolsLimits = {
  capability_ms_max: 5 * minute_ms,
} as const
