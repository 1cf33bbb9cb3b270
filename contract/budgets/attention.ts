export const budgetsAttention = {
  budget_closed: { rank: 30, severity: 'critical', permission: 'budgets:read', subjects: ['budget'] },
} as const
