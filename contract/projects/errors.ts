/** The errors of projects, by their codes. */
export const projectsErrors = {
  stopped: { status: 409, retryable: true, meaning: 'An emergency stop is active.' },
} as const
