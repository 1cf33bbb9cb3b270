/** The permissions of budgets. */
export const budgetsPermissions = ['budgets:read', 'budgets:write'] as const
