/** What of the planner needs the attention of a person. */
export const plannerAttention = {
  goal_needs_plan: { rank: 50, severity: 'warning', permission: 'goals:read', subjects: ['goal'] },
  goal_failed: { rank: 70, severity: 'warning', permission: 'goals:read', subjects: ['goal'] },
} as const
