export const judgeAttention = {
  conflicts: { rank: 90, severity: 'warning', permission: 'tasks:read', subjects: ['task'] },
} as const
