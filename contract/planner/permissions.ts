/** The permissions of the planner. */
export const plannerPermissions = ['goals:read', 'goals:write', 'tasks:read', 'tasks:write'] as const
