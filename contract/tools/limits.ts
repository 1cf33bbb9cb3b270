import { minute_ms } from '../units.ts'

export const toolsLimits = {
  capability_ms_max: 5 * minute_ms,
} as const
