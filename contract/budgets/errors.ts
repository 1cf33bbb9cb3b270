export const budgetsErrors = {
  budget_exceeded: { status: 402, meaning: 'A budget that this would be charged to does not have enough left.' },
} as const
