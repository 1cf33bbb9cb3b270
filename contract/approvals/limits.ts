import { hour_ms, minute_ms } from '../units.ts'

/** The limits of approvals; the unit stands last in each name. */
export const approvalsLimits = {
  approval_snooze_ms_max: 30 * 24 * hour_ms,
  approval_revocable_ms_max: 1 * minute_ms,
} as const
