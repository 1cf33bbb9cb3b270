import { second_ms } from '../units.ts'

/** The limits of the worker; the unit stands last in each name. */
export const workerLimits = {
  leases_lost_max: 3,
  long_poll_ms_max: 30 * second_ms,
  claim_max: 64,
  heartbeat_runs_max: 256,
  log_lines_max: 200,
  log_days_default: 30,
  run_days_default: 180,
} as const
