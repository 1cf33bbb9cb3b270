/** The errors of the worker, by their codes. */
export const workerErrors = {
  lease_lost: { status: 409, meaning: 'The lease of the run was lost; another run may have the task.' },
  effects_unavailable: { status: 422, meaning: 'A result proposes an effect, and effects are not available here.' },
} as const
