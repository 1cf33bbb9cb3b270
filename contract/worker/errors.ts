export const workerErrors = {
  lease_lost: { status: 409, meaning: 'The run is no longer held under this token; another may be doing the task.' },
  effects_unavailable: { status: 422, meaning: 'A result proposes an effect, and effects are not available here.' },
} as const
