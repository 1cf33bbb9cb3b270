export const budgetsPermissions = ['budgets:read', 'budgets:write'] as const
