/** What of budgets needs the attention of a person. */
export const budgetsAttention = {
  budget_closed: { rank: 30, severity: 'critical', permission: 'budgets:read', subjects: ['budget'] },
} as const
