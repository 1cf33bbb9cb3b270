/** The errors of agents, by their codes. */
export const agentsErrors = {
  unknown_capability: { status: 422, meaning: 'No active agent of the organization has this capability.' },
} as const
