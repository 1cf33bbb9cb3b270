import type { RunStatus } from '@muster/contract/worker/runs'

/**
 * A run is one attempt under a lease: live from the claim on, and ended once, by the one function that ends runs.
 * `attempt.rules.ts` and the judge's verdict decide what happens to its task.
 */
export const runTransitions = {
  live: ['finished', 'failed', 'lost', 'given_back', 'cancelled'],
  finished: [],
  failed: [],
  lost: [],
  given_back: [],
  cancelled: [],
} as const satisfies Record<RunStatus, readonly RunStatus[]>
