/** The errors of budgets, by their codes. */
export const budgetsErrors = {
  budget_exceeded: { status: 402, meaning: 'A budget does not have enough left for this.' },
} as const
