/** What of the judge needs the attention of a person. */
export const judgeAttention = {
  conflicts: { rank: 90, severity: 'warning', permission: 'tasks:read', subjects: ['task'] },
} as const
