/** What of the planner a search finds. */
export const plannerSearch = {
  goal: { permission: 'goals:read', rank: 1 },
  task: { permission: 'tasks:read', rank: 5 },
} as const
