import { hour_ms, kib, minute_ms } from '../units.ts'

/** The limits of projects; the unit stands last in each name. */
export const projectsLimits = {
  project_description_bytes_max: 64 * kib,
  /** Of one task, and so of what a policy may say about retries. */
  attempts_max: 20,
  retries_default: 3,
  /** Names in one list, of a policy as of an agent. */
  capabilities_max: 200,
  /** What a policy says about approvals. */
  approval_due_ms_default: 24 * hour_ms,
  approval_due_ms_max: 30 * 24 * hour_ms,
  approval_claim_ms_default: 10 * minute_ms,
  approval_claim_ms_max: 24 * hour_ms,
  quorum_max: 10,
  policy_checks_max: 50,
  policy_list_max: 500,
  policy_pattern_characters_max: 1_000,
} as const
